"""What a factorisation is worth, measured: the residuals of a few linear systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.eigenstates.inertia import (
    USELESS,
    Factors,
    PivotsLostError,
    largest_entry,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    RealArray = NDArray[np.float64]

#: Linear systems whose residuals are looked at.
_PROBES = 3


def probed(
    matrix: sparse.csc_matrix, shift: float, below: int, solve: Callable[[RealArray], RealArray]
) -> Factors:
    """Return a factorisation of H - σ with an estimate of its error, and of the nearest level.

    A residual is that error applied to one vector; in n dimensions a random one shows about 1/√n of
    it.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        H, real and symmetric.
    shift : float
        σ.
    below : int
        Negative pivots.
    solve : callable
        Applies the inverse.

    Raises
    ------
    PivotsLostError
        If so many digits are lost that the count means nothing.
    """
    size = matrix.shape[0]
    vector = np.random.default_rng(size).normal(size=size)
    error, smallest = 0.0, np.inf
    for _ in range(_PROBES):
        right = vector / np.linalg.norm(vector)
        vector = solve(right)
        length = float(np.linalg.norm(vector))
        left = right - (matrix @ vector - shift * vector)
        error = max(error, float(np.linalg.norm(left)) / length)
        smallest = min(smallest, 1 / length)
    margin = float(np.sqrt(size)) * error
    if not margin < USELESS * largest_entry(matrix):  # NaN is lost as well
        raise PivotsLostError(f"Too many digits of H - {shift:g} are lost.")
    return Factors(shift, below, margin, smallest, solve)
