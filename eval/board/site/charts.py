"""The numbers behind a task's plots, small enough to travel inside its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesoinv.eval.board.site.bars import lacks
from mesoinv.eval.board.site.figures import unit_text, way, with_interval
from mesoinv.eval.board.site.table import KINDS
from mesoinv.eval.board.site.text import line

if TYPE_CHECKING:
    from mesoinv.eval.board.records import Metric, Row, TaskBoard

NAME_LENGTH = 40


def chart_data(task: TaskBoard) -> dict[str, Any]:
    """Return what ``charts.js`` draws, as plain data.

    Parameters
    ----------
    task : TaskBoard

    Returns
    -------
    dict
        ``headline`` and ``error`` describe the axes; ``rows`` are in the order of the board, those
        without the headline left out.
    """
    headline = next(m for m in task.metrics if m.name == task.headline)
    return {
        "headline": _axis(headline),
        "error": _axis(task.error) | {"lack": error_lacks(task)},
        "kinds": KINDS,
        "lack": lacks(headline, [row.scores[headline.name].value for row in task.rows
                                 if headline.name in row.scores]),
        "rows": [_row(row, task.headline) for row in task.rows if task.headline in row.scores],
    }  # fmt: skip


def has_times(task: TaskBoard) -> bool:
    """Whether a switch to the time per sample makes sense."""
    return any(row.samples_per_second for row in task.rows)


def has_errors(task: TaskBoard) -> bool:
    """Whether there is a distribution of errors to draw."""
    return any(row.quantiles for row in task.rows)


def error_lacks(task: TaskBoard) -> bool:
    """Whether ``charts.js`` draws what the error of a sample lacks to 1."""
    tops = [row.quantiles[-1] for row in task.rows if row.quantiles]
    return task.error.better == "high" and bool(tops) and max(tops) <= 1


def _axis(metric: Metric) -> dict[str, Any]:
    title = f"{line(metric.name, 60)} {unit_text(metric.unit)}".strip()
    return {"title": title, "better": metric.better, "way": way(metric)}


def _row(row: Row, headline: str) -> dict[str, Any]:
    cell = row.scores[headline]
    rate = row.samples_per_second
    return {
        "name": line(row.name, NAME_LENGTH),
        "kind": row.kind,
        "text": " ".join(with_interval(cell)).strip(),
        "value": cell.value,
        "low": cell.low,
        "high": cell.high,
        "parameters": row.parameters,
        "seconds": float(f"{1 / rate:.4g}") if rate and rate > 0 else None,
        "quantiles": [float(f"{q:.4g}") for q in row.quantiles],
    }
