"""Errors of both couplings of one lattice, read against what statistics allows.

No unbiased estimate can have a smaller variance than the Cramér-Rao bound, which depends on the
coupling and the temperature: in the cold a lattice hardly tells them, whoever looks. So errors are
divided by the bound, where it is small enough to say anything.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.ising.coupling_bounds import bounds
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS, nearest_places
from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.families.ising.ferromagnet_boundary import critical_temperatures
from mesoinv.zoo.metrics.family import Family, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.zoo.metrics.family import Batch

RealArray = NDArray[np.float64]

COLUMNS = ("k1", "k2")
#: Largest bound of either coupling at which samples count.
LARGEST = 0.1
#: Distance from the boundary [J1] up to which a lattice is near it.
_NEAR = 0.2


class Couplings(Family):
    """``k1`` and ``k2``, J1/T and J2/T.

    The table holds ``k1 error``, ``k2 error`` (predicted - true), ``k1 bound``, ``k2 bound``,
    ``distance`` [J1] (T - T_c) and ``error``, the root mean square of both errors over their
    bounds.
    """

    error = "error"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return both couplings, J2 and the temperature."""
        del targets
        return (*COLUMNS, "j2", "temperature")

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Subtract, and look the bounds up."""
        del targets
        row = nearest_places(COUPLINGS, true["j2"])
        critical = critical_temperatures("ferromagnet") + critical_temperatures("stripes")
        table: Table = {"distance": true["temperature"] - critical[row]}
        for column, bound in zip(COLUMNS, bounds(true["j2"], true["temperature"]), strict=True):
            made = predicted[column].reshape(len(row)).astype(np.float64)
            table |= {f"{column} error": made - true[column], f"{column} bound": bound}
        table[self.error] = np.sqrt(_squares(*(table[name] for name in _ALL)))
        return table

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return the efficiency, and sizes of errors far from the boundary, near it, and below."""
        del targets
        result = {"efficiency": Statistic(_ALL, _efficiency)}
        for column in COLUMNS:
            needed = (f"{column} error", "distance", "k1 bound", "k2 bound")
            for name, low, high in (("far", _NEAR, np.inf), ("near", -_NEAR, _NEAR)):
                function = partial(_rmse, low=low, high=high)
                result[f"{column} rmse {name}"] = Statistic(needed, function, "1", "low")
            ordered = (f"{column} error", "distance")
            result[f"{column} mae ordered"] = Statistic(ordered, _mae_ordered, "1", "low")
            result[f"{column} bias"] = Statistic(needed, _bias, "1", "zero")
        return result


_ALL = ("k1 error", "k2 error", "k1 bound", "k2 bound")


def _squares(a: RealArray, b: RealArray, first: RealArray, second: RealArray) -> RealArray:
    return ((a / first) ** 2 + (b / second) ** 2) / 2


def _known(first: RealArray, second: RealArray) -> NDArray[np.bool_]:
    return np.maximum(first, second) <= LARGEST


def _efficiency(a: RealArray, b: RealArray, first: RealArray, second: RealArray) -> RealArray:
    """Return the variance that the bounds allow over the mean square of the errors."""
    known = _known(first, second)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.where(known, _squares(a, b, first, second), 0).sum(axis=-1)
        return np.asarray(known.sum(axis=-1) / total)


def _where(values: RealArray, kept: NDArray[np.bool_]) -> RealArray:
    """Return the mean of the values that are kept; NaN if none is."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(kept, values, 0).sum(axis=-1) / kept.sum(axis=-1))


def _rmse(
    error: RealArray,
    distance: RealArray,
    first: RealArray,
    second: RealArray,
    *,
    low: float,
    high: float,
) -> RealArray:
    kept = _known(first, second) & (distance >= low) & (distance < high)
    return np.sqrt(_where(error**2, kept))


def _bias(error: RealArray, distance: RealArray, first: RealArray, second: RealArray) -> RealArray:
    del distance
    return _where(error, _known(first, second))


def _mae_ordered(error: RealArray, distance: RealArray) -> RealArray:
    return _where(np.abs(error), distance < -_NEAR)


FAMILY = Couplings()
