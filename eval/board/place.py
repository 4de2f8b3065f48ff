"""Where things lie in the board's repository.

``submissions/TASK/NAME`` holds a submission, ``received/TASK/NAME.json`` who sent it and when;
those of a round lie in its own folder ``rounds/ROUND``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.eval.rounds.round import ROUNDS, moment
from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

FOLDER, RECEIVED = "submissions", "received"
_PATH = re.compile(rf"(?:{ROUNDS}/([^/]+)/)?{FOLDER}/([^/]+)/([^/]+)/.+")


@dataclass(frozen=True)
class Place:
    """Where a submission lies."""

    task: str
    name: str
    round: str | None = None

    @classmethod
    def of(cls, path: str) -> Place | None:
        """Return the place of a submission's file; None for any other file."""
        match = _PATH.fullmatch(path)
        return cls(match[2], match[3], match[1]) if match else None

    @property
    def task_folder(self) -> str:
        """Folder of all submissions to the same task."""
        return f"{within(self.round)}{FOLDER}/{self.task}"

    @property
    def folder(self) -> str:
        """Its folder in the repository."""
        return f"{self.task_folder}/{self.name}"

    @property
    def record(self) -> str:
        """The file that says who sent it and when."""
        return f"{within(self.round)}{RECEIVED}/{self.task}/{self.name}.json"


def within(round_name: str | None) -> str:
    """Return the beginning of the paths of a round; nothing for submissions outside rounds."""
    return f"{ROUNDS}/{round_name}/" if round_name else ""


def received(path: Path) -> datetime | None:
    """Return when a submission came, from its file; None if nobody noted it.

    Raises
    ------
    UsageError
        If the file is damaged.
    """
    try:
        return moment(json.loads(path.read_bytes())["received"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UsageError(f"{path} is damaged: {error}") from None
