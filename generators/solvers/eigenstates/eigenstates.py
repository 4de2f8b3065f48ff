"""Eigenstates of sparse Hermitian matrices by the number of their level, proven by inertia.

Shift-invert Lanczos finds states near an energy. They are levels `first` … `last` for certain if
two energies, one in the gap below the first of them and one in the gap above the last, have
`first` and `last` + 1 levels below (Sylvester, `inertia`), and as many states with small residuals
were found in between. Nothing else is returned: where this fails, the matrix is diagonalised
whole, with a warning, and if it is too large for that, an error is raised.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.eigenstates.inertia import (
    Factors,
    PivotsLostError,
    factorise,
    largest_entry,
)
from mesoinv.generators.solvers.eigenstates.search import NEARBY, Search
from mesoinv.generators.solvers.eigenstates.states import (
    NotProvenError,
    States,
    dense_energies,
    dense_levels,
    dense_nearest,
    joined,
    time_reversed,
    whole_pairs,
)

if TYPE_CHECKING:
    from scipy import sparse

    from mesoinv.generators.solvers.eigenstates.inertia import Factoriser

#: Matrices up to this size are diagonalised whole at once: it is faster.
SMALL = 64
#: Levels that one Krylov space is asked for.
CHUNK = 32
#: A pivot of this size, in units of the matrix: the shift is a level, and its inverse all noise.
SINGULAR = 1e-10
#: Shifts that are tried for a chunk before the matrix is diagonalised whole, and their distance in
#: units of the matrix.
ATTEMPTS, ASIDE = 3, 3e-3


def has_kramers_pairs(matrix: sparse.csc_matrix) -> bool:
    """Whether H commutes with time reversal iσ_y K, tried on a vector; a real H has no spin."""
    if not np.iscomplexobj(matrix.data):
        return False
    rng = np.random.default_rng(0)
    vector = rng.normal(size=matrix.shape[0]) + 1j * rng.normal(size=matrix.shape[0])
    if matrix.shape[0] % 2:
        return False
    difference = matrix @ time_reversed(vector) - time_reversed(matrix @ vector)
    return bool(abs(difference).max() <= 1e-12 * largest_entry(matrix))


def levels(matrix: sparse.csc_matrix, first: int, last: int) -> States:
    """Return the eigenstates number `first` to `last`, proven.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        H, complex and Hermitian, with its two spin states side by side if it has Kramers pairs.
    first, last : int
        0 ≤ first ≤ last < n, both included.

    Returns
    -------
    States

    Raises
    ------
    NotProvenError
        If neither inertia nor a whole diagonalisation can prove the numbers.
    """
    pairs = has_kramers_pairs(matrix)
    whole = whole_pairs(first, last) if pairs else (first, last)
    parts: list[States] = []
    guess = None
    for start in range(whole[0], whole[1] + 1, CHUNK):
        parts.append(_chunk(matrix, (start, min(start + CHUNK - 1, whole[1])), pairs, guess))
        guess = _next_guess(parts[-1])
    return joined(parts).select(first, last)


def nearest(
    matrix: sparse.csc_matrix,
    energy: float,
    factoriser: Factoriser | None = None,
    *,
    spacing: float = 0.0,
) -> States:
    """Return the eigenstate nearest to an energy, proven; of a Kramers pair, the first state.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        As for `levels`, or real and symmetric: then states are real.
    energy : float
        In the unit of H.
    factoriser : callable, optional
        Makes the factorisations; SuperLU by default.
    spacing : float
        About how far levels are apart. The search starts so far below the energy: if the nearest
        level is not that far away, two factorisations are enough, otherwise it takes three.

    Returns
    -------
    States
        One state.

    Raises
    ------
    NotProvenError
        As for `levels`.
    """
    pairs = has_kramers_pairs(matrix)
    if matrix.shape[0] > SMALL:
        try:
            factors = _factors_near(matrix, energy - spacing, factoriser)
            state = Search(matrix, factors, pairs, factoriser).nearest(energy)
            return state.select(state.first, state.first)
        except (PivotsLostError, NotProvenError) as error:
            _say_fallback(error)
    return dense_nearest(matrix, energy, pairs)


def window(matrix: sparse.csc_matrix, low: float, high: float) -> States:
    """Return all eigenstates with low ≤ E < high, proven; there may be none.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        As for `levels`.
    low, high : float
        In the unit of H.

    Returns
    -------
    States

    Raises
    ------
    NotProvenError
        As for `levels`.
    """
    last = matrix.shape[0] - 1
    start, stop = (_roughly_below(matrix, energy) for energy in (low, high))
    # two levels more at either end: rounding may have counted one on the wrong side
    start, stop, step = max(start - 2, 0), min(stop + 1, last), 2
    while True:
        states = levels(matrix, start, stop)
        open_below = start > 0 and states.energies[0] >= low
        open_above = stop < last and states.energies[-1] < high
        if not (open_below or open_above):
            break
        start = max(start - step * open_below, 0)
        stop = min(stop + step * open_above, last)
        step *= 2
    inside = np.flatnonzero((states.energies >= low) & (states.energies < high))
    if not len(inside):
        count = start + int((states.energies < low).sum())
        return states.select(count, count - 1)
    return states.select(start + int(inside[0]), start + int(inside[-1]))


def _chunk(
    matrix: sparse.csc_matrix, wanted: tuple[int, int], pairs: bool, guess: float | None
) -> States:
    first, last = wanted
    energy = float(matrix.diagonal().real.mean()) if guess is None else guess
    step = ASIDE * largest_entry(matrix)
    for attempt in range(ATTEMPTS if matrix.shape[0] > SMALL else 0):
        try:
            shift = energy + (-1) ** attempt * attempt * step
            factors = _factors_at(matrix, (first + last + 1) // 2, shift)
            return Search(matrix, factors, pairs).range(first, last)
        except (PivotsLostError, NotProvenError) as error:
            if attempt == ATTEMPTS - 1:
                _say_fallback(error)
    return dense_levels(matrix, first, last)


def _say_fallback(error: ArithmeticError) -> None:
    warnings.warn(f"The matrix is diagonalised whole, which is slow. {error}", stacklevel=4)


def _next_guess(part: States) -> float:
    """Guess the energy of the middle of the next chunk: levels are about as dense there."""
    low, high = float(part.energies[0]), float(part.energies[-1])
    return high + 0.53 * (high - low)


def _factors_near(
    matrix: sparse.csc_matrix, energy: float, factoriser: Factoriser | None = None
) -> Factors:
    """Factorise at an energy, or as near to it as the pivots and the levels allow."""
    scale = largest_entry(matrix)
    for step in (0.0, 1e-7, -1e-6, 1e-5, -1e-4, 1e-3):
        try:
            factors = (factoriser or factorise)(matrix, energy + step * scale)
        except PivotsLostError:
            continue
        if factors.smallest > SINGULAR * scale:
            return factors
    raise PivotsLostError(f"Pivots of H - σ vanish for every σ next to {energy:g}.")


def _factors_at(matrix: sparse.csc_matrix, level: int, energy: float) -> Factors:
    """Factorise near a level, found by counting levels from a first guess of its energy."""
    size = matrix.shape[0]
    radius = float(np.asarray(abs(matrix).sum(axis=0)).max())
    low, high = (-radius, 0), (radius, size)
    while True:
        factors = _factors_near(matrix, energy)
        if abs(factors.below - level) <= NEARBY:
            return factors
        if factors.below > level:
            high = factors.shift, factors.below
        else:
            low = factors.shift, factors.below
        if high[0] - low[0] < 1e-9 * radius:
            raise NotProvenError(f"Level {level} is one of many at {energy:g}.")
        share = (level - low[1]) / (high[1] - low[1])
        energy = low[0] + min(max(share, 0.1), 0.9) * (high[0] - low[0])


def _roughly_below(matrix: sparse.csc_matrix, energy: float) -> int:
    if matrix.shape[0] <= SMALL:
        return int((dense_energies(matrix) < energy).sum())
    return _factors_near(matrix, energy).below
