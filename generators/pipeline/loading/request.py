"""Which samples are asked for, and which of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.base import Column, Dataset


@dataclass(frozen=True)
class Request:
    """The first samples of a split, and some of their columns.

    Attributes
    ----------
    dataset, config, split : str
        Names.
    count : int
        The first so many samples of the split.
    columns : tuple of str
        Columns to load.
    """

    dataset: str
    config: str
    split: str
    count: int
    columns: tuple[str, ...]

    @property
    def declared(self) -> Dataset:
        """The dataset's declaration."""
        return resolve_dataset(self.dataset)

    def checked_columns(self) -> tuple[Column, ...]:
        """Return the declarations of the requested columns, refusing unknown ones."""
        declared = {c.name: c for c in self.declared.columns(self.config)}
        if unknown := [name for name in self.columns if name not in declared]:
            raise UsageError(
                f"{self.dataset}/{self.config} has no column {', '.join(unknown)}. "
                f"Allowed: {', '.join(declared)}."
            )
        return tuple(declared[name] for name in self.columns)
