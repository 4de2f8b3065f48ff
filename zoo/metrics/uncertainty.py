"""Predictions that carry a standard deviation: coverage and a proper score.

A prediction ``c`` may come with ``c_std``, a standard deviation for each value. With a normal
distribution of that width, the continuous ranked probability score [1]_ is a distance in the unit
of the quantity: smaller is better, and saying too little or too much uncertainty costs.

References
----------
.. [1] T. Gneiting and A. E. Raftery, J. Am. Stat. Assoc. 102, 359 (2007).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.zoo.metrics.bootstrap import Statistic, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mesoinv.zoo.metrics.family import Batch, Target

#: Ends the name of a standard deviation.
STD = "_std"
#: Half width of the 95 % interval of a normal distribution, in standard deviations.
_HALF_WIDTH = 1.959963984540054


def uncertainty_errors(predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
    """Return ``c crps`` and ``c covered`` of each sample for targets with a standard deviation.

    For a map, both are means over its values. `predicted` and `true` hold (B, …) arrays by column.
    """
    table: Table = {}
    for target in targets:
        name = target.column
        if name + STD in predicted and name in true:
            values, truth, width = (
                np.asarray(v, np.float64).reshape(len(true[name]), -1)
                for v in (predicted[name], true[name], predicted[name + STD])
            )
            table[f"{name} crps"] = crps(values - truth, width).mean(axis=1)
            covered = np.abs(values - truth) <= _HALF_WIDTH * width
            table[f"{name} covered"] = covered.mean(axis=1)
    return table


def uncertainty_statistics(targets: Sequence[Target], table: Table) -> dict[str, Statistic]:
    """Return the scores that a table has the columns for: mean CRPS and share of values covered."""
    statistics = {}
    for target in targets:
        name = target.column
        if f"{name} crps" in table:
            statistics[f"{name} crps"] = Statistic((f"{name} crps",), _mean, target.unit, "low")
            statistics[f"{name} coverage"] = Statistic((f"{name} covered",), _mean, "1", "high")
    return statistics


def crps(error: NDArray[np.float64], width: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the continuous ranked probability score of a normal distribution.

    Parameters
    ----------
    error, width : arrays
        Mean minus truth, and standard deviation; where that is 0, the score is |error|.
    """
    from scipy.special import ndtr  # noqa: PLC0415  (slow to import)

    size = np.abs(error)
    with np.errstate(all="ignore"):
        z = size / width
        density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        score = width * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))
    return np.where(width > 0, score, size)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.mean(axis=-1)
