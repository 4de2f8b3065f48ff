"""How many transverse modes a column needs: from a tolerance, checked on the result.

Three quantities, in this order:

- near the aperture, whose corners excite every mode, a mode is kept as long as its free decay
  e^{-κ_m x} exceeds ten times the tolerance, 2 cosh κ_m = 2 + kinetic_m - E;
- elsewhere, a first guess: M = m (A/tolerance)^(1/5), m the number of classically allowed modes,
  kinetic_m < E - min V. A potential that does not vanish at the walls leaves an algebraic tail, and
  the error falls with about the fifth power of M;
- after the solve, the amplitude in the last `TAIL` kept modes, relative to the whole, estimates the
  error of the density of states (`SAFETY`). A sample whose estimate exceeds the tolerance is solved
  again with more modes, so that the guess decides about speed only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes

IntArray = NDArray[np.int64]

#: A and the power of the guess, from landscapes of the paper's range.
TAIL_SCALE, TAIL_POWER = 7e-3, 5
#: Modes in the tail whose amplitude estimates the error, and the step when it is too large.
TAIL = 8
#: Bound on (error of the density of states) / (amplitude of the tail). Largest of 150 samples over
#: the paper's range: 1.95 at tolerances of 1e-3 and 3e-4, 2.24 at 1e-4, 2.6 at 3e-5.
SAFETY = 2.0


def first_guess(potential: NDArray[np.float64], tolerance: float, strip: Strip) -> IntArray:
    """Return the number of bulk modes to start with, one a sample.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential [t].
    tolerance : float
        Relative L2 error allowed; 0 asks for every mode.
    strip : Strip
        Geometry.

    Returns
    -------
    (B,) array of int
        Multiples of `TAIL`, at most the width.
    """
    if tolerance <= 0:
        return np.full(len(potential), strip.width)
    depth = strip.energy - potential.min(axis=(1, 2))
    allowed = np.searchsorted(strip_modes(strip).kinetic, depth)
    needed = allowed * (TAIL_SCALE / tolerance) ** (1 / TAIL_POWER)
    guess = TAIL * np.ceil(np.maximum(needed, allowed + TAIL) / TAIL)
    return np.minimum(guess, strip.width).astype(np.int64)


def modes_per_column(bulk: int, tolerance: float, strip: Strip) -> IntArray:
    """Return how many modes each column keeps, shape (L,): more near the aperture."""
    kinetic = strip_modes(strip).kinetic
    kappa = np.arccosh(np.maximum(1 + (kinetic - strip.energy) / 2, 1.0))
    decay = np.exp(-np.outer(np.arange(strip.length), kappa))
    kept = (decay >= 10 * tolerance).sum(axis=1)
    return np.maximum(kept, bulk).astype(np.int64)


def tail_estimate(
    density: NDArray[np.float64], counts: IntArray, width: int
) -> NDArray[np.float64]:
    """Estimate the relative L2 error of the density of states that the truncation causes.

    Parameters
    ----------
    density : (B, L, M) array
        |ψ|² in modes, summed over the scattering states.
    counts : (L,) array of int
        Modes kept in each column.
    width : int
        Modes there are; a column that keeps all of them has no truncation error.

    Returns
    -------
    (B,) array
    """
    mode = np.arange(density.shape[-1])
    last = (mode >= counts[:, None] - TAIL) & (counts[:, None] < width)
    tail = (density * last).sum(axis=(1, 2)) / density.sum(axis=(1, 2))
    return SAFETY * np.sqrt(tail)
