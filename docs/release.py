"""Rehearses a release: everything that can be checked before the network is asked.

``make release`` runs it: packages are built and checked, then versions, changelogs, tags, cards,
weights and scores. At the end it prints the commands that a maintainer runs.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.dataset_cards.prose import read_prose
from mesoinv.generators import get_dataset, list_datasets
from mesoinv.generators.common import links
from mesoinv.zoo.declared.config import WEIGHTS, weights_digest
from mesoinv.zoo.declared.evaluation import stored_evaluations
from mesoinv.zoo.declared.models import list_models, local_folder
from mesoinv.zoo.publish.card import CARD, card_text

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]


def git(*words: str) -> str:
    """Return what git prints."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def version() -> str:
    """Return the version that is about to be released."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def code_problems() -> Iterator[str]:
    """Yield what is wrong with the version, its changelog and its tag."""
    number = version()
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(rf"^## \[{re.escape(number)}\] – (.*)$", changes, re.MULTILINE)
    if heading is None:
        yield f"CHANGELOG.md has no section [{number}]."
    elif not re.fullmatch(r"\d{4}-\d{2}-\d{2}", heading[1]):
        yield f"CHANGELOG.md: the section [{number}] has no date, but {heading[1]!r}."
    if f"\nversion: {number}\n" not in (ROOT / "CITATION.cff").read_text(encoding="utf-8"):
        yield f"CITATION.cff does not name version {number}."
    if f"v{number}" in git("tag").splitlines():
        yield f"The tag v{number} exists: raise the version in pyproject.toml."
    if changed := git("status", "--porcelain"):
        names = [line.split(maxsplit=1)[1] for line in changed.splitlines()]
        yield f"Files are not committed: {', '.join(names[:5])}."


def dataset_problems() -> Iterator[str]:
    """Yield what is missing of the datasets' changelogs."""
    for name in list_datasets():
        dataset = get_dataset(name)
        changelog = read_prose(dataset).sections.get("Changelog", "")
        if dataset.version not in changelog:
            yield f"The card of {name} has no changelog of version {dataset.version}."


def model_problems() -> Iterator[str]:
    """Yield which models are not as their cards and scores say."""
    for name in list_models():
        folder = local_folder(name)
        if not (folder / WEIGHTS).exists():
            yield f"The weights of {name} are not here."
            continue
        digest = weights_digest(folder)
        if card_text(folder) != (folder / CARD).read_text(encoding="utf-8"):
            yield f"The card of {name} is stale: `mesoinv card zoo/weights/{name}`."
        evaluations = stored_evaluations(folder)
        if not evaluations:
            yield f"{name} has no scores: `mesoinv evaluate {name} --save`."
        for evaluation in evaluations:
            if evaluation.subject.digest != digest:
                yield f"{name}: the scores on {evaluation.task} are of other weights."


def model_lines() -> Iterator[str]:
    """Yield each model with the size and the digest of its weights."""
    for name in list_models():
        folder = local_folder(name)
        if (folder / WEIGHTS).exists():
            size = (folder / WEIGHTS).stat().st_size
            yield f"  {weights_digest(folder)}  {size:>10}  {name}"


def commands() -> Iterator[str]:
    """Yield what a maintainer runs, in this order: nothing of it was done here."""
    number = version()
    yield f"git tag -a v{number} -m 'mesoinv {number}' && git push origin v{number}"
    yield "twine upload dist/*"
    for name in list_datasets():
        dataset = get_dataset(name)
        yield (
            f"mesoinv push data/{name} --repo {links.ORGANISATION}/{name} --tag v{dataset.version}"
        )
    yield f"mesoinv push zoo/weights/NAME --repo {links.ORGANISATION}/NAME --tag v{number}  # each"
    yield "# docs/registrations.md: once the Hub knows the framework, push with --benchmark"


def main() -> None:
    """Print models, problems and the commands that are left; end with 1 if anything is wrong."""
    print(f"mesoinv {version()}: {len(list_models())} models, SHA-256 and size of their weights")
    print("\n".join(model_lines()))
    problems = [*code_problems(), *dataset_problems(), *model_problems()]
    if problems:
        print("\nNot ready:", *(f"- {problem}" for problem in problems), sep="\n")
        sys.exit(1)
    print("\nReady. Nothing was sent. What is left:", *commands(), sep="\n  ")


if __name__ == "__main__":
    main()
