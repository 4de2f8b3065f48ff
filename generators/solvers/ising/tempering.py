"""Parallel tempering: lattices at many temperatures that exchange them, with flips of whole lines.

A lattice that is cooled alone stays in the valley that it is in. Here it may be heated, leave it
and be cooled again, and every temperature has its equilibrium [1]_. A flip of a whole row or column
costs 4L (1 - 2 J2) in a ferromagnet: nothing at J2 = 1/2, where flips of single spins cannot do it.

References
----------
.. [1] K. Hukushima and K. Nemoto, "Exchange Monte Carlo method and application to spin glass
   simulations", J. Phys. Soc. Jpn. 65, 1604 (1996).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.ising.acceptance import acceptance_table
from mesoinv.generators.solvers.ising.cooling import SEED_WORDS
from mesoinv.generators.solvers.ising.metropolis import generator_state, random_spins, sweep
from mesoinv.generators.solvers.ising.tempering_kernels import exchange, flip_rows, pair_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def tempered(
    j2: float,
    temperatures: Sequence[float],
    seed: NDArray[np.uint64],
    *,
    length: int,
    sweeps: int,
) -> NDArray[np.int8]:
    """Return lattices in equilibrium, one at each temperature.

    Parameters
    ----------
    j2 : float
        J2.
    temperatures : (T,) sequence of float
        Falling, above 0.
    seed : (2,) array of uint64
        Of the run.
    length : int
        L, sites a side.
    sweeps : int
        From a random start, with exchanges and flips of lines after each.

    Returns
    -------
    (T, L, L) array of int8
        Spins, +1 or -1.
    """
    key = int(seed[0]) | int(seed[1]) << 64
    ladder = Ladder(j2, temperatures, length, key)
    ladder.advance(sweeps)
    return ladder.spins()


class Ladder:
    """Lattices of one coupling, one at each temperature, which they exchange.

    Parameters
    ----------
    j2 : float
        J2.
    temperatures : (T,) sequence of float
        Falling, above 0.
    length : int
        L, sites a side.
    seed : int
        0 to 2¹²⁸ - 1.
    """

    def __init__(self, j2: float, temperatures: Sequence[float], length: int, seed: int) -> None:
        count = len(temperatures)
        words = np.random.Philox(key=seed).random_raw((count, SEED_WORDS))
        self.j2 = float(j2)
        self._betas = 1 / np.asarray(temperatures, dtype=np.float64)
        self._tables = np.stack([acceptance_table(self.j2, float(t)) for t in temperatures], axis=1)
        self._state = generator_state(words)
        self._spins = np.empty((length, length, count), dtype=np.int8)
        random_spins(self._spins, self._state)
        self._near, self._far = np.empty((2, count), dtype=np.int64)
        self._sweeps = 0
        # the lattice of each temperature
        self._lanes = np.arange(count)

    def advance(self, sweeps: int) -> None:
        """Sweep all sites, offer all lines a flip, then exchanges; so many times."""
        place = np.empty_like(self._lanes)
        for _ in range(sweeps):
            place[self._lanes] = np.arange(len(place))
            sweep(self._spins, self._state, np.ascontiguousarray(self._tables[:, place]), 1)
            self._flip_lines(self._betas[place])
            pair_sums(self._spins, self._near, self._far)
            energies = np.asarray(self.j2 * self._far - self._near, dtype=np.float64)
            exchange(self._lanes, energies, self._betas, self._state, self._sweeps % 2)
            self._sweeps += 1

    def _flip_lines(self, betas: NDArray[np.float64]) -> None:
        flip_rows(self._spins, self._state, betas, self.j2)
        # columns as rows: the compiled loop wants neighbours in memory
        turned = np.ascontiguousarray(self._spins.transpose(1, 0, 2))
        flip_rows(turned, self._state, betas, self.j2)
        self._spins[:] = turned.transpose(1, 0, 2)

    def set_colder(self, first: int, spins: NDArray[np.int8]) -> None:
        """Set the lattices of all temperatures from number `first` on to one state (L, L)."""
        self._spins[:, :, self._lanes[first:]] = spins[:, :, None]

    @property
    def lanes(self) -> NDArray[np.int64]:
        """Number of the lattice that has each temperature, (T,)."""
        return self._lanes.copy()

    def pair_sums(self) -> NDArray[np.int64]:
        """Return sums over pairs of nearest and of diagonal neighbours by temperature, (2, T)."""
        return np.stack([self._near, self._far])[:, self._lanes]

    def spins(self) -> NDArray[np.int8]:
        """Return the lattices by temperature, (T, L, L)."""
        return np.ascontiguousarray(self._spins.transpose(2, 0, 1)[self._lanes])
