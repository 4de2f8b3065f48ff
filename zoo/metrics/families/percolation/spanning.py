"""Scores of a yes or no that the density gives away in most samples, but does not decide.

A plain accuracy rewards reading the density. Here it stands beside scores that do not: within a
density, on the samples that are unlike most of their density, and how much of the prediction the
density explains where it should explain nothing.
"""

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


class Spanning(Family):
    """Whether a cluster spans the lattice: predicted as a probability, decided at one half.

    The table holds ``true`` (0 or 1), ``probability``, ``density`` and ``error``, the distance of
    the probability from the truth.
    """

    error = "error"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the column, and the density."""
        return (only_target(targets).column, "density")

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Compare probabilities with the truth."""
        column = only_target(targets).column
        values = true[column].astype(np.float64)
        probability = predicted[column].reshape(len(values)).astype(np.float64)
        return {
            "true": values,
            "probability": probability,
            "density": true["density"].astype(np.float64),
            self.error: np.abs(probability - values),
        }

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return accuracies and the partial correlation."""
        only_target(targets)
        all_three = ("true", "probability", "density")
        below, above = partial(_rare, spans=True), partial(_rare, spans=False)
        return {
            "fixed-density accuracy": Statistic(all_three, fixed_density_accuracy),
            "accuracy": Statistic(all_three[:2], _accuracy),
            "accuracy spanning below p_c": Statistic(all_three, below),
            "accuracy not spanning above p_c": Statistic(all_three, above),
            "partial correlation with density": Statistic(
                all_three, partial_correlation, "1", "zero"
            ),
        }


def _right(true: RealArray, probability: RealArray) -> NDArray[np.bool_]:
    return (probability >= 0.5) == (true > 0.5)


def _accuracy(true: RealArray, probability: RealArray) -> RealArray:
    return _right(true, probability).mean(axis=-1)


def fixed_density_accuracy(
    true: RealArray, probability: RealArray, density: RealArray
) -> RealArray:
    """Return the accuracy among samples of one density of which as many span as do not.

    At each density: the mean of the accuracies of those that span and of those that do not. The
    densities count by the number of such pairs that they can give, n₊n₋/(n₊ + n₋). Whatever answers
    by the density alone has exactly one half.

    Parameters
    ----------
    true, probability, density : (…, N) arrays

    Returns
    -------
    (…) array
        One half where no density has both kinds: nothing is known.
    """
    densities = np.unique(density)
    groups = 2 * np.searchsorted(densities, density) + (true > 0.5)
    right = _right(true, probability)
    flat = groups.reshape(-1, groups.shape[-1])
    rows = np.arange(len(flat))[:, None] * 2 * len(densities)
    size = len(flat) * 2 * len(densities)
    count = np.bincount((flat + rows).ravel(), minlength=size).reshape(len(flat), -1, 2)
    good = np.bincount((flat + rows).ravel(), right.ravel(), size).reshape(count.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.nan_to_num(count.prod(axis=2) / count.sum(axis=2))
        each = np.nan_to_num(good / count).mean(axis=2)
        accuracy = (weight * each).sum(axis=1) / weight.sum(axis=1)
    return np.nan_to_num(accuracy, nan=0.5).reshape(true.shape[:-1])


def _rare(true: RealArray, probability: RealArray, density: RealArray, *, spans: bool) -> RealArray:
    """Return the accuracy on those that span below p_c(100), or do not above it."""
    from mesoinv.generators.percolation import FINITE_THRESHOLD  # noqa: PLC0415  (brings numba)

    rare = (true > 0.5) & (density < FINITE_THRESHOLD)
    if not spans:
        rare = (true < 0.5) & (density > FINITE_THRESHOLD)
    with np.errstate(invalid="ignore"):  # NaN where there is no such sample
        shares: RealArray = (rare & _right(true, probability)).sum(axis=-1) / rare.sum(axis=-1)
    return shares


def partial_correlation(true: RealArray, probability: RealArray, density: RealArray) -> RealArray:
    """Return the correlation of prediction and density among samples of the same truth.

    Parameters
    ----------
    true, probability, density : (…, N) arrays

    Returns
    -------
    (…) array
        Pearson's, after the mean of those that span, and of those that do not, is taken off both; 0
        where all predictions of the same truth are equal.
    """
    a, b = _residual(probability, true), _residual(density, true)
    norm = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    product = (a * b).sum(axis=-1)
    return np.where(norm > 1e-9 * true.shape[-1], product / np.where(norm > 0, norm, 1), 0.0)


def _residual(values: RealArray, true: RealArray) -> RealArray:
    ones = true.sum(axis=-1, keepdims=True)
    zeros = true.shape[-1] - ones
    high = (values * true).sum(axis=-1, keepdims=True) / np.maximum(ones, 1)
    low = (values * (1 - true)).sum(axis=-1, keepdims=True) / np.maximum(zeros, 1)
    return values - np.where(true > 0.5, high, low)


FAMILY = Spanning()
