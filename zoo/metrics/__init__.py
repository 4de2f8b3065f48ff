"""Scores of predictions: errors of each sample, and statistics of them with 95 % intervals.

A family knows what is compared for one kind of output. It turns predictions into a table of numbers
for each sample, batch by batch, so that memory does not grow with the samples' size; statistics
are functions of that table alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.zoo.declared.evaluation import Score
from mesoinv.zoo.metrics.bootstrap import (
    RESAMPLES,
    Estimate,
    Statistic,
    Table,
    estimates,
    joined,
    scores,
)
from mesoinv.zoo.metrics.classes import Classes
from mesoinv.zoo.metrics.family import Family, Target
from mesoinv.zoo.metrics.landscapes import (
    Coefficients,
    Landscapes,
    compare_maps,
    landscapes_of,
    pearson,
)
from mesoinv.zoo.metrics.numbers import Numbers
from mesoinv.zoo.metrics.phases import Phases
from mesoinv.zoo.metrics.spanning import Spanning

if TYPE_CHECKING:
    from collections.abc import Mapping

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

#: What a task may name.
FAMILIES: Mapping[str, Family] = {
    "numbers": Numbers(),
    "landscape": Landscapes(),
    "coefficients": Coefficients(),
    "classes": Classes(),
    "spanning": Spanning(),
    "phases": Phases(),
}
