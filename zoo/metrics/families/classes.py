"""Scores of predicted classes that have an order, such as the density of a lattice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.family import Family, Target, only_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.zoo.metrics.family import Batch

RealArray = NDArray[np.float64]


def _near(error: RealArray, *, distance: int) -> RealArray:
    return (error <= distance).mean(axis=-1)


def _mean(error: RealArray) -> RealArray:
    return error.mean(axis=-1)


class ClassNumber(Family):
    """One column that holds the number of a class.

    The table holds ``true``, ``predicted`` (rounded to a class) and ``error``, how many classes
    lie between them.
    """

    error = "error"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the column itself."""
        return (only_target(targets).column,)

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Compare numbers of classes."""
        column = only_target(targets).column
        values = true[column].astype(np.float64)
        classes = np.rint(predicted[column].reshape(len(values)).astype(np.float64))
        return {"true": values, "predicted": classes, self.error: np.abs(classes - values)}

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return how often the class is right, and how far off it is."""
        only_target(targets)
        return {
            "accuracy": Statistic((self.error,), partial(_near, distance=0)),
            "accuracy within one": Statistic((self.error,), partial(_near, distance=1)),
            "mean distance": Statistic((self.error,), _mean, "classes", "low"),
        }


FAMILY = ClassNumber()
