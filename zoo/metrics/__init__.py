"""Scores of predictions: errors of each sample, and statistics of them with 95 % intervals.

A family knows what is compared for one kind of output. It turns predictions into a table of numbers
for each sample, batch by batch, so that memory does not grow with the samples' size; statistics
are functions of that table alone.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mesoinv.zoo.declared.evaluation import Score
from mesoinv.zoo.metrics import families
from mesoinv.zoo.metrics.bootstrap import (
    RESAMPLES,
    Estimate,
    Statistic,
    Table,
    estimates,
    joined,
    scores,
)
from mesoinv.zoo.metrics.families.coefficients import landscapes_of
from mesoinv.zoo.metrics.families.landscape import compare_maps, pearson
from mesoinv.zoo.metrics.family import Family, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "FAMILIES",
    "RESAMPLES",
    "Estimate",
    "Family",
    "Score",
    "Statistic",
    "Table",
    "Target",
    "compare_maps",
    "estimates",
    "joined",
    "landscapes_of",
    "pearson",
    "scores",
]


class _Families(Mapping[str, Family]):
    """The families by name: one module each with its ``FAMILY``, loaded when it is used."""

    def __getitem__(self, name: str) -> Family:
        if name not in set(self):
            raise KeyError(name)
        family: Family = importlib.import_module(f"{families.__name__}.{name}").FAMILY
        return family

    def __iter__(self) -> Iterator[str]:
        return (module.name for module in pkgutil.iter_modules(families.__path__))

    def __len__(self) -> int:
        return sum(1 for _ in self)


#: What a task may name.
FAMILIES: Mapping[str, Family] = _Families()
