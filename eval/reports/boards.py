"""What reports on all models of a dataset share: where numbers come from, a table for each task."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mesoinv.eval.board.rows import Options, zoo_entries
from mesoinv.eval.reports.markdown import NOTHING, table, thousands, with_interval
from mesoinv.generators.pipeline.loading.sources import GENERATE
from mesoinv.zoo.metrics import Score

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.eval.board.records import Cell
    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.tasks.task import Task


@dataclass(frozen=True)
class Settings:
    """Where the numbers come from.

    Attributes
    ----------
    data : str
        ``"generate"`` or a built folder.
    samples : int or None
        The first so many test samples; all by default.
    cache, results : Path
        Folders of generated samples and of evaluations that are not in the models' own folders.
    say : callable
        Called with a line of text now and then.
    """

    data: str = GENERATE
    samples: int | None = None
    cache: Path = Path("data/cache")
    results: Path = Path("data/results")
    say: Callable[[str], object] = lambda _text: None

    def options(self) -> Options:
        """Return how evaluations are made, where none is stored."""
        return Options(self.results, self.cache, self.data, samples=self.samples, say=self.say)


def ranked(task: Task, settings: Settings) -> list[Entry]:
    """Score the models of a task that are here, best first."""
    entries = zoo_entries(task, settings.options())
    return sorted(entries, key=lambda entry: -entry.row.scores[task.headline].value)


def rendered(template: Path, **values: Any) -> str:
    """Fill a Markdown template."""
    environment = Environment(  # noqa: S701  (Markdown, nothing from outside)
        loader=FileSystemLoader(template.parent), undefined=StrictUndefined,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(template.name).render(**values).rstrip() + "\n"


def section(task: Task, entries: list[Entry], settings: Settings) -> dict[str, Any]:
    """Return what a page says about a task: its words and tables."""
    return {
        "id": task.id,
        "title": task.title,
        "why": task.why,
        "samples": thousands(settings.samples or task.samples),
        "table": scores_table(task, entries),
        "variants": variants_table(task, entries),
    }


def scores_table(task: Task, entries: list[Entry]) -> str:
    """Return the models of a task, then the papers."""
    header = ["model", *task.metrics, "parameters", "training samples"]
    rows = [
        [f"`{e.row.id}`", *(cell(e.row.scores.get(m)) for m in task.metrics),
         thousands(e.row.parameters), thousands(e.row.training_samples)]
        for e in entries
    ]  # fmt: skip
    for paper in task.published:
        quoted = [paper.scores.get(m) for m in task.metrics]
        cells = [(q.text or f"{q.value:g}") if q else NOTHING for q in quoted]
        rows.append(
            [
                f"**{paper.name}**",
                *cells,
                thousands(paper.parameters),
                thousands(paper.training_samples),
            ]
        )
    return table(header, rows)


def variants_table(task: Task, entries: list[Entry]) -> str:
    """Return the first score of each variant; nothing where a task has none."""
    if not task.variants:
        return ""
    first = {name: task.leading(name) for name in task.variants}
    header = [
        "model",
        *(f"{first[name]}, {name}: {v.description}" for name, v in task.variants.items()),
    ]
    rows = [
        [f"`{e.row.id}`",
         *(cell(e.row.variants.get(name, {}).get(metric)) for name, metric in first.items())]
        for e in entries
    ]  # fmt: skip
    return table(header, rows)


def cell(found: Cell | None) -> str:
    """Return a number with its interval, where it has one."""
    if found is None or math.isnan(found.value):
        return NOTHING
    if found.low is None or found.high is None or not math.isfinite(found.high - found.low):
        return f"{found.value:g}"
    if found.value and abs(found.value) < 1e-3:
        return f"{found.value:.2g} [{found.low:.2g}, {found.high:.2g}]"
    return with_interval(Score(found.value, found.low, found.high, ""))
