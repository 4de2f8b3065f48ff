"""Writes what is at the root of a build: the card, its metadata and ``eval.yaml``."""

from __future__ import annotations

from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mesoinv.dataset_cards import tables
from mesoinv.dataset_cards.citation import dataset_bibtex
from mesoinv.dataset_cards.croissant import CROISSANT, croissant_text
from mesoinv.dataset_cards.facts import Build, open_build
from mesoinv.dataset_cards.figures import existing_figures
from mesoinv.generators.common import links
from mesoinv.generators.common.files import given_path, replace_text
from mesoinv.generators.common.templates import rendered
from mesoinv.generators.hub.client import repo_name
from mesoinv.generators.pipeline.front_matter import dump_yaml, front_matter
from mesoinv.generators.pipeline.held_out.secret import COMMITMENT_PREFIX
from mesoinv.generators.pipeline.readme import README, readme_head

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Dataset

CARD, EVALUATION = README, "eval.yaml"


def card_files(build: Build, repo: str | None = None) -> dict[str, str]:
    """Return the texts that belong at the root of a build.

    Parameters
    ----------
    build : Build
        An opened build.
    repo : str, optional
        Hub repository that the examples name; ``mesoinv/<dataset>`` by default.

    Returns
    -------
    dict of str to str
        ``README.md``, ``croissant.json`` and, where the dataset declares tasks that were built,
        ``eval.yaml``.
    """
    name = repo_name(repo, build.dataset.name)
    texts = {CARD: _card(build, name), CROISSANT: croissant_text(build, name)}
    tasks = _evaluation(build)
    return texts if tasks is None else {**texts, EVALUATION: tasks}


def stale_files(build: Build, repo: str | None = None) -> dict[str, str]:
    """Return the texts of `card_files` that are missing in the folder or differ from it."""
    return {
        name: text
        for name, text in card_files(build, repo).items()
        if not (build.folder / name).is_file()
        or (build.folder / name).read_text(encoding="utf-8") != text
    }


def render_card(
    folder: str | Path, repo: str | None = None, *, dataset: str | Dataset | None = None
) -> Path:
    """Write the card of a build, its metadata, and its ``eval.yaml`` where it has tasks.

    Figures are shown if they are in ``figures/``; `mesoinv.dataset_cards.figures.draw_figures`
    puts them there.

    Parameters
    ----------
    folder : str or Path
        A complete build.
    repo : str, optional
        Hub repository that the examples name; ``mesoinv/<dataset>`` by default.
    dataset : str or Dataset, optional
        Declaration of a dataset that mesoinv does not list, see `resolve_dataset`.

    Returns
    -------
    Path
        The written ``README.md``.

    Raises
    ------
    MesoinvError
        If the folder is not a complete build of the installed version of its dataset.
    UsageError
        If `repo` is not of the form ``owner/name``.
    """
    build = open_build(given_path(folder), dataset)
    if _evaluation(build) is None:
        (build.folder / EVALUATION).unlink(missing_ok=True)
    for name, text in stale_files(build, repo).items():
        replace_text(build.folder / name, text)
    return build.folder / CARD


def _evaluation(build: Build) -> str | None:
    """Return ``eval.yaml``, or None where no declared task was built."""
    benchmark = build.prose.head.benchmark
    if benchmark is None or not build.tasks:
        return None
    return dump_yaml({**asdict(benchmark), "tasks": [asdict(task) for task in build.tasks]})


def _card(build: Build, repo: str) -> str:
    return rendered(files("mesoinv.dataset_cards") / "template.md.j2", _context(build, repo))


def _context(build: Build, repo: str) -> dict[str, Any]:
    head = build.prose.head
    return {
        "readme_head": readme_head(front_matter(build, head.task_categories, head.tags)),
        "repo": repo,
        "homepage": links.HUB,
        "issues": links.ISSUES,
        "dataset": build.dataset,
        "paper": build.dataset.paper,
        "manifest": build.manifest,
        "head": head,
        "sections": build.prose.sections,
        "figures": existing_figures(build),
        "default_config": build.default_config,
        "names": list(build.configs),
        "declared": build.declared,
        "sources": build.sources,
        "held_out": tables.held_out(build),
        "commitment_prefix": COMMITMENT_PREFIX,
        "splits": tables.split_names(build),
        "overview": tables.overview(build),
        "example": tables.example(build),
        "sizes": tables.sizes(build),
        "columns": tables.columns(build),
        "half_columns": tables.half_columns(build),
        "half": tables.half_precision(),
        "parameters": tables.parameters(build),
        "streams": tables.streams(build),
        "costs": tables.costs(build),
        "libraries": ", ".join(f"{k} {v}" for k, v in sorted(build.manifest.libraries.items())),
        "tasks": build.tasks,
        "bibtex": dataset_bibtex(
            build.dataset, build.manifest.version, repo, build.prose.head.year
        ),
    }
