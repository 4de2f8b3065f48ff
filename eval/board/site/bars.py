"""A task as one bar: from the trivial baseline on the left to the best on the right.

The bar has the task's own quantity (an error in nm, an accuracy), on a scale that separates what is
near the end: the logarithm of an error, or of what a correlation lacks to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.eval.board.site.figures import unit_text, way, with_interval
from mesoinv.eval.board.site.text import line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.eval.board.records import Metric, Row, TaskBoard

#: Above this, what a score lacks to 1 is shown on a logarithmic scale.
_CROWDED = 0.9
_LEAST = 1e-12
#: Space left and right of the outermost marks, in percent.
_MARGIN = 3.0
#: How far beyond the others a limit may stand, in their own extent.
_BEYOND = 0.25


@dataclass(frozen=True)
class Mark:
    """One sign on a bar: `kind` dresses it, `place` is in percent from the left."""

    kind: str
    label: str
    name: str
    text: str
    place: float


@dataclass(frozen=True)
class Bar:
    """What the front page shows of a task."""

    quantity: str
    unit: str
    way: str
    marks: tuple[Mark, ...]


def bar(task: TaskBoard) -> Bar | None:
    """Return a task's bar; None if nobody has the score that it shows."""
    named = {metric.name: metric for metric in task.metrics}
    metric = named.get(task.shown, named[task.headline])
    chosen = [
        (kind, label, row.name, row.scores[metric.name])
        for kind, label, row in _rows(task, metric)
        if row is not None
    ]
    if task.limit is not None:
        chosen.append(("limit", "limit", "no observer can be better", task.limit))
    if not chosen:
        return None
    reached = [cell.value for kind, *_, cell in chosen if kind != "limit"]
    scale = _scale(metric, reached)
    low, high = (edge(map(scale, reached), default=0.0) for edge in (min, max))
    # a perfect score has no place on a logarithmic scale: the limit stands a little beyond the best
    most = high + _BEYOND * ((high - low) or 1.0)
    heights = [min(scale(cell.value), most) for *_, cell in chosen]
    span = (max(heights) - low) or 1.0
    marks = tuple(
        Mark(kind, label, name, " ".join(with_interval(cell)).strip(),
             round(_MARGIN + (100 - 2 * _MARGIN) * (height - low) / span, 2))
        for (kind, label, name, cell), height in zip(chosen, heights, strict=True)
    )  # fmt: skip
    return Bar(line(metric.name, 60), unit_text(metric.unit), way(metric), marks)


def _rows(task: TaskBoard, metric: Metric) -> list[tuple[str, str, Row | None]]:
    """Return the rows that are shown; a task's rows are sorted, best first."""
    rows = [row for row in task.rows if metric.name in row.scores]
    ranked = [row for row in rows if row.kind in {"baseline", "submission"}]
    newest = max((r for r in ranked if r.kind == "submission"), key=lambda r: r.date, default=None)
    best = ranked[0] if ranked else None
    return [
        ("trivial", "trivial", next((r for r in rows if r.kind == "trivial"), None)),
        ("paper", "paper", next((r for r in rows if r.kind == "paper"), None)),
        ("newest", "newest submission", newest if newest is not best else None),
        ("best", "best", best),
        ("computed", "computed", next((r for r in rows if r.kind == "computed"), None)),
    ]


def _scale(metric: Metric, values: list[float]) -> Callable[[float], float]:
    """Return a function that rises with quality."""
    if metric.better != "high":
        return lambda value: -math.log10(max(abs(value), _LEAST))
    if lacks(metric, values):
        return lambda value: -math.log10(max(1 - value, _LEAST))
    return lambda value: value


def lacks(metric: Metric, values: list[float]) -> bool:
    """Return whether what a score lacks to 1 shows more: some come near, none exceeds it."""
    pure = metric.better == "high" and metric.unit == "1"
    return pure and _CROWDED < max(values, default=0.0) <= 1


def question(task: TaskBoard) -> str:
    """Return the first sentence of a task's description."""
    words = " ".join(task.description.split())
    ends = [place for end in (". ", "? ") if (place := words.find(end)) >= 0]
    return words[: min(ends) + 1] if ends else words


def state(task: TaskBoard) -> str:
    """Return in a word or two where a task stands."""
    if task.superseded_by:
        return "superseded"
    if task.computed_by:
        return "solvable by computing"
    return "open"
