"""Where the phases end: crossings of the Binder ratio of lattices of two sizes.

At a transition ⟨O²⟩²/⟨O⁴⟩ of the order parameter O is nearly the same for all sizes [1]_, so its
curves cross there. O is the magnetisation where J2 < 1/2, and the length of the vector of both
orders of stripes where J2 > 1/2. Lattices are in equilibrium by parallel tempering.

References
----------
.. [1] K. Binder, "Finite size scaling analysis of Ising model block distribution functions", Z.
   Phys. B 43, 119 (1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.ising.observables import order_parameters
from mesoinv.generators.solvers.ising.tempering import Ladder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Sweeps between measurements, and blocks of them that are taken as independent.
_BETWEEN, BLOCKS = 10, 16
#: Temperatures on either side of a crossing that a line is laid through.
_NEAR = 4


@dataclass(frozen=True)
class Moments:
    """Of the order parameter of lattices of one size.

    Attributes
    ----------
    temperatures : (T,) array
        Falling.
    second, fourth : (BLOCKS, T) arrays
        Mean O² and O⁴ of each block of measurements.
    """

    temperatures: NDArray[np.float64]
    second: NDArray[np.float64]
    fourth: NDArray[np.float64]


def order_squared(spins: NDArray[np.int8], j2: float) -> NDArray[np.float64]:
    """Return O² of lattices (…, L, L)."""
    magnetisation, rows, columns = order_parameters(spins)
    return magnetisation**2 if j2 < 0.5 else rows**2 + columns**2


def ground_state(j2: float, length: int) -> NDArray[np.int8]:
    """Return a state (L, L) of lowest energy: all up, or rows up and down in turn."""
    spins = np.ones((length, length), dtype=np.int8)
    if j2 > 0.5:
        spins[1::2] = -1
    return spins


def measure(
    j2: float, temperatures: Sequence[float], *, length: int, sweeps: int, seed: int
) -> Moments:
    """Run a ladder of temperatures; the first fifth of the sweeps is left out.

    The colder half starts in order, the warmer half at random.
    """
    ladder = Ladder(j2, temperatures, length, seed)
    ladder.set_colder(len(temperatures) // 2, ground_state(j2, length))
    ladder.advance(sweeps // 5)
    each = max(1, (sweeps - sweeps // 5) // (_BETWEEN * BLOCKS))
    second, fourth = np.zeros((2, BLOCKS, len(temperatures)))
    for block in range(BLOCKS):
        for _ in range(each):
            ladder.advance(_BETWEEN)
            squared = order_squared(ladder.spins(), j2)
            second[block] += squared / each
            fourth[block] += squared**2 / each
    return Moments(np.asarray(temperatures, dtype=np.float64), second, fourth)


def crossing(small: Moments, large: Moments) -> tuple[float, float]:
    """Return where the curves of two sizes cross, and the standard error by the jackknife."""
    t, both = small.temperatures, (small, large)
    mean = [_ratio(m.second.mean(0), m.fourth.mean(0)) for m in both]
    place = _sharpest(mean[1] - mean[0])
    value = _root(t, mean[1] - mean[0], place)
    without = []
    for block in range(BLOCKS):
        rest = np.arange(BLOCKS) != block
        less, more = (_ratio(m.second[rest].mean(0), m.fourth[rest].mean(0)) for m in both)
        without.append(_root(t, more - less, place))
    return value, float(np.sqrt((BLOCKS - 1) * np.var(without)))


def _ratio(second: NDArray[np.float64], fourth: NDArray[np.float64]) -> NDArray[np.float64]:
    return second**2 / fourth


def _sharpest(difference: NDArray[np.float64]) -> int:
    """Return after which place the larger lattice turns from the less to the more ordered."""
    turns = [
        difference[i : i + _NEAR].sum() - difference[i - _NEAR : i].sum()
        for i in range(_NEAR, len(difference) - _NEAR + 1)
    ]
    return int(np.argmax(turns)) + _NEAR


def _root(temperatures: NDArray[np.float64], difference: NDArray[np.float64], place: int) -> float:
    """Return the root of a line through the values about a place."""
    near = slice(place - _NEAR, place + _NEAR)
    slope, constant = np.polyfit(temperatures[near], difference[near], 1)
    return float(-constant / slope)
