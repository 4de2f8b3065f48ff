"""What anybody can check of a round: the key, the inputs, the times, the scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.place import Place, received
from mesoinv.eval.board.rounds import refusal_of, submissions_of
from mesoinv.eval.rounds.round import KEY, read_round
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.audit.verify import verify
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.plan import held_out_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mesoinv.eval.board.records import Board, RoundBoard, TaskBoard
    from mesoinv.eval.board.rows import BoardOptions
    from mesoinv.eval.rounds.round import Round

#: Scores that differ by less are the same: another machine rounds differently.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    what: str
    ok: bool
    text: str


def audit_round(
    board: Path,
    name: str,
    *,
    inputs: Path,
    options: BoardOptions,
    published: Board | None = None,
    samples: int | None = None,
    zoo: bool = True,
) -> list[Finding]:
    """Check a round after its key was revealed.

    Parameters
    ----------
    board : Path
        A copy of the board's repository.
    name : str
        Of the round.
    inputs : Path
        The inputs as they were published: a copy of the dataset's repository.
    options : BoardOptions
        Where samples and evaluations are kept; kept evaluations are not believed.
    published : Board, optional
        ``board.json`` of the website whose numbers are compared.
    samples : int, optional
        Inputs that are computed again: all of them by default.
    zoo : bool
        Whether the zoo's models compete.

    Returns
    -------
    list of Finding

    Raises
    ------
    UsageError
        If there is no such round, or its key is not revealed.
    """
    record = read_round(board, name)
    key = board / record.folder / KEY
    if not key.is_file():
        raise UsageError(f"The key of {name} is not revealed: there is no {record.folder}/{KEY}.")
    findings = [_key(record, key)]
    if not findings[0].ok:
        return findings  # without the key nothing else can be computed
    findings += [_inputs(record, key, inputs, samples), *_times(board, record)]
    fresh = replace(options, fresh=True)
    (scored,) = build_board(board, [record.task], fresh, zoo=zoo, round_alone=name).rounds
    return [*findings, *_scores(scored, published)]


def _key(record: Round, key: Path) -> Finding:
    try:
        record.check_key(key)
    except UsageError as error:
        return Finding("key", False, str(error))
    return Finding("key", True, f"is the one promised by {record.commitment}")


def _inputs(record: Round, key: Path, folder: Path, samples: int | None) -> Finding:
    """Compute published inputs again from the key."""
    name = held_out_folder(record.config)
    try:
        config = read_manifest(folder).configs.get(name)
    except MesoinvError as error:
        return Finding("inputs", False, str(error))
    if config is None or config.commitment != record.commitment:
        other = f"{folder} holds no {name} with this round's commitment"
        return Finding("inputs", False, other)
    report = verify(folder, record.samples if samples is None else samples, key_file=key)
    if not report.ok:
        return Finding("inputs", False, "; ".join(str(one) for one in report.problems[:3]))
    return Finding("inputs", True, f"{name} in {folder} follows from the key")


def _times(board: Path, record: Round) -> Iterator[Finding]:
    refusal = refusal_of(board, record)
    for place in submissions_of(board, record):
        reason = refusal(board / place.folder)
        came = None if reason else received(board / place.record)
        yield Finding(f"time of {place.name}", not reason, reason or f"came on {came}")


def timely(board: Path, name: str) -> list[Place]:
    """Return the submissions to a round that have a record of when they came, in time."""
    record = read_round(board, name)
    refusal = refusal_of(board, record)
    return [p for p in submissions_of(board, record) if not refusal(board / p.folder)]


def _scores(scored: RoundBoard, published: Board | None) -> Iterator[Finding]:
    if scored.table is None:
        yield Finding("scores", False, scored.problem)
        return
    if published is None:
        for row in scored.table.rows:
            cell = row.scores.get(scored.table.headline)
            if row.kind != "paper" and cell is not None:
                yield Finding(
                    row.name, True, f"{scored.table.headline} {cell.value:.6g}, rank {row.rank}"
                )
        return
    theirs = next((one.table for one in published.rounds if one.name == scored.name), None)
    if theirs is None:
        yield Finding("scores", False, f"The website has no scores of {scored.name}.")
        return
    yield from _differences(scored.table, theirs)


def _differences(ours: TaskBoard, theirs: TaskBoard) -> Iterator[Finding]:
    rows = {row.id: row for row in theirs.rows}
    for row in ours.rows:
        other = rows.pop(row.id, None)
        if other is None:
            yield Finding(row.name, False, "is not on the website")
            continue
        wrong = [
            f"{name} is {cell.value:.8g}, published {there.value if there else None}"
            for name, cell in row.scores.items()
            if (there := other.scores.get(name)) is None
            or abs(there.value - cell.value) > TOLERANCE * max(1.0, abs(cell.value))
        ]
        if row.rank != other.rank:
            wrong.append(f"the rank is {row.rank}, published {other.rank}")
        yield Finding(row.name, not wrong, "; ".join(wrong) or "has the published scores")
    for other in rows.values():
        yield Finding(other.name, False, "is on the website and was not found again")
