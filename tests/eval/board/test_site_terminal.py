"""The leaderboard in a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from board_samples import hostile_board, make_board
from rich.console import Console

from mesoinv.eval.board.site import print_board
from mesoinv.eval.board.site.figures import with_interval
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.numbers import count

if TYPE_CHECKING:
    from mesoinv.eval.board.records import Board


def printed(board: Board, task: str | None = None, width: int = 160) -> str:
    file = io.StringIO()
    print_board(board, task, Console(file=file, width=width, color_system=None))
    return file.getvalue()


def test_every_row_is_printed() -> None:
    board = make_board(tasks=2)
    for task in board.tasks:
        text = printed(board, task.id)
        assert task.id in printed(board)
        for row in task.rows:
            (line,) = [x for x in text.splitlines() if f" {row.name} " in x]
            assert " ".join(with_interval(row.scores[task.headline])).strip() in line
            assert row.kind in line
            assert ("–" if row.parameters is None else count(row.parameters)) in line
    assert "pearson r median ↑" in text
    assert "4 000 samples of pldos/landscape/test, version 1.0.0" in text


def test_one_task_is_chosen() -> None:
    text = printed(make_board(tasks=2), "pldos-task-1")
    assert "pldos-task-1" in text
    assert "pldos-task-0" not in text


def test_unknown_task_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'pldos-task-0'"):
        printed(make_board(), "pldos-tsk-0")


def test_markup_and_escapes_are_text() -> None:
    board = hostile_board()
    text = printed(board, width=400) + printed(board, board.tasks[0].id, width=400)
    assert "[red]markup[/red] [link=https://example.org]x[/link] [/]" in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
