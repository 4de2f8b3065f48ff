"""Tables and numbers of reports, in Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mesoinv.generators.common import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesoinv.eval.board.records import Cell
    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.tasks.task import Quoted, Task
    from mesoinv.zoo.declared.evaluation import Score

#: Where there is no number.
NOTHING = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def thousands(number: int | None) -> str:
    """Return a number with its thousands apart."""
    return NOTHING if number is None else numbers.count(number)


def with_interval(score: Score | Cell, factor: float = 1.0) -> str:
    """Return value and interval, rounded to the digits that the interval allows."""
    assert score.low is not None
    assert score.high is not None
    value, low, high = (factor * x for x in (score.value, score.low, score.high))
    return numbers.with_interval(
        value, low, high, f".{numbers.decimals(high - low, value, most=5)}f"
    )


def cell(score: Cell | None) -> str:
    """Return a number with its interval, where it has one."""
    if score is None or math.isnan(score.value):
        return NOTHING
    if score.low is None or score.high is None or not math.isfinite(score.high - score.low):
        return f"{score.value:g}"
    if score.value and abs(score.value) < 1e-3:
        return numbers.with_interval(score.value, score.low, score.high, ".2g")
    return with_interval(score)


def quoted(number: Quoted | None) -> str:
    """Return a number of a paper as the paper has it."""
    return (number.text or f"{number.value:g}") if number else NOTHING


def sizes(parameters: int | None, training_samples: int | None) -> list[str]:
    """Return the last two cells of a model's line."""
    return [thousands(parameters), thousands(training_samples)]


def scores_table(task: Task, entries: Iterable[Entry]) -> str:
    """Return the models of a task, then the papers."""
    rows = [
        [f"`{e.row.id}`", *(cell(e.row.scores.get(m)) for m in task.metrics),
         *sizes(e.row.parameters, e.row.training_samples)]
        for e in entries
    ]  # fmt: skip
    rows += [
        [f"**{p.name}**", *(quoted(p.scores.get(m)) for m in task.metrics),
         *sizes(p.parameters, p.training_samples)]
        for p in task.published
    ]  # fmt: skip
    return table(["model", *task.metrics, "parameters", "training samples"], rows)


def variants_table(task: Task, entries: Iterable[Entry]) -> str:
    """Return the first score of each variant; nothing where a task has none."""
    if not task.variants:
        return ""
    first = {name: task.headline_of(name) for name in task.variants}
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
