"""Successive eigenstates with the proof of their numbers; whole diagonalisation as a fallback."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.array_result import ArrayResult

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    RealArray = NDArray[np.float64]
    ComplexArray = NDArray[np.complex128]
    IntArray = NDArray[np.int64]

#: Rows of the largest matrix that is diagonalised whole: 2.7 GB and several copies of it.
LARGEST = 13_000


class NotProvenError(ArithmeticError):
    """The number of a level could not be proven."""


@dataclass(frozen=True, repr=False)
class States(ArrayResult):
    """Successive eigenstates.

    Attributes
    ----------
    first : int
        Number of the first of them, counted from 0.
    energies : (m,) array
        In the unit of the matrix.
    vectors : (n, m) array
        Orthonormal, one a column.
    residuals : (m,) array
        |Hψ - Eψ|, in the unit of the matrix.
    below, through : (m,) arrays of int
        Levels proven below an energy just under each state and just above it. They differ by the
        number of levels that residuals cannot tell from it: 2 for a Kramers pair, else 1.
    method : str
        ``"ldl"``: proven by two factorisations; ``"dense"``: the matrix was diagonalised whole.
    """

    first: int
    energies: RealArray
    vectors: ComplexArray
    residuals: RealArray
    below: IntArray
    through: IntArray
    method: str

    def select(self, first: int, last: int) -> States:
        """Return the levels `first` … `last` of these."""
        part = slice(first - self.first, last + 1 - self.first)
        return replace(
            self,
            first=first,
            energies=self.energies[part],
            vectors=self.vectors[:, part],
            residuals=self.residuals[part],
            below=self.below[part],
            through=self.through[part],
        )


def numbered(
    first: int, energies: RealArray, vectors: ComplexArray, residuals: RealArray, method: str
) -> States:
    """Return states whose first has a known number, all levels up to the last being among them.

    Next to each energy, within its residual, there is a level: those that are further apart than
    that are told apart, and have their numbers by order.
    """
    reach = residuals + 8 * np.finfo(float).eps * abs(energies)
    apart = np.flatnonzero(np.diff(energies) > reach[1:] + reach[:-1]) + 1
    ends = np.concatenate([[0], apart, [len(energies)]])
    sizes = np.diff(ends)
    below, through = first + ends[:-1].repeat(sizes), first + ends[1:].repeat(sizes)
    return States(first, energies, vectors, residuals, below, through, method)


def joined(parts: list[States]) -> States:
    """Return states that follow each other as one."""
    if len(parts) == 1:
        return parts[0]
    return States(
        parts[0].first,
        np.concatenate([part.energies for part in parts]),
        np.concatenate([part.vectors for part in parts], axis=1),
        np.concatenate([part.residuals for part in parts]),
        np.concatenate([part.below for part in parts]),
        np.concatenate([part.through for part in parts]),
        "+".join(sorted({part.method for part in parts})),
    )


def whole_pairs(first: int, last: int) -> tuple[int, int]:
    """Return the first and the last level of the Kramers pairs that some levels are of."""
    return first - first % 2, last + 1 - last % 2


def dense_levels(
    matrix: sparse.csc_matrix, first: int, last: int, *, pairs: bool = False
) -> States:
    """Return the levels `first` … `last` of a matrix that is diagonalised whole."""
    start, stop = whole_pairs(first, last) if pairs else (first, last)
    energies, vectors = _diagonalised(matrix, (start, stop))
    residuals = np.linalg.norm(matrix @ vectors - vectors * energies, axis=0)
    return numbered(start, energies, vectors, residuals, "dense").select(first, last)


def dense_nearest(matrix: sparse.csc_matrix, energy: float, pairs: bool) -> States:
    """Return the level nearest to an energy, of a Kramers pair the first, in the same way."""
    distance = abs(dense_energies(matrix) - energy)
    number = int(np.argmin(distance))
    first = whole_pairs(number, number)[0] if pairs else number
    return dense_levels(matrix, first, first, pairs=pairs)


def dense_energies(matrix: sparse.csc_matrix) -> RealArray:
    """Return all levels, ascending."""
    from scipy.linalg import eigh  # noqa: PLC0415  (slow to import)

    _check_size(matrix)
    energies: RealArray = eigh(matrix.toarray(), eigvals_only=True, overwrite_a=True)
    return energies


def _diagonalised(
    matrix: sparse.csc_matrix, wanted: tuple[int, int]
) -> tuple[RealArray, ComplexArray]:
    from scipy.linalg import eigh  # noqa: PLC0415  (slow to import)

    _check_size(matrix)
    energies, vectors = eigh(
        matrix.toarray(), subset_by_index=wanted, overwrite_a=True, check_finite=False
    )
    return energies, vectors


def _check_size(matrix: sparse.csc_matrix) -> None:
    if matrix.shape[0] > LARGEST:
        raise NotProvenError(
            "The numbers of the levels could not be proven by inertia, and with "
            f"{matrix.shape[0]} rows the matrix is too large to be diagonalised whole."
        )


def time_reversed(vectors: ComplexArray) -> ComplexArray:
    """Return iσ_y K ψ of states with spin, an array of shape (…, 2 L²)."""
    spins = vectors.reshape(*vectors.shape[:-1], -1, 2)
    turned = np.stack([spins[..., 1].conj(), -spins[..., 0].conj()], axis=-1)
    return turned.reshape(vectors.shape)
