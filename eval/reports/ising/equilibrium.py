"""Where cooled lattices differ from equilibrium, and how long equilibrium takes to forget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS, TEMPERATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    RealArray = NDArray[np.float64]

#: Temperatures [J1] of cold lattices, and the order below which one of them is not ordered.
COLD, ORDERED = 0.3, 0.9
#: A series that varies by less does not: the rest is rounding.
_STILL = 1e-9
#: Of parallel tempering: sweeps that are left out, that are measured, and between measurements.
LEFT_OUT, MEASURED, BETWEEN = 5000, 20_000, 5


@dataclass(frozen=True)
class Differences:
    """Cooled lattices against those in equilibrium.

    Attributes
    ----------
    cooled, equilibrium : int
        Lattices of each coupling.
    order : list of list of float
        Mean order parameter, cooled minus equilibrium, by coupling and temperature.
    energy, energy_error, cold_order, cold_order_error : list of float
        By coupling: differences of means over T of 0.3 and below [J1 a site; 1], and their
        standard errors, from one mean a lattice.
    walls_cooled, walls_equilibrium : list of float
        Share of the lattices at the lowest temperature whose order is below 0.9.
    """

    cooled: int
    equilibrium: int
    order: list[list[float]]
    energy: list[float]
    energy_error: list[float]
    cold_order: list[float]
    cold_order_error: list[float]
    walls_cooled: list[float]
    walls_equilibrium: list[float]


#: Columns that `differences` needs.
NEEDED = ("energy", "magnetisation", "row_order", "column_order")


def differences(
    cooled: Mapping[str, NDArray[Any]], equilibrium: Mapping[str, NDArray[Any]]
) -> Differences:
    """Compare whole blocks of samples."""
    both = (cooled, equilibrium)
    orders, energies = [_orders(x) for x in both], [_by_lattice(x["energy"]) for x in both]
    cold = np.array(TEMPERATURES) <= COLD
    energy, energy_error = _difference(*(x[..., cold].mean(axis=-1) for x in energies))
    order, order_error = _difference(*(x[..., cold].mean(axis=-1) for x in orders))
    walls = [(x[..., -1] < ORDERED).mean(axis=0).round(4).tolist() for x in orders]
    apart = orders[0].mean(axis=0) - orders[1].mean(axis=0)
    return Differences(
        len(orders[0]), len(orders[1]), apart.round(5).tolist(), energy, energy_error, order,
        order_error, *walls,
    )  # fmt: skip


def _by_lattice(values: NDArray[Any]) -> RealArray:
    """Return values by lattice, coupling and temperature."""
    return values.reshape(-1, len(COUPLINGS), len(TEMPERATURES))


def _orders(samples: Mapping[str, NDArray[Any]]) -> RealArray:
    stripes = np.hypot(samples["row_order"], samples["column_order"])
    ferromagnet = _by_lattice(np.abs(samples["magnetisation"]))
    below = np.array(COUPLINGS)[:, None] < 0.5
    return np.where(below, ferromagnet, _by_lattice(stripes))


def _difference(a: RealArray, b: RealArray) -> tuple[list[float], list[float]]:
    """Return differences of means over lattices, and their standard errors, by coupling."""
    error = np.sqrt(a.var(axis=0, ddof=1) / len(a) + b.var(axis=0, ddof=1) / len(b))
    return (a.mean(axis=0) - b.mean(axis=0)).round(6).tolist(), error.round(6).tolist()


@dataclass(frozen=True)
class Memory:
    """Integrated autocorrelation times of parallel tempering [sweeps], the largest of a coupling.

    Attributes
    ----------
    length, sweeps : int
    energy, order : list of float
        Of the energy and of the squared order parameter, by coupling.
    energy_at, order_at : list of float
        Temperatures [J1] where they are largest.
    """

    length: int
    sweeps: int
    energy: list[float]
    order: list[float]
    energy_at: list[float]
    order_at: list[float]


def memory(log: Callable[[str], object], *, length: int, seed: int = 7) -> Memory:
    """Measure every coupling of the dataset; about ten minutes."""
    rows = []
    for j2 in COUPLINGS:
        log(f"autocorrelation at J2 = {j2}")
        energies, orders = _series(j2, length, seed)
        row: list[float] = []
        for series in (energies, orders):
            times = np.array([autocorrelation_time(x) for x in series.T]) * BETWEEN
            worst = int(np.argmax(times))
            row += [round(float(times[worst]), 1), TEMPERATURES[worst]]
        rows.append(row)
    energy, energy_at, order, order_at = (list(column) for column in zip(*rows, strict=True))
    return Memory(length, MEASURED, energy, order, energy_at, order_at)


def _series(j2: float, length: int, seed: int) -> tuple[RealArray, RealArray]:
    """Return energies and squared order parameters, (measurements, temperatures)."""
    from mesoinv.generators.solvers.ising.binder import order_squared  # noqa: PLC0415  (numba)
    from mesoinv.generators.solvers.ising.tempering import Ladder  # noqa: PLC0415

    ladder = Ladder(j2, TEMPERATURES, length, seed)
    ladder.advance(LEFT_OUT)
    energies, orders = [], []
    for _ in range(MEASURED // BETWEEN):
        ladder.advance(BETWEEN)
        near, far = ladder.pair_sums()
        energies.append((j2 * far - near) / length**2)
        orders.append(order_squared(ladder.spins(), j2))
    return np.array(energies), np.array(orders)


def autocorrelation_time(series: RealArray) -> float:
    """Return the integrated autocorrelation time, in steps; 1/2 for independent numbers.

    The sum ends at five times itself, as Madras and Sokal have it (J. Stat. Phys. 50, 109 (1988)).
    Numbers that never change have no memory that could be seen: 1/2.
    """
    centred = series - series.mean()
    if np.ptp(series) < _STILL:
        return 0.5
    size = 2 * len(centred)
    spectrum = np.abs(np.fft.rfft(centred, size)) ** 2
    correlation = np.fft.irfft(spectrum, size)[: len(centred)]
    correlation /= correlation[0]
    times = 0.5 + np.cumsum(correlation[1:])
    window = np.arange(1, len(centred))
    enough = np.flatnonzero(window >= 5 * times)
    return float(times[enough[0]] if len(enough) else times[-1])
