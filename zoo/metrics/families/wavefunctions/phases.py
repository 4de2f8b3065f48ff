"""Scores of the phase of a state: a yes or no that is asked at many strengths of disorder.

A plain accuracy hides where the mean answer changes. What a physicist reads off the curve of mean
probabilities is where it crosses one half, and that is to be the critical strength.
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

#: Energies |E| < GAP are in the gap of the clean Chern insulator [4 t_s].
GAP = 0.5
#: Far from the transition: |W/W_c - 1| is this or more.
FAR = 0.5
#: Probabilities count as if they were at least this far from 0 and 1, in the logarithmic loss.
_CERTAIN = 1e-6


class Phases(Family):
    """Whether the disorder of a state is below the critical one, predicted as a probability.

    The table holds ``true`` (0 or 1), ``probability``, ``disorder`` and ``critical`` (W and W_c, in
    the dataset's unit of energy), ``energy``, and ``error``, the distance of the probability from
    the truth. W_c is a parameter of the configuration that the samples are of.
    """

    error = "error"
    parameter = "critical_disorder"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the column, and what the state was a state of."""
        return (only_target(targets).column, "disorder", "energy")

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Compare probabilities with the truth.

        Raises
        ------
        UsageError
            If the target has no reference: the critical disorder.
        """
        target = only_target(targets)
        if target.reference is None:
            raise UsageError(f"{target.column}: its reference, the critical disorder, is not set.")
        values = true[target.column].astype(np.float64)
        probability = predicted[target.column].reshape(len(values)).astype(np.float64)
        return {
            "true": values,
            "probability": probability,
            "disorder": true["disorder"].astype(np.float64),
            "critical": np.full(len(values), target.reference),
            "energy": true["energy"].astype(np.float64),
            self.error: np.abs(probability - values),
        }

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return accuracies, the crossing of one half, and the logarithmic loss."""
        only_target(targets)
        both = ("true", "probability")
        curve = ("probability", "disorder")
        return {
            "crossing accuracy": Statistic((*curve, "critical"), crossing_accuracy),
            "accuracy": Statistic(both, _accuracy),
            "accuracy far from W_c": Statistic((*both, "disorder", "critical"), _far),
            "crossing": Statistic(curve, crossing, "energy unit", "zero"),
            "crossing error": Statistic((*curve, "critical"), crossing_error, "%", "zero"),
            "log loss": Statistic(both, _log_loss, "1", "low"),
            "accuracy in the gap": Statistic((*both, "energy"), _in_gap),
        }


def _right(true: RealArray, probability: RealArray) -> NDArray[np.bool_]:
    return (probability >= 0.5) == (true > 0.5)


def _accuracy(true: RealArray, probability: RealArray) -> RealArray:
    return _right(true, probability).mean(axis=-1)


def _in_gap(true: RealArray, probability: RealArray, energy: RealArray) -> RealArray:
    """Return the accuracy on states in the gap; NaN where there are none."""
    return _accuracy_on(np.abs(energy) < GAP, true, probability)


def _far(
    true: RealArray, probability: RealArray, disorder: RealArray, critical: RealArray
) -> RealArray:
    """Return the accuracy where W is far from W_c; NaN where there are no such states."""
    return _accuracy_on(np.abs(disorder / critical - 1) >= FAR, true, probability)


def _accuracy_on(chosen: NDArray[np.bool_], true: RealArray, probability: RealArray) -> RealArray:
    with np.errstate(invalid="ignore"):
        return (chosen & _right(true, probability)).sum(axis=-1) / chosen.sum(axis=-1)


def _log_loss(true: RealArray, probability: RealArray) -> RealArray:
    given = np.where(true > 0.5, probability, 1 - probability)
    return -np.log(np.clip(given, _CERTAIN, 1 - _CERTAIN)).mean(axis=-1)


def crossing(probability: RealArray, disorder: RealArray) -> RealArray:
    """Return the disorder at which the mean probability falls through one half.

    It is where the falling curve that is nearest to the mean probabilities (least squares, isotonic
    regression) falls through one half: the strength up to which Σ(P - 1/2) is largest. From there
    to the next strength the line between the two mean probabilities tells.

    Parameters
    ----------
    probability, disorder : (…, N) arrays
        P of each sample, and its W.

    Returns
    -------
    (…) array
        In the unit of W; 0 where P stays at or below one half, the largest W where it stays above.
    """
    strengths = np.unique(disorder)
    count, total = _by_strength(probability, np.searchsorted(strengths, disorder), len(strengths))
    last = _strengths_before(total - count / 2)
    following = _next_filled(count)[np.arange(len(last)), last]
    inside = (last > 0) & (following < len(strengths))
    a, b = np.where(inside, last - 1, 0), np.where(inside, following, 0)
    mean = total / np.maximum(count, 1)
    before, after = (np.take_along_axis(mean, i[:, None], axis=1)[:, 0] for i in (a, b))
    share = np.divide(before - 0.5, before - after, out=np.zeros_like(before), where=inside)
    crossings = strengths[a] + share * (strengths[b] - strengths[a])
    largest = disorder.max(axis=-1).ravel()  # of the row, whatever it is computed together with
    outside = np.where(last > 0, largest, 0.0)
    return np.where(inside, crossings, outside).reshape(probability.shape[:-1])


def _by_strength(
    probability: RealArray, place: NDArray[np.int64], strengths: int
) -> tuple[RealArray, RealArray]:
    """Return how many samples each strength has, and the sums of their P: (rows, strengths)."""
    flat = place.reshape(-1, place.shape[-1])
    keys = (flat + np.arange(len(flat))[:, None] * strengths).ravel()
    size = len(flat) * strengths
    count: RealArray = np.bincount(keys, minlength=size).reshape(-1, strengths).astype(np.float64)
    total = np.bincount(keys, probability.ravel(), size).astype(np.float64)
    return count, total.reshape(-1, strengths)


def _strengths_before(excess: RealArray) -> NDArray[np.intp]:
    """Return after how many strengths the sum of `excess` is largest: (rows, S) to (rows)."""
    sums = np.cumsum(excess, axis=1)
    return np.concatenate([np.zeros_like(sums[:, :1]), sums], axis=1).argmax(axis=1)


def _next_filled(count: RealArray) -> NDArray[np.intp]:
    """Return, for 0 … S, the first strength from there on that has samples; S where none has."""
    rows, strengths = count.shape
    places = np.where(count > 0, np.arange(strengths), strengths)
    ends = np.full((rows, 1), strengths)
    return np.minimum.accumulate(np.hstack([places, ends])[:, ::-1], axis=1)[:, ::-1]


def crossing_error(probability: RealArray, disorder: RealArray, critical: RealArray) -> RealArray:
    """Return the relative error W/W_c - 1 of the crossing [%]."""
    return 100 * (crossing(probability, disorder) / critical[..., 0] - 1)


def crossing_accuracy(
    probability: RealArray, disorder: RealArray, critical: RealArray
) -> RealArray:
    """Return 1 - |W/W_c - 1| of the crossing: 0 where the curve does not cross within 2 W_c."""
    return 1 - np.abs(crossing_error(probability, disorder, critical)) / 100


FAMILY = Phases()
