"""The compiled moves of parallel tempering: flips of rows, sums over pairs, exchanges.

Probabilities are computed by additions and multiplications alone: the last bit of a library's
exponential differs between machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.compiled import compiled
from mesoinv.generators.solvers.ising.metropolis import next_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNIT = 2.0**-32
#: An exponent beyond which nothing is accepted: it would be once in 10¹⁷ times.
_NEVER = 40.0


@compiled(error_model="numpy")
def falling_exponential(x: float) -> float:
    """Return exp(-x) for x of 0 or more, to 1e-13, by additions and multiplications alone."""
    if x > _NEVER:
        return 0.0
    y = x / 64.0
    value = 1.0
    for n in range(14, 0, -1):
        value = 1.0 - value * y / n
    for _ in range(6):
        value *= value
    return value


@compiled(error_model="numpy")
def flip_rows(
    spins: NDArray[np.int8], state: NDArray[np.uint32], betas: NDArray[np.float64], j2: float
) -> None:
    """Offer every row of the lattices (L, L, R) a flip; `betas` (R,) are their 1/T."""
    length, _, lattices = spins.shape
    near, far = np.empty(lattices, dtype=np.int32), np.empty(lattices, dtype=np.int32)
    words = np.empty(lattices, dtype=np.uint32)
    for x in range(length):
        here, above = spins[x], spins[x - 1 if x else length - 1]
        below = spins[x + 1 if x + 1 < length else 0]
        near[:] = 0
        far[:] = 0
        for y in range(length):
            left, right = y - 1 if y else length - 1, y + 1 if y + 1 < length else 0
            for r in range(lattices):
                spin = np.int32(here[y, r])
                near[r] += spin * (np.int32(above[y, r]) + below[y, r])
                far[r] += spin * (
                    np.int32(above[left, r]) + above[right, r] + below[left, r] + below[right, r]
                )
        next_words(state, words)
        for r in range(lattices):
            exponent = 2.0 * betas[r] * (near[r] - j2 * far[r])
            if exponent <= 0.0 or words[r] * _UNIT < falling_exponential(exponent):
                for y in range(length):
                    here[y, r] = -here[y, r]


@compiled(error_model="numpy")
def pair_sums(spins: NDArray[np.int8], near: NDArray[np.int64], far: NDArray[np.int64]) -> None:
    """Sum products over pairs of nearest and of diagonal neighbours into (R,) arrays."""
    length, _, lattices = spins.shape
    near[:] = 0
    far[:] = 0
    for x in range(length):
        row, below = spins[x], spins[x + 1 if x + 1 < length else 0]
        for y in range(length):
            left, right = y - 1 if y else length - 1, y + 1 if y + 1 < length else 0
            for r in range(lattices):
                spin = np.int32(row[y, r])
                near[r] += spin * (np.int32(row[right, r]) + below[y, r])
                far[r] += spin * (np.int32(below[left, r]) + below[right, r])


@compiled(error_model="numpy")
def exchange(
    lanes: NDArray[np.int64],
    energies: NDArray[np.float64],
    betas: NDArray[np.float64],
    state: NDArray[np.uint32],
    first: int,
) -> int:
    """Offer neighbouring temperatures `first`, `first` + 2 … an exchange of their lattices.

    Parameters
    ----------
    lanes : (R,) array of int64
        Lattice of each temperature, changed in place.
    energies : (R,) array
        Of each lattice.
    betas : (R,) array
        1/T of each temperature.
    state : (4, R) array of uint32
        Of the random numbers.
    first : int
        0 or 1.

    Returns
    -------
    int
        How many were exchanged.
    """
    words = np.empty(lanes.size, dtype=np.uint32)
    next_words(state, words)
    exchanged = 0
    for t in range(first, lanes.size - 1, 2):
        warm, cold = lanes[t], lanes[t + 1]
        exponent = (betas[t + 1] - betas[t]) * (energies[warm] - energies[cold])
        if exponent <= 0.0 or words[t] * _UNIT < falling_exponential(exponent):
            lanes[t], lanes[t + 1] = cold, warm
            exchanged += 1
    return exchanged
