"""Where a phase ends, as a model that knows the phase alone sees it: distance to the measured T_c.

A model gives each lattice one number, small if it is like what the model learnt. At every coupling
its mean is a curve over the temperature. Where the curve is nearer to its level deep in the phase
than to its level at high temperatures, the model takes the lattices for ordered; the boundary is
the length of that stretch of temperatures, from T = 0 on. Both levels are means over all couplings,
so no unit and no threshold matter. Where the model's phase does not exist the boundary is T = 0.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.ising.paper_grid import (
    COUPLINGS,
    TEMPERATURES,
    nearest_places,
)
from mesoinv.generators.solvers.ising.phase_boundary import critical_temperature
from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.family import Family, Target, only_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.generators.solvers.ising.phase_boundary import Order
    from mesoinv.zoo.metrics.family import Batch

RealArray = NDArray[np.float64]

#: Rising, as curves are drawn.
_RISING = np.array(TEMPERATURES[::-1])
#: Temperatures [J1] from which on every lattice is disordered, and the share of T_c up to which an
#: order is nearly perfect.
_HOT, _DEEP = 3.8, 0.25
#: |J2 - 1/2| [J1] up to which lattices that were cooled may be stuck.
FRUSTRATED = 0.0201


class PhaseBoundary(Family):
    """One predicted number, judged by the boundary of one phase.

    The table holds ``number``, ``cell`` (which coupling and temperature) and ``error``, the number
    of an ordered sample, or its negative.

    Parameters
    ----------
    order : str
        ``"ferromagnet"`` or ``"stripes"``.
    """

    error = "error"

    def __init__(self, order: Order) -> None:
        self.order = order

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return coupling and temperature."""
        only_target(targets)
        return ("j2", "temperature")

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Put the numbers beside their cells."""
        number = predicted[only_target(targets).column].reshape(len(true["j2"])).astype(np.float64)
        row = nearest_places(COUPLINGS, true["j2"])
        column = nearest_places(_RISING.tolist(), true["temperature"])
        ordered = _RISING[column] < critical_temperatures(self.order)[row]
        return {
            "number": number,
            "cell": (row * len(_RISING) + column).astype(np.float64),
            self.error: np.where(ordered, number, -number),
        }

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return the distance from the boundary, and its skill over no boundary at all."""
        only_target(targets)
        both = ("number", "cell")
        elsewhere = partial(_distances, order=self.order, frustrated=False)
        return {
            "boundary skill": Statistic(both, partial(_skill, order=self.order)),
            "boundary distance": Statistic(
                both, partial(_mean, partial(_distances, order=self.order)), "J1", "low"
            ),
            "boundary distance off J2 = 1/2": Statistic(
                both, partial(_mean, elsewhere), "J1", "low"
            ),
            "largest distance off J2 = 1/2": Statistic(
                both, partial(_largest, elsewhere), "J1", "low"
            ),
            "boundary bias": Statistic(both, partial(_bias, order=self.order), "J1", "zero"),
        }


@functools.cache
def critical_temperatures(order: Order) -> RealArray:
    """Return the measured T_c [J1] of an order at every coupling of the dataset, (22,)."""
    return np.array([critical_temperature(j2, order) for j2 in COUPLINGS])


def curves(number: RealArray, cell: RealArray) -> RealArray:
    """Return means by coupling and rising temperature.

    Parameters
    ----------
    number, cell : (…, N) arrays

    Returns
    -------
    (…, 22, 157) array
        NaN where there is no sample.
    """
    shape = (*number.shape[:-1], len(COUPLINGS), len(_RISING))
    flat = cell.reshape(-1, cell.shape[-1]).astype(np.int64)
    cells = shape[-2] * shape[-1]
    place = (flat + np.arange(len(flat))[:, None] * cells).ravel()
    count = np.bincount(place, minlength=len(flat) * cells)
    total = np.bincount(place, number.ravel(), len(flat) * cells)
    with np.errstate(invalid="ignore"):
        return (total / count).reshape(shape)


def boundaries(number: RealArray, cell: RealArray, order: Order) -> RealArray:
    """Return the boundary [J1] that the numbers tell at every coupling.

    Parameters
    ----------
    number, cell : (…, N) arrays
    order : str

    Returns
    -------
    (…, 22) array
        NaN where a coupling has no samples, everywhere where one of the two levels has none.
    """
    mean = curves(number, cell)
    deep = _DEEP * critical_temperatures(order)[:, None] >= _RISING
    low = _mean_of(mean, deep)
    high = _mean_of(mean, np.broadcast_to(_RISING >= _HOT, deep.shape))
    spread = high - low
    # levels that differ by rounding alone are no levels
    spread = np.where(np.abs(spread) <= 1e-9 * (np.abs(high) + np.abs(low)), 0, spread)
    # positive where the number is nearer to the low level
    margin = spread[..., None, None] * ((low + high)[..., None, None] / 2 - _filled(mean))
    first, second = margin[..., :-1], margin[..., 1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(
            (first > 0) == (second > 0),
            (first > 0).astype(float),
            np.maximum(first, second) / np.abs(first - second),
        )
    share = np.where(np.isnan(first) | np.isnan(second), np.nan, share)
    lengths = np.diff(_RISING)
    stretch: RealArray = (share * lengths).sum(axis=-1) + _RISING[0] * (margin[..., 0] > 0)
    return stretch


def _filled(values: RealArray) -> RealArray:
    """Give temperatures without samples, as resamples have them, the mean at the next colder one.

    Those that have no colder one take that of the coldest there is.
    """
    there = ~np.isnan(values)
    place = np.where(there, np.arange(values.shape[-1]), -1)
    colder = np.maximum.accumulate(place, axis=-1)
    coldest = there.argmax(axis=-1)[..., None]
    return np.take_along_axis(values, np.where(colder < 0, coldest, colder), axis=-1)


def _mean_of(values: RealArray, where: NDArray[np.bool_]) -> RealArray:
    """Return the mean (…,) of values (…, 22, 157) that are there; NaN if none is."""
    there = where & ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        total = np.where(there, values, 0).sum(axis=(-2, -1))
        return np.asarray(total / there.sum(axis=(-2, -1)))


def _distances(
    number: RealArray, cell: RealArray, *, order: Order, frustrated: bool = True
) -> RealArray:
    """Return |T_b - T_c| [J1] by coupling; without those near J2 = 1/2 unless `frustrated`."""
    distance = np.abs(boundaries(number, cell, order) - critical_temperatures(order))
    kept = np.abs(np.array(COUPLINGS) - 0.5) > (-1 if frustrated else FRUSTRATED)
    return distance[..., kept]


def _mean(distances: partial[RealArray], number: RealArray, cell: RealArray) -> RealArray:
    return _mean_there(distances(number, cell))


def _largest(distances: partial[RealArray], number: RealArray, cell: RealArray) -> RealArray:
    values = distances(number, cell)
    most = np.where(np.isnan(values), -np.inf, values).max(axis=-1)
    return np.asarray(np.where(np.isfinite(most), most, np.nan))


def _mean_there(values: RealArray) -> RealArray:
    """Return the mean over couplings that have samples; NaN if none has."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, values, 0).sum(axis=-1) / there.sum(axis=-1))


def _skill(number: RealArray, cell: RealArray, *, order: Order) -> RealArray:
    """Return 1 - the mean distance over that of the boundary T = 0 everywhere."""
    distance = _distances(number, cell, order=order)
    none = np.where(np.isnan(distance), np.nan, critical_temperatures(order))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - _mean_there(distance) / _mean_there(none)


def _bias(number: RealArray, cell: RealArray, *, order: Order) -> RealArray:
    """Return the mean of T_b - T_c where the phase exists."""
    critical = critical_temperatures(order)
    return _mean_there((boundaries(number, cell, order) - critical)[..., critical > 0])


FAMILY = PhaseBoundary("ferromagnet")
