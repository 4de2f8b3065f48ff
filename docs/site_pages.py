"""Pages of the documentation that follow from declarations: systems, configurations, names.

Sphinx calls `write_pages` before it reads the sources; what is written is not committed.
"""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
from typing import TYPE_CHECKING

import mesoinv
from mesoinv.dataset_cards.prose import SECTIONS, read_prose
from mesoinv.eval.board.pictures import INDEX, picture_name, sample_pictures
from mesoinv.eval.tasks import tasks_of
from mesoinv.generators import get_dataset, list_datasets

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.eval.tasks.task import Task
    from mesoinv.generators.pipeline.base import Dataset

#: Files of the repository that are pages too.
COPIED = {
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/RESULTS.md": "benchmarks.md",
}


def write_pages(docs: Path) -> None:
    """Write ``systems``, ``api`` and copies of the repository's own pages into a folder."""
    systems, api = docs / "systems", docs / "api"
    for folder in (systems, api):
        folder.mkdir(exist_ok=True)
    # pages of names that are gone would stay
    shutil.rmtree(api / "generated", ignore_errors=True)
    names = list_datasets()
    sample_pictures(names, systems)
    for name in names:
        dataset = get_dataset(name)
        _write(systems / f"{name}.md", system_page(dataset, report=(docs / name).is_dir()))
    _write(systems / "index.md", systems_page(names))
    _write(api / "index.rst", api_page(names))
    for source, page in COPIED.items():
        text = (docs.parent / source).read_text(encoding="utf-8")
        _write(docs / page, text.replace("](docs/", "]("))


def inside(text: str) -> str:
    """Return a page whose links to copied files lead to their pages."""
    for source, page in COPIED.items():
        text = text.replace(f"](../{source})", f"]({page})")
    return text


def escape_bars(lines: list[str]) -> None:
    """Make the bars of |ψ|² no substitution, in the lines of a docstring; code stays as it is."""
    for number, line in enumerate(lines):
        parts = re.split("(``.*?``)", line)
        lines[number] = "".join(p if p.startswith("``") else p.replace("|", r"\|") for p in parts)


def _write(path: Path, text: str) -> None:
    """Write a page if it changed: Sphinx reads again what is newer."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def system_page(dataset: Dataset, *, report: bool) -> str:
    """Return the page of a system: a picture, its tasks, and the card's own words."""
    prose, paper = read_prose(dataset), dataset.paper
    lines = [f"# {dataset.pretty_name}", "", prose.head.summary.strip(), ""]
    split, picture = f"{dataset.name}/{dataset.default_config}/test", picture_name(dataset.name)
    lines += [f"![Sample {INDEX} of {split}]({picture})", ""]
    command = f"mesoinv show {dataset.name} --index {INDEX}"
    lines += [f"*Sample {INDEX} of `{split}`, drawn by `{command}`.*", ""]
    if paper is not None:
        lines += [f"Paper: {paper.authors}, {paper.reference} ({paper.year}), "
                  f"[doi:{paper.doi}](https://doi.org/{paper.doi}).", ""]  # fmt: skip
    lines += ["## Tasks", "", "| task | given | wanted | ranked by |", "|---|---|---|---|"]
    lines += [_task_line(task) for task in tasks_of(dataset.name)]
    lines += ["", "## Configurations", "", *config_table(dataset), ""]
    for section in SECTIONS:
        if prose.sections.get(section):
            lines += [f"## {section}", "", prose.sections[section].strip(), ""]
    if report:
        lines += [
            f"What the models reach, with figures: [the report](../{dataset.name}/report.md).",
            "",
        ]
    return "\n".join(lines)


def _task_line(task: Task) -> str:
    wanted = ", ".join(f"`{target.column}`" for target in task.targets)
    given = ", ".join(f"`{column}`" for column in task.inputs)
    return f"| `{task.id}` | {given} | {wanted} | {task.headline} |"


def config_table(dataset: Dataset) -> list[str]:
    """Return the lines of a table of configurations and how many samples they have."""
    lines = [
        "| configuration | what varies | train / validation / test, full size |",
        "|---|---|---|",
    ]
    for name, config in dataset.configs.items():
        sizes = config.sizes["full"]
        counts = " / ".join(
            f"{sizes[split]:,}".replace(",", " ") if split in sizes else "–"
            for split in ("train", "validation", "test")
        )
        default = " (default)" if name == dataset.default_config else ""
        lines.append(f"| `{name}`{default} | {config.description} | {counts} |")
    return lines


def systems_page(names: list[str]) -> str:
    """Return the page that lists all systems."""
    lines = [
        "# Systems",
        "",
        "Each system is a dataset with a solver, tasks, baselines and a report. "
        "`mesoinv list` prints every configuration and size.",
        "",
        "| dataset | what it is | paper |",
        "|---|---|---|",
    ]
    for name in names:
        dataset = get_dataset(name)
        paper = dataset.paper.reference if dataset.paper else "our own"
        lines.append(f"| [`{name}`]({name}.md) | {dataset.pretty_name} | {paper} |")
    toc = "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])
    return "\n".join([*lines, "", toc, ""])


def api_page(names: list[str]) -> str:
    """Return the page of public names, from what the modules declare."""
    title = "Reference"
    parts = [
        title,
        "=" * len(title),
        "",
        "What a program may rely on. Shapes and units are in every docstring.",
        "",
    ]
    parts += _listed("mesoinv", "The package", [n for n in mesoinv.__all__ if n[0].islower()])
    parts += _listed("mesoinv.loaders", "Samples for torch", ["SampleDataset", "SampleStream"])
    for name in names:
        module = importlib.import_module(f"mesoinv.generators.{name}")
        public = [
            one
            for one in module.__all__
            if inspect.isroutine(getattr(module, one)) or one in {"Strip", "Crystal"}
        ]
        parts += _listed(module.__name__, get_dataset(name).pretty_name, public)
    return "\n".join(parts)


def _listed(module: str, title: str, names: list[str]) -> list[str]:
    names = [name for name in names if name != "loaders"]
    lines = [title, "-" * len(title), "", f".. currentmodule:: {module}", ""]
    lines += [".. autosummary::", "   :toctree: generated", "   :nosignatures:", ""]
    return [*lines, *(f"   {name}" for name in names), ""]
