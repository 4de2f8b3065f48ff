"""Refuses boards from which no site can be made, before anything is written."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mesoinv.eval.board.records import Board, Cell, Row, TaskBoard

QUANTILES = 101
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_TAKEN = {"index"}


def check_board(board: Board) -> None:
    """Check what the pages and ``board.json`` rely on.

    Raises
    ------
    UsageError
        If a task's name cannot be a file's, names occur twice, the headline is no column, a number
        is not finite, or a row has another number of quantiles than none or 101.
    """
    _distinct("task", [task.id for task in board.tasks])
    for task in board.tasks:
        if not _FILE_NAME.fullmatch(task.id) or task.id in _TAKEN:
            raise UsageError(
                f"The task {task.id!r} cannot name a page. Allowed: small letters, digits, '.', "
                "'_' and '-', at most 100, not 'index'."
            )
        _check_task(task)
    _distinct("round", [one.name for one in board.rounds])
    for one in board.rounds:
        if not _FILE_NAME.fullmatch(one.name) or f"round-{one.name}" in {t.id for t in board.tasks}:
            raise UsageError(f"The round {one.name!r} cannot name a page.")
        if one.table is not None:
            _check_task(one.table)


def _check_task(task: TaskBoard) -> None:
    names = [metric.name for metric in task.metrics]
    _distinct(f"metric of {task.id}", names)
    _distinct(f"row of {task.id}", [row.id for row in task.rows])
    if task.headline not in names:
        raise UsageError(f"The headline {task.headline!r} of {task.id} is none of {names}.")
    for row in task.rows:
        _check_row(task.id, row)


def _check_row(task: str, row: Row) -> None:
    if len(row.quantiles) not in {0, QUANTILES}:
        raise UsageError(
            f"Row {row.id!r} of {task} has {len(row.quantiles)} quantiles. Allowed: 0 or 101."
        )
    for name, number in _numbers(row):
        if number is not None and not math.isfinite(number):
            raise UsageError(
                f"{name} of row {row.id!r} of {task} is {number}, which JSON cannot hold. "
                "Leave out what was not measured."
            )


def _numbers(row: Row) -> Iterator[tuple[str, float | None]]:
    yield "samples_per_second", row.samples_per_second
    yield from (("a quantile", value) for value in row.quantiles)
    yield from _parts(row.scores)
    for scores in row.variants.values():
        yield from _parts(scores)


def _parts(scores: dict[str, Cell]) -> Iterator[tuple[str, float | None]]:
    for name, cell in scores.items():
        yield from ((name, number) for number in (cell.value, cell.low, cell.high))


def _distinct(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"There is more than one {what} called {name!r}.")
        seen.add(name)
