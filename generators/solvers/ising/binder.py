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
_NEAR = 5
#: Distances of a ratio from its ends that are smaller are noise.
_LEAST = 1e-3


@dataclass(frozen=True)
class Moments:
    """Of the order parameter of lattices of one size.

    Attributes
    ----------
    temperatures : (T,) array
        Falling.
    second, fourth : (BLOCKS, T) arrays
        Mean O² and O⁴ of each block of measurements.
    components : int
        Of the order parameter.
    """

    temperatures: NDArray[np.float64]
    second: NDArray[np.float64]
    fourth: NDArray[np.float64]
    components: int

    def ratio(self, blocks: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the Binder ratio from some blocks, (T,)."""
        return np.asarray(self.second[blocks].mean(axis=0) ** 2 / self.fourth[blocks].mean(axis=0))

    def curve(self, blocks: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return log((Q - q)/(1 - Q)) of the Binder ratio Q from some blocks, (T,).

        Q goes from q = n/(n + 2), that of n Gaussian components, to 1, and turns off sharply at
        both ends. This function of it is nearly straight about a crossing, and does not move it.
        """
        ratio = self.ratio(blocks)
        disordered = self.components / (self.components + 2)
        rest = np.maximum(1 - ratio, _LEAST)
        return np.asarray(np.log(np.maximum(ratio - disordered, _LEAST) / rest))


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
    components = 1 if j2 < 0.5 else 2
    return Moments(np.asarray(temperatures, dtype=np.float64), second, fourth, components)


def crossing(small: Moments, large: Moments) -> tuple[float, float]:
    """Return where the curves of two sizes cross, and the standard error by the jackknife."""
    everything = np.ones(BLOCKS, dtype=bool)
    # of the ratios themselves: at the ends of the curves noise is as large as a crossing
    place, without = _sharpest(large.ratio(everything) - small.ratio(everything)), []
    for block in range(BLOCKS):
        rest = np.arange(BLOCKS) != block
        without.append(_root(small.temperatures, large.curve(rest) - small.curve(rest), place))
    difference = large.curve(everything) - small.curve(everything)
    value = _root(small.temperatures, difference, place)
    return value, float(np.sqrt((BLOCKS - 1) * np.var(without)))


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
