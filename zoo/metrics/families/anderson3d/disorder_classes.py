"""Scores of the strength of the disorder as one of the 17 of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.anderson3d.paper_grid import DISORDERS
from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.families.classes import ClassNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.zoo.metrics.family import Batch, Target

RealArray = NDArray[np.float64]


class DisorderClass(ClassNumber):
    """The number of w among the 17, whose steps differ.

    The table of `ClassNumber` and ``difference``, predicted - true w [hopping].
    """

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Compare numbers of classes, and strengths."""
        table = super().errors(predicted, true, targets)
        strengths = np.array(DISORDERS)
        last = len(strengths) - 1
        made, wanted = (
            strengths[np.clip(table[name], 0, last).astype(np.intp)]
            for name in ("predicted", "true")
        )
        return table | {"difference": made - wanted}

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return those of classes, and of the differences of w."""
        needed = ("difference",)
        return super().statistics(targets) | {
            "mean distance in w": Statistic(needed, _size, "hopping", "low"),
            "bias in w": Statistic(needed, _mean, "hopping", "zero"),
        }


def _size(difference: RealArray) -> RealArray:
    return np.abs(difference).mean(axis=-1)


def _mean(difference: RealArray) -> RealArray:
    return difference.mean(axis=-1)


FAMILY = DisorderClass()
