"""How well both couplings can be known from one lattice: the Cramér-Rao bounds.

The probability of spins is exp(K1 A - K2 B)/Z with A and B the sums over pairs of nearest and of
diagonal neighbours, so the information about (K1, K2) is the covariance of (A, -B); no unbiased
estimate has a smaller variance than its inverse. ``coupling_bounds.json`` is written by
``python -m mesoinv.generators.solvers.ising.measure_bounds``.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.records import from_dict
from mesoinv.generators.solvers.ising.paper_grid import nearest_places

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FILE = Path(__file__).with_name("coupling_bounds.json")
#: Instead of an infinite bound: in a ground state that never changes.
UNKNOWN = 1e6


@dataclass(frozen=True)
class CouplingBounds:
    """Standard deviations of K1 and K2 at every coupling and temperature.

    Attributes
    ----------
    length : int
        L.
    sweeps, seed : int
        Of parallel tempering.
    j2, temperatures : list of float
        (C,) and (T,).
    k1, k2 : list of list of float
        (C, T).
    """

    length: int
    sweeps: int
    seed: int
    j2: list[float]
    temperatures: list[float]
    k1: list[list[float]]
    k2: list[list[float]]


@functools.cache
def read_bounds() -> CouplingBounds:
    """Return what was measured."""
    return from_dict(CouplingBounds, json.loads(FILE.read_text(encoding="utf-8")), FILE.name)


def bounds(j2: ArrayLike, temperature: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Return the bounds of K1 and K2 at couplings and temperatures of the dataset.

    Parameters
    ----------
    j2, temperature : (B,) array_like
        J2 and T [J1]; the nearest ones that were measured count.

    Returns
    -------
    two (B,) arrays
    """
    table = read_bounds()
    row = nearest_places(table.j2, j2)
    column = nearest_places(table.temperatures, temperature)
    return np.array(table.k1)[row, column], np.array(table.k2)[row, column]


def of_sums(near: NDArray[np.int64], far: NDArray[np.int64]) -> tuple[float, float]:
    """Return the bounds from sums over pairs (N,) of lattices in equilibrium."""
    information = np.cov(np.stack([near, -far]))
    scale = np.sqrt(np.diag(information))
    if not scale.all():
        return UNKNOWN, UNKNOWN
    correlation = information[0, 1] / scale.prod()
    if abs(correlation) > 1 - 1e-9:
        return UNKNOWN, UNKNOWN
    first, second = 1 / (scale * np.sqrt(1 - correlation**2))
    return float(first), float(second)
