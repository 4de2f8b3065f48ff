"""Scores of predictions: errors of each sample, and statistics of them with 95 % intervals.

A family knows what is compared for one kind of output. It turns predictions into a table of numbers
for each sample, batch by batch, so that memory does not grow with the samples' size; statistics
are functions of that table alone.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from pathlib import Path
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
from mesoinv.zoo.metrics.families.landscape import compare_maps, pearson
from mesoinv.zoo.metrics.families.pldos.coefficients import landscapes_of
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
    """The families by name: one module each with its ``FAMILY``, loaded when it is used.

    Those that know the physics of a system are in a folder of its name.
    """

    def __getitem__(self, name: str) -> Family:
        family: Family = importlib.import_module(_modules()[name]).FAMILY
        return family

    def __iter__(self) -> Iterator[str]:
        return iter(_modules())

    def __len__(self) -> int:
        return len(_modules())


@functools.cache
def _modules() -> dict[str, str]:
    """Return for each family the module that holds it."""
    root = Path(families.__path__[0])
    paths = [path for path in sorted(root.rglob("*.py")) if path.stem != "__init__"]
    return {path.stem: ".".join((families.__name__, *path.relative_to(root).with_suffix("").parts))
            for path in paths}  # fmt: skip


#: What a task may name.
FAMILIES: Mapping[str, Family] = _Families()
