"""What an audit found, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field

#: What the power is said of: checks that miss a change, and the share of rows that are changed.
_MISSED, _SHARE = 0.05, 0.01


@dataclass
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    kind : str
        ``manifest``, ``dataset``, ``version``, ``incomplete``, ``missing``, ``size``, ``digest``,
        ``unreadable``, ``rows``, ``schema``, ``unknown``, ``key``, ``copy``, ``card``
        or ``sample``.
    message : str
        What was found, what was expected.
    file : str or None
        The shard, relative to the folder.
    row : int or None
        Row within its split.
    column : str or None
        Name of the column.
    """

    kind: str
    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Return the problem as one line."""
        place = [self.file or ""]
        place += [f"row {self.row}"] if self.row is not None else []
        place += [f"column {self.column}"] if self.column is not None else []
        where = ", ".join(filter(None, place))
        return f"{self.kind}: {where}: {self.message}" if where else f"{self.kind}: {self.message}"


@dataclass
class Report:
    """The result of `verify`.

    Attributes
    ----------
    folder, dataset, version : str
        What was checked.
    files, num_bytes : int
        Files whose digest is the one in the manifest, and their size.
    rows, samples, seed : int
        Samples that could be computed again, and how many were; what chose them.
    largest_error : dict of str to float
        Column -> largest relative L2 difference seen in one sample (0 for exact columns).
    problems : list of Problem
        Everything that is wrong.
    notes : list of str
        What was found or could not be checked, and is no fault: held-out samples and their keys,
        files that are not in the manifest, links.
    """

    folder: str
    dataset: str | None = None
    version: str | None = None
    files: int = 0
    num_bytes: int = 0
    rows: int = 0
    samples: int = 0
    seed: int = 0
    largest_error: dict[str, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def power(self) -> str:
        """How many changed rows the samples find that were computed again, in words."""
        if self.samples == self.rows:
            return "every sample was computed again"
        if not self.samples:
            return "no sample was computed again: changed rows with a new digest are not seen"
        share = 1 - _MISSED ** (1 / self.samples)
        words = f"if {100 * share:.2g} % of the rows were changed, 95 % of such checks find it"
        needed = min(math.ceil(math.log(_MISSED) / math.log(1 - _SHARE)), self.rows)
        if self.samples < needed:
            words += f"; for {100 * _SHARE:g} %: --samples {needed}"
        return words

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def add(
        self,
        kind: str,
        message: str,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        """Note one more problem."""
        self.problems.append(Problem(kind=kind, message=message, file=file, row=row, column=column))

    def to_json(self) -> str:
        """Return everything as JSON; a number that JSON does not have becomes a text."""
        data = dataclasses.asdict(self) | {"ok": self.ok, "power": self.power}
        data["largest_error"] = {
            name: value if math.isfinite(value) else str(value)
            for name, value in self.largest_error.items()
        }
        return json.dumps(data, indent=1, ensure_ascii=False)
