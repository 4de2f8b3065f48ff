"""Rounds on the board: what is open, and the scores of those whose key is revealed."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mesoinv.eval.board.place import FOLDER, RECEIVED, Place, received
from mesoinv.eval.board.records import RoundBoard, TaskBoard
from mesoinv.eval.board.submissions import submissions_in
from mesoinv.eval.rounds.round import KEY, list_rounds, read_round
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.loading.built import GENERATE
from mesoinv.generators.pipeline.plan import HELD_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mesoinv.eval.board.rows import BoardOptions
    from mesoinv.eval.rounds.round import Round
    from mesoinv.eval.tasks.task import Task

    Refusal = Callable[[Path], str | None]
    Scored = Callable[[Path, Task, BoardOptions, Refusal], TaskBoard]


def round_boards(
    board: Path,
    tasks: Mapping[str, Task],
    options: BoardOptions,
    scored: Scored,
    *,
    alone: str | None = None,
) -> Iterator[RoundBoard]:
    """Yield every round of a board's copy that asks for one of the tasks.

    Parameters
    ----------
    board : Path
        A copy of the board's repository.
    tasks : mapping of str to Task
    options : BoardOptions
        Of the public boards; a round has a split, a key and a folder of its own.
    scored : callable
        (folder of submissions, task, options, refusal) → table.
    alone : str, optional
        This round and no other.
    """
    for name in [alone] if alone else list_rounds(board):
        record = read_round(board, name)
        if record.task in tasks:
            yield _round_board(board, record, tasks[record.task], options, scored)


def _round_board(
    board: Path,
    record: Round,
    task: Task,
    options: BoardOptions,
    scored: Scored,
) -> RoundBoard:
    folder = board / record.folder
    key = folder / KEY
    state = record.state(datetime.now(UTC), revealed=key.exists())
    shown = RoundBoard(
        record.name, record.task, record.config, state, record.opens, record.closes, record.samples,
        record.commitment, record.inputs, len(list((folder / RECEIVED).glob("*/*.json"))),
    )  # fmt: skip
    if state != "revealed":
        return shown
    try:
        record.check_key(key)
        with warnings.catch_warnings():
            # everybody may read the key by now
            warnings.filterwarnings("ignore", "Others may read the key file")
            table = scored(
                submissions_in(folder), task, _options(options, record, key),
                refusal_of(board, record),
            )  # fmt: skip
    except MesoinvError as error:  # the other boards stand
        return replace(shown, problem=str(error))
    return replace(shown, table=table)


def _options(options: BoardOptions, record: Round, key: Path) -> BoardOptions:
    return replace(
        options,
        results=options.results / record.folder,
        source=replace(options.source, data=GENERATE),
        samples=record.samples,
        split=HELD_OUT,
        key_file=key,
    )


def refusal_of(board: Path, record: Round) -> Refusal:
    """Return what says of a submission's folder why it is not scored; None if it came in time."""

    def refusal(folder: Path) -> str | None:
        place = Place(folder.parent.name, folder.name, record.name)
        try:
            came = received(board / place.record)
        except MesoinvError as error:
            return str(error)
        if came is None:
            return f"Nobody noted when it came: there is no {place.record}."
        return record.refusal(came)

    return refusal


def submissions_of(board: Path, record: Round) -> list[Place]:
    """Return the submissions to a round that are in a board's copy."""
    folders = (board / record.folder / FOLDER / record.task).glob("*")
    return [Place(record.task, one.name, record.name) for one in sorted(folders) if one.is_dir()]
