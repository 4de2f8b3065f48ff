"""How many levels of a sparse Hermitian matrix lie below an energy, by Sylvester's law of inertia.

H - σ = L D Lᴴ with D diagonal has as many negative pivots as H has levels below σ. Nothing is
swapped for the sake of large pivots, so that the factors stay sparse and Hermitian; what that costs
in digits is measured: the pivots are those of a matrix that differs from H - σ by no more than the
`margin`, hence the count is that of an energy within the margin of σ (Weyl).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

#: The backward error of a factorisation is at most a small multiple of ε |L||D||Lᴴ|.
BACKWARD = 32 * np.finfo(float).eps
#: A margin of this size, in units of the matrix, tells nothing.
USELESS = 1e-3


class PivotsLostError(ArithmeticError):
    """A factorisation without swaps met a pivot that is zero, or too small to be trusted."""


def largest_entry(matrix: sparse.csc_matrix) -> float:
    """Return the size of the largest entry, the unit in which errors are measured."""
    return float(abs(matrix.data).max(initial=0))


@dataclass(frozen=True)
class Factors:
    """A factorisation of H - σ.

    Attributes
    ----------
    shift : float
        σ.
    below : int
        Negative pivots: the number of levels below an energy within `margin` of σ.
    margin : float
        Bound of the error of the factorisation, as an energy.
    smallest : float
        Size of the smallest pivot.
    solve : callable
        Applies (H - σ)⁻¹ to an array of shape (n,) or (n, k), real if H is.
    """

    shift: float
    below: int
    margin: float
    smallest: float
    solve: Callable[[NDArray[Any]], NDArray[Any]]


class Factoriser(Protocol):
    """Makes the factorisation of H - σ, as `factorise` does."""

    def __call__(self, matrix: sparse.csc_matrix, shift: float) -> Factors:
        """Return it, or raise `PivotsLostError`."""


def factorise(matrix: sparse.csc_matrix, shift: float) -> Factors:
    """Factorise H - σ without swaps and count its negative pivots.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        H, Hermitian, or real and symmetric.
    shift : float
        σ, in the unit of H.

    Returns
    -------
    Factors

    Raises
    ------
    PivotsLostError
        If a pivot vanishes, or so many digits are lost that the count means nothing.
    """
    from scipy import sparse  # noqa: PLC0415  (slow to import)
    from scipy.sparse.linalg import splu  # noqa: PLC0415  (slow to import)

    shifted = (matrix - shift * sparse.identity(matrix.shape[0], format="csc")).tocsc()
    try:
        lu = splu(
            shifted,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError as error:  # exactly singular
        raise PivotsLostError(f"A pivot of H - {shift:g} is zero.") from error
    if not np.array_equal(lu.perm_r, lu.perm_c):
        raise PivotsLostError(f"A pivot of H - {shift:g} vanishes: rows were swapped.")
    upper = lu.U
    pivots = upper.diagonal()
    margin = BACKWARD * _growth(upper, pivots)
    if not margin < USELESS * largest_entry(matrix):  # NaN is lost as well
        raise PivotsLostError(f"A pivot of H - {shift:g} is as small as rounding.")
    below, smallest = int((pivots.real < 0).sum()), float(abs(pivots).min())
    return Factors(shift, below, margin, smallest, lu.solve)


def _growth(upper: sparse.csc_matrix, pivots: NDArray[Any]) -> float:
    """Return the largest row sum of |L||D||Lᴴ| with U = D Lᴴ."""
    from scipy import sparse  # noqa: PLC0415  (slow to import)

    sizes = abs(upper.data.real) + abs(upper.data.imag)
    size = sparse.csc_matrix((sizes, upper.indices, upper.indptr), shape=upper.shape)
    with np.errstate(all="ignore"):
        scaled = (size @ np.ones(len(pivots))) / abs(pivots)
        return float((size.T @ scaled).max())


def count_below(matrix: sparse.csc_matrix, energy: float) -> int:
    """Return the number of levels below an energy, proven.

    Where pivots are lost at the energy itself, the counts a little below and a little above it
    must agree: then no level is between them.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        H, complex and Hermitian.
    energy : float
        In the unit of H.

    Returns
    -------
    int

    Raises
    ------
    PivotsLostError
        If a level is so close to the energy that rounding decides on which side it lies.
    """
    scale = largest_entry(matrix)
    for step in (1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4):
        away = step * scale
        try:
            sides = [factorise(matrix, energy + sign * away) for sign in (-1, 1)]
        except PivotsLostError:
            continue
        if all(s.margin < away for s in sides) and sides[0].below == sides[1].below:
            return sides[0].below
    raise PivotsLostError(
        f"A level of H is as close to {energy:.12g} as rounding can tell. Choose another energy."
    )
