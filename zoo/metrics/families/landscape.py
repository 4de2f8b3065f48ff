"""Errors of predicted maps, such as a landscape of disorder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.family import Family, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.zoo.metrics.family import Batch

RealArray = NDArray[np.float64]


class Landscapes(Family):
    """One map (L, W) a sample.

    The table holds Pearson's r over all sites, the mean squared error and the mean square of the
    true landscape.
    """

    error = "pearson r"
    error_better = "high"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the map."""
        return (targets[0].column,)

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Correlate and subtract."""
        name = targets[0].column
        return compare_maps(predicted[name], true[name])

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return median, mean, worst and share of r, and the relative error."""
        r = ("pearson r",)
        return {
            "pearson r median": Statistic(r, lambda x: np.median(x, axis=-1)),
            "pearson r mean": Statistic(r, lambda x: x.mean(axis=-1)),
            "pearson r worst": Statistic(r, lambda x: x.min(axis=-1)),
            "pearson r above 0.99": Statistic(r, lambda x: (x > 0.99).mean(axis=-1)),
            "relative rms error": Statistic(
                ("mean squared error", "mean square"),
                lambda error, size: np.sqrt(error.mean(axis=-1) / size.mean(axis=-1)),
                better="low",
            ),
        }


def compare_maps(predicted: NDArray[Any], true: NDArray[Any]) -> Table:
    """Return the table of `Landscapes` for maps (B, L, W) [t]."""
    compared = np.array([_compare(a, b) for a, b in zip(predicted, true, strict=True)])
    return dict(zip(("pearson r", "mean squared error", "mean square"), compared.T, strict=True))


def pearson(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> RealArray:
    """Return Pearson's r over all sites for each sample, Eq. (6) of the paper.

    Parameters
    ----------
    predicted, true : (B, …) arrays

    Returns
    -------
    (B,) array
        0 where one of the two is constant.
    """
    return compare_maps(predicted, true)["pearson r"]


def _compare(predicted: NDArray[Any], true: NDArray[Any]) -> tuple[float, float, float]:
    """Return r, mean squared error and mean square of one sample, whose maps fit into a cache."""
    a, b = (x.astype(np.float64).ravel() for x in (predicted, true))
    difference, size = a - b, float(b @ b) / b.size
    error = float(difference @ difference) / b.size
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return (float(a @ b) / norm if norm > 0 else 0.0), error, size


FAMILY = Landscapes()
