"""Whoever holds the key: announces a round, and reveals the key when it has closed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.eval.rounds.round import KEY, ROUND, ROUNDS, Round, moment, read_round
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.records import to_json
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.plan import HELD_OUT_SPLIT, held_out_folder

if TYPE_CHECKING:
    from mesoinv.eval.tasks.task import Task


@dataclass(frozen=True)
class Announcement:
    """What a round is to be, beside what the folder of its inputs says.

    Attributes
    ----------
    name, task : str
    inputs : str
        Hub dataset where the inputs are, or will be, published.
    opens, closes : str
        Times with their zone.
    """

    name: str
    task: str
    inputs: str
    opens: str
    closes: str


def announce(
    board: Path, given: Announcement, folder: Path, *, now: datetime | None = None
) -> Path:
    """Write the file of a round into a copy of the board's repository.

    Parameters
    ----------
    board : Path
        The copy; the file goes to ``rounds/NAME/round.json``.
    given : Announcement
    folder : Path
        Inputs that ``mesoinv generate --held-out`` made: they say how many samples, and the
        commitment.
    now : datetime, optional
        The present time by default.

    Returns
    -------
    Path
        The file. An announcement that was made is never changed; the same one again does nothing.

    Raises
    ------
    UsageError
        If the folder holds no such inputs, they are not whole, a time is none or past, or there is
        another round of that name.
    """
    task = get_task(given.task)
    record = _record(given, task, folder)
    path = Path(board) / record.folder / ROUND
    if path.exists():
        if read_round(Path(board), given.name) != record:
            raise UsageError(
                f"There is another round {given.name} in {board}. What was announced is not "
                "changed: choose another name."
            )
        return path
    if moment(given.closes) <= (now or datetime.now(UTC)):
        raise UsageError(f"{given.closes} is past. A round is announced before it closes.")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, to_json(record))
    return path


def _record(given: Announcement, task: Task, folder: Path) -> Round:
    """Return the round that a folder of inputs makes possible."""
    manifest, name = read_manifest(folder), held_out_folder(task.config)
    config = manifest.configs.get(name)
    if config is None or config.commitment is None:
        raise UsageError(
            f"{folder} holds no configuration {name}. Make it with `mesoinv generate "
            f"{task.dataset} --held-out --config {task.config} --samples N --key-file KEY "
            "--new-key`."
        )
    if not config.complete:
        raise UsageError(f"{name} in {folder} is not whole yet: run the same command again.")
    columns = config.columns or []
    if manifest.version != task.dataset_version or not {"index", *task.inputs} <= {*columns}:
        raise UsageError(
            f"{task.id} takes {', '.join(['index', *task.inputs])} of version "
            f"{task.dataset_version}; {folder} holds {', '.join(columns)} of {manifest.version}."
        )
    if told := [target.column for target in task.targets if target.column in columns]:
        raise UsageError(f"{folder} holds {', '.join(told)}, which {task.id} asks for.")
    return Round(
        given.name, task.id, manifest.dataset, manifest.version, task.config,
        config.splits[HELD_OUT_SPLIT].num_rows, config.commitment, given.inputs,
        moment(given.opens).isoformat(), moment(given.closes).isoformat(),
    )  # fmt: skip


def reveal(board: Path, name: str, key_file: Path, *, now: datetime | None = None) -> Path:
    """Copy the key of a round that has closed to where everybody finds it.

    Parameters
    ----------
    board : Path
        A copy of the board's repository; the key goes to ``rounds/NAME/key``.
    name : str
    key_file : Path
    now : datetime, optional
        The present time by default.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    UsageError
        If there is no such round, it is open still, or the key is another one.
    """
    record = read_round(Path(board), name)
    state = record.state(now or datetime.now(UTC))
    if state in {"announced", "open"}:
        raise UsageError(
            f"{name} closes on {record.closes}. Its key would give every answer away before."
        )
    record.check_key(Path(key_file))
    place = Path(board) / ROUNDS / name / KEY
    shutil.copyfile(key_file, place)
    return place
