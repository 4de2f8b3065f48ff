"""Last digits of approximate eigenstates: Rayleigh-Ritz with H itself, and inverse iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.eigenstates.inertia import largest_entry
from mesoinv.generators.solvers.eigenstates.states import time_reversed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from mesoinv.generators.solvers.eigenstates.inertia import Factors

    RealArray = NDArray[np.float64]
    ComplexArray = NDArray[np.complex128]

#: A residual of this size, in units of the matrix, is small enough.
ROUNDING = 1e-13
#: Inverse iterations before giving up: each gains several digits.
ROUNDS = 4


def refined(
    matrix: sparse.csc_matrix, factors: Factors, vectors: ComplexArray, pairs: bool
) -> tuple[RealArray, ComplexArray, RealArray]:
    """Return eigenstates to the last digits from approximate ones.

    Without swaps a factorisation of H - σ loses digits, and so do states computed with it.
    Rayleigh-Ritz among neighbours takes away what they have of each other; inverse iteration, its
    linear systems corrected twice, what they have of states far away.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        H.
    factors : Factors
        Of H - σ.
    vectors : (n, k) complex array
        Orthonormal; for Kramers pairs, one state of each.
    pairs : bool
        Whether levels are Kramers pairs.

    Returns
    -------
    energies : (k or 2k,) array
        Ascending; of a pair, the same number twice.
    vectors : (n, k or 2k) array
        Orthonormal; the second of a pair is exactly the time reversed first.
    residuals : (k or 2k,) array
        |Hψ - Eψ|.
    """
    if pairs:
        vectors = np.linalg.qr(np.hstack([vectors, time_reversed(vectors.T).T]))[0]
    target = ROUNDING * largest_entry(matrix)
    best = _rayleigh_ritz(matrix, vectors, pairs)
    for _ in range(ROUNDS):
        if best[2].max() <= target:
            break
        again = _rayleigh_ritz(matrix, _inverted(matrix, factors, best[1]), pairs)
        if again[2].max() >= best[2].max():
            break
        best = again
    return best


def _inverted(matrix: sparse.csc_matrix, factors: Factors, vectors: ComplexArray) -> ComplexArray:
    solution = factors.solve(vectors)
    for _ in range(2):
        left = vectors - (matrix @ solution - factors.shift * solution)
        solution = solution + factors.solve(left)
    return np.linalg.qr(solution)[0]


def _rayleigh_ritz(
    matrix: sparse.csc_matrix, vectors: ComplexArray, pairs: bool
) -> tuple[RealArray, ComplexArray, RealArray]:
    _, rotation = np.linalg.eigh(vectors.conj().T @ (matrix @ vectors))
    rotated = vectors @ rotation
    if pairs:  # the second of each pair becomes exactly the time reversed first
        rotated[:, 1::2] = time_reversed(rotated[:, ::2].T).T
    energies, rotated, residuals = _measured(matrix, rotated)
    if pairs:
        energies, residuals = energies[::2].repeat(2), residuals[::2].repeat(2)
    return energies, rotated, residuals


def _measured(
    matrix: sparse.csc_matrix, vectors: ComplexArray
) -> tuple[RealArray, ComplexArray, RealArray]:
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    applied = matrix @ vectors
    energies = (vectors.conj() * applied).sum(axis=0).real
    residuals = np.linalg.norm(applied - vectors * energies, axis=0)
    return energies, vectors, residuals
