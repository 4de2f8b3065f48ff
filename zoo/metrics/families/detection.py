"""A number that tells yes from no without having been told which: such as an autoencoder's error.

Only the order of the numbers counts: no threshold is chosen and no unit matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.family import Family, Target, only_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.zoo.metrics.family import Batch

RealArray = NDArray[np.float64]


class Detection(Family):
    """One predicted number, judged by the column `Target.against`, which is yes (1) or no (0).

    The table holds ``true`` (0 or 1), ``number``, and ``error``, the number of a sample that is no,
    or its negative where it is yes.
    """

    error = "error"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the column that says yes or no."""
        target = only_target(targets)
        if target.against is None:
            raise UsageError(f"{target.column}: name the column that it is judged by: against.")
        return (target.against,)

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Put the numbers beside the answers."""
        target = only_target(targets)
        answers = true[self.truth(targets)[0]].astype(np.float64)
        numbers = predicted[target.column].reshape(len(answers)).astype(np.float64)
        error = np.where(answers > 0, -numbers, numbers)
        return {"true": answers, "number": numbers, self.error: error}

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return the area under the ROC curve, and its skill above a coin's one half."""
        both = ("true", "number")
        only_target(targets)
        return {"skill": Statistic(both, _skill), "area": Statistic(both, area_under_curve)}


def area_under_curve(true: RealArray, number: RealArray) -> RealArray:
    """Return the probability that a yes has the larger number than a no, ties counting half.

    Arrays are (…, samples); NaN where all answers are the same.
    """
    from scipy.stats import rankdata  # noqa: PLC0415  (slow to import)

    ranks, yes = rankdata(number, axis=-1), true.sum(axis=-1)
    no = true.shape[-1] - yes
    with np.errstate(all="ignore"):
        above = (ranks * true).sum(axis=-1) - yes * (yes + 1) / 2
        return np.asarray(above / (yes * no))


def _skill(true: RealArray, number: RealArray) -> RealArray:
    return 2 * area_under_curve(true, number) - 1


FAMILY = Detection()
