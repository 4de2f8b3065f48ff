"""What is wrong with a submission, and how to fix it; all of it at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    where : str
        A key of submission.yaml, or a file.
    what : str
        What is wrong there.
    fix : str
        What to do about it.
    """

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """Return one line, safe to print: what a submission says is in it quoted only."""
        return f"{self.where}: {self.what} {self.fix}".rstrip()


class SubmissionError(UsageError):
    """A submission that was refused.

    Attributes
    ----------
    problems : tuple of Problem
        Everything that was found.
    """

    def __init__(self, folder: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        many = f"{len(problems)} things are" if len(problems) > 1 else "one thing is"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"The submission in {folder} cannot be taken, {many} wrong:\n{lines}")


class RefusedError(Exception):
    """Carries problems to where they are collected; never leaves this package."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def shown(value: object, limit: int = 80) -> str:
    """Return what a stranger wrote so that it can be printed: what is invisible is escaped."""
    try:
        text = str(value)
    except ValueError:  # Python prints no integer of thousands of digits, nor what holds one
        text = f"a number of {_digits(value)} digits" if isinstance(value, int) else "large numbers"
    cut = text if len(text) <= limit else f"{text[:limit]}…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)


def _digits(number: int) -> int:
    return int(number.bit_length() * math.log10(2)) + 1


def quoted(value: object, limit: int = 80) -> str:
    """Return it in quotes."""
    return f"'{shown(value, limit)}'"
