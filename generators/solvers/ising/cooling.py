"""Cools lattices from a random state, temperature after temperature, and keeps their states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.ising.acceptance import acceptance_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Random words (64 bits) that seed one lattice.
SEED_WORDS = 2
#: Lattices that are swept together: their spins and random numbers stay near the processor.
_TOGETHER = 64


def cooled(
    j2: Sequence[float],
    temperatures: Sequence[float],
    words: NDArray[np.uint64],
    *,
    length: int,
    sweeps: int,
) -> NDArray[np.int8]:
    """Cool each lattice with its own coupling and its own random numbers.

    Parameters
    ----------
    j2 : (R,) sequence of float
        Coupling of each lattice.
    temperatures : (T,) sequence of float
        Falling.
    words : (R, 2) array of uint64
        Seeds; a lattice depends on its own alone.
    length : int
        L, sites a side.
    sweeps : int
        At each temperature, before its state is kept.

    Returns
    -------
    (R, T, L, L) array of int8
        Spins, +1 or -1.
    """
    kept = np.empty((len(j2), len(temperatures), length, length), dtype=np.int8)
    for first in range(0, len(j2), _TOGETHER):
        rows = slice(first, first + _TOGETHER)
        _cool(j2[rows], temperatures, words[rows], sweeps, kept[rows])
    return kept


def _cool(
    j2: Sequence[float],
    temperatures: Sequence[float],
    words: NDArray[np.uint64],
    sweeps: int,
    kept: NDArray[np.int8],
) -> None:
    from mesoinv.generators.solvers.ising import metropolis  # noqa: PLC0415  (numba is slow)

    length = kept.shape[-1]
    state = metropolis.generator_state(words)
    spins = np.empty((length, length, len(j2)), dtype=np.int8)
    metropolis.random_spins(spins, state)
    for number, temperature in enumerate(temperatures):
        tables = [acceptance_table(float(coupling), float(temperature)) for coupling in j2]
        metropolis.sweep(spins, state, np.stack(tables, axis=1), sweeps)
        kept[:, number] = spins.transpose(2, 0, 1)
