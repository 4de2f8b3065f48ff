"""The leaderboard in a terminal, and as JSON for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mesoinv.eval.board.site.figures import MISSING, arrow, unit_text, with_interval
from mesoinv.eval.board.site.summary import summary_table
from mesoinv.eval.board.site.text import line
from mesoinv.generators.common.errors import unknown_name
from mesoinv.generators.common.numbers import count
from mesoinv.generators.common.records import to_json
from mesoinv.generators.common.terminal_tables import print_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mesoinv.eval.board.records import Board, RoundBoard, Row, TaskBoard

_BELOW = "95 % intervals. One task with all its models: mesoinv leaderboard show --task TASK"


def print_board(board: Board, task: str | None, console: Console) -> None:
    """Print the table of one task, or a line for every task.

    Parameters
    ----------
    board : Board
    task : str or None
        Name of a task; None for a line each.
    console : rich.console.Console

    Raises
    ------
    UsageError
        If there is no such task.
    """
    if task is None:
        print_table(summary_table(board), console)
        console.print(_BELOW, highlight=False, markup=False)
    else:
        for chosen in _chosen(board, task):
            print_table(_table(chosen), console)
            console.print(_foot(chosen), highlight=False, markup=False)
    for held in board.rounds:
        if task in {None, held.task}:
            console.print(_round_line(held), highlight=False, markup=False)
            if held.table is not None:
                print_table(_table(held.table), console)


def _round_line(held: RoundBoard) -> str:
    dates = f"{line(held.opens)} to {line(held.closes)}"
    return f"Round {held.name} of {held.task}: {held.state}, {dates}; {held.submissions} taken in"


def board_json(board: Board, task: str | None = None) -> str:
    """Return the board, or one task of it, as JSON that `from_dict` reads back.

    Raises
    ------
    UsageError
        If there is no such task.
    """
    text = to_json(replace(board, tasks=_chosen(board, task)))
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair has no UTF-8


def _chosen(board: Board, task: str | None) -> list[TaskBoard]:
    chosen = [t for t in board.tasks if task in {None, t.id}]
    if task is not None and not chosen:
        raise unknown_name("task", task, [t.id for t in board.tasks])
    return chosen


def _table(task: TaskBoard) -> Table:
    from rich.table import Table  # noqa: PLC0415  (not needed to write a site)
    from rich.text import Text  # noqa: PLC0415

    # Text everywhere: a plain string could contain rich's markup
    table = Table(title=Text(f"{task.id}: {line(task.title)}"), title_justify="left")
    for heading, justify in (("rank", "right"), ("name", "left"), ("kind", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for heading in (_headline(task), "parameters", "training samples"):
        table.add_column(Text(heading), justify="right")
    for row in task.rows:
        table.add_row(*map(Text, _cells(task, row)))
    return table


def _headline(task: TaskBoard) -> str:
    metric = next(m for m in task.metrics if m.name == task.headline)
    parts = (line(metric.name, 40), unit_text(metric.unit), arrow(metric))
    return " ".join(part for part in parts if part)


def _cells(task: TaskBoard, row: Row) -> list[str]:
    cell = row.scores.get(task.headline)
    return [
        MISSING if row.rank is None else str(row.rank),
        line(row.name),
        row.kind,
        " ".join(with_interval(cell)).strip() if cell else MISSING,
        *(MISSING if n is None else count(n) for n in (row.parameters, row.training_samples)),
    ]


def _foot(task: TaskBoard) -> str:
    rejected = f"; {len(task.rejected)} rejected" if task.rejected else ""
    source = "/".join(line(x) for x in (task.dataset, task.config, task.split))
    how = line(task.computed_by, 300)
    solvable = f"solvable by computing: {how}\n" if how else ""
    return (
        f"{solvable}{count(task.samples)} samples of {source}, "
        f"version {line(task.dataset_version)}; "
        f"95 % intervals; rank: 1 + rows significantly better at 95 %{rejected}\n"
    )
