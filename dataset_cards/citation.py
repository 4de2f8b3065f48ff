"""How a dataset is cited: the paper that defined the system, and the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.dataset_cards.prose import read_prose
from mesoinv.generators.common import links

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.base import Dataset


def dataset_bibtex(dataset: Dataset, version: str, repo: str, year: int | None) -> str:
    """Return the BibTeX entry of a version of the data."""
    fields = {
        "title": f"{{{dataset.pretty_name}}}",
        "author": "{mesoinv contributors}",
        "year": str(year) if year else "",
        "version": version,
        "publisher": "Hugging Face",
        "url": f"{links.DATASETS}/{repo}",
        "note": f"After {dataset.paper.reference}",
    }
    lines = [f"  {key} = {{{text}}}," for key, text in fields.items() if text]
    key = f"mesoinv_{dataset.name.replace('-', '_')}"
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def citation(dataset: Dataset) -> str:
    """Return BibTeX of the paper, if it has one, and of the dataset."""
    repo = f"{links.ORGANISATION}/{dataset.name}"
    year = read_prose(dataset).head.year
    entries = [dataset.paper.bibtex.strip(), dataset_bibtex(dataset, dataset.version, repo, year)]
    return "\n\n".join(entry for entry in entries if entry)
