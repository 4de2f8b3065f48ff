"""A round's file: which secret samples, what is asked of them, and from when to when.

``rounds/NAME/round.json`` of the board's repository. The commitment in it binds whoever holds the
key; the time is the Hub's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.common.records import from_dict
from mesoinv.generators.pipeline.held_out.secret import commitment, read_key

if TYPE_CHECKING:
    from pathlib import Path

#: Folder of the board's repository with a folder for each round, and its files there.
ROUNDS, ROUND, KEY = "rounds", "round.json", "key"
State = Literal["announced", "open", "closed", "revealed"]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True)
class Round:
    """What is promised before anybody submits.

    Attributes
    ----------
    name : str
        Small letters, digits and '-'.
    task : str
        What is asked, and how it is scored.
    dataset, dataset_version, config : str
        Whose distribution the samples have.
    samples : int
    commitment : str
        Digest of the key from which the samples are drawn.
    inputs : str
        Where the inputs are published: a Hub dataset, best with ``@revision``.
    opens, closes : str
        Times with their zone (ISO 8601): what came before or after is not scored.
    """

    name: str
    task: str
    dataset: str
    dataset_version: str
    config: str
    samples: int
    commitment: str
    inputs: str
    opens: str
    closes: str
    format: Literal[1] = 1

    def __post_init__(self) -> None:
        """Check what a file may hold.

        Raises
        ------
        UsageError
            If the name, a time, the number of samples or the commitment is none.
        """
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"A round cannot be called {self.name!r}. Allowed: small letters, digits and '-', "
                "at most 60."
            )
        if moment(self.opens) >= moment(self.closes):
            raise UsageError(f"{self.name} closes ({self.closes}) before it opens ({self.opens}).")
        if self.samples < 2:
            raise UsageError(f"A round has 2 samples or more, not {self.samples}.")
        if not re.fullmatch("[0-9a-f]{64}", self.commitment):
            raise UsageError(f"The commitment of {self.name} is no SHA-256: {self.commitment!r}.")

    @property
    def folder(self) -> str:
        """Its folder in the board's repository."""
        return f"{ROUNDS}/{self.name}"

    def state(self, now: datetime, *, revealed: bool = False) -> State:
        """Return what may be done at a time."""
        if now < moment(self.opens):
            return "announced"
        if now <= moment(self.closes):
            return "open"
        return "revealed" if revealed else "closed"

    def refusal(self, received: datetime) -> str | None:
        """Return why a submission that came then is not scored; None if it came in time."""
        if received < moment(self.opens):
            return f"It came on {received.isoformat()}; {self.name} opens on {self.opens}."
        if received > moment(self.closes):
            return f"It came on {received.isoformat()}; {self.name} closed on {self.closes}."
        return None

    def check_key(self, path: Path) -> bytes:
        """Return the key in a file if it is the promised one.

        Raises
        ------
        UsageError
            If it is not.
        """
        key = read_key(path, revealed=True)
        if commitment(key) != self.commitment:
            raise UsageError(
                f"{path} is not the key of the round {self.name}, which is committed to "
                f"{self.commitment}; that of the file is {commitment(key)}."
            )
        return key


def moment(text: str) -> datetime:
    """Return a time, in UTC.

    Raises
    ------
    UsageError
        If it is none, or has no zone.
    """
    try:
        time = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        time = None
    if time is None or time.tzinfo is None:
        raise UsageError(
            f"{text!r} is no time with its zone. Write it as 2027-03-01T12:00:00+00:00."
        )
    return time.astimezone(UTC)


def list_rounds(board: Path) -> list[str]:
    """Return the names of the rounds in a copy of the board's repository."""
    return sorted(path.parent.name for path in (board / ROUNDS).glob(f"*/{ROUND}"))


def read_round(board: Path, name: str) -> Round:
    """Read the file of a round.

    Parameters
    ----------
    board : Path
        A copy of the board's repository.
    name : str

    Raises
    ------
    UsageError
        If there is no such round, or its file is damaged.
    """
    path = board / ROUNDS / name / ROUND
    try:
        record = from_dict(Round, json.loads(path.read_bytes()), ROUND)
    except FileNotFoundError:
        raise unknown_name("round", name, list_rounds(board)) from None
    except (ValueError, OSError) as error:
        raise UsageError(f"{path} is damaged: {error}") from None
    if record.name != name:
        raise UsageError(f"{path} is the file of {record.name!r}.")
    return record
