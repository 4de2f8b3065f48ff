"""All tasks at a glance: a line each, for the terminal and for a README."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.board.site.bars import bar, state
from mesoinv.eval.board.site.figures import MISSING
from mesoinv.eval.board.site.text import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from mesoinv.eval.board.records import Board

HEADINGS = ("task", "score", "trivial", "paper", "best here", "state")


def summary_lines(board: Board) -> Iterator[tuple[str, ...]]:
    """Yield a row of texts for each task that somebody has a score on."""
    for task in board.tasks:
        shown = bar(task)
        if shown is None:
            continue
        marks = {mark.kind: mark.text for mark in shown.marks}
        score = f"{shown.quantity} {shown.unit}".strip()
        values = (marks.get(kind, MISSING) for kind in ("trivial", "paper", "best"))
        yield (line(task.id), score, *values, state(task))


def markdown(board: Board) -> str:
    """Return the summary as a table in Markdown."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    rows += [(f"`{first}`", *rest) for first, *rest in summary_lines(board)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def summary_table(board: Board) -> Table:
    """Return the summary as a table for a terminal."""
    from rich.table import Table  # noqa: PLC0415  (not needed to write a site)
    from rich.text import Text  # noqa: PLC0415

    table = Table()
    for heading in HEADINGS:
        table.add_column(heading)
    for row in summary_lines(board):
        table.add_row(*map(Text, row))
    return table
