"""Scores of the phase of a state: a yes or no that is asked at many strengths of disorder.

A plain accuracy hides where the mean answer changes. What a physicist reads off the curve of mean
probabilities is where it crosses one half, and that is to be the critical strength. Where samples
are of several systems in turn, each has a crossing of its own.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.wavefunctions.state_disorder import SYSTEMS
from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.crossings import crossing, relative_crossings
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
    the dataset's unit of energy), ``energy``, the number of the ``system``, and ``error``, the
    distance of the probability from the truth. W_c is a parameter of the configuration that the
    samples are of; where that is 0, each sample says its own, and of which system it is.
    """

    error = "error"
    parameter = "critical_disorder"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the column, and what the state was a state of."""
        target = only_target(targets)
        several = ("critical_disorder", "system") if target.reference == 0 else ()
        return (target.column, "disorder", "energy", *several)

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
        one = np.full(len(values), target.reference)
        probability = predicted[target.column].reshape(len(values)).astype(np.float64)
        return {
            "true": values,
            "probability": probability,
            "disorder": true["disorder"].astype(np.float64),
            "critical": one if target.reference else true["critical_disorder"].astype(np.float64),
            "energy": true["energy"].astype(np.float64),
            "system": np.zeros(len(values)) if target.reference else true["system"].astype(float),
            self.error: np.abs(probability - values),
        }

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return accuracies, the crossing of one half, and the logarithmic loss."""
        only_target(targets)
        both = ("true", "probability")
        curve = ("probability", "disorder")
        several = (*curve, "critical", "system")
        return {
            "mean crossing accuracy": Statistic(several, mean_crossing_accuracy),
            "mean crossing error": Statistic(several, _mean_crossing_error, "%", "low"),
            **{
                f"crossing error, {name}": Statistic(
                    several, functools.partial(_crossing_error_of, number), "%", "zero"
                )
                for number, name in enumerate(SYSTEMS)
            },
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


def crossing_error(probability: RealArray, disorder: RealArray, critical: RealArray) -> RealArray:
    """Return the relative error W/W_c - 1 of the crossing [%]."""
    return 100 * (crossing(probability, disorder) / critical[..., 0] - 1)


def crossing_accuracy(
    probability: RealArray, disorder: RealArray, critical: RealArray
) -> RealArray:
    """Return 1 - |W/W_c - 1| of the crossing: 0 where the curve does not cross within 2 W_c."""
    return 1 - np.abs(crossing_error(probability, disorder, critical)) / 100


def mean_crossing_accuracy(
    probability: RealArray, disorder: RealArray, critical: RealArray, system: RealArray
) -> RealArray:
    """Return 1 - |W/W_c - 1| of the crossings, the mean over the systems."""
    return 1 - np.abs(relative_crossings(probability, disorder, critical, system) - 1).mean(axis=-1)


def _mean_crossing_error(*columns: RealArray) -> RealArray:
    """Return the mean over the systems of |W/W_c - 1| [%]."""
    return 100 * (1 - mean_crossing_accuracy(*columns))


def _crossing_error_of(
    number: int,
    probability: RealArray,
    disorder: RealArray,
    critical: RealArray,
    system: RealArray,
) -> RealArray:
    """Return W/W_c - 1 of one system [%]; NaN where there are no samples of it."""
    place = np.flatnonzero(np.unique(system) == number)
    if not len(place):
        return np.full(probability.shape[:-1], np.nan)
    return 100 * (relative_crossings(probability, disorder, critical, system)[..., place[0]] - 1)


FAMILY = Phases()
