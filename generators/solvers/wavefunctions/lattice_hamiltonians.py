"""Sparse Hamiltonians of a square lattice with two states a site: SU(2), Ando and Chern models.

Sites are ordered site-major: x, then y, then spin or orbital. A bond leads from a site to the next
one in x or in y, and carries a 2 × 2 block ⟨i|H|j⟩, j = i + e.

References
----------
.. [1] T. Ohtsuki and T. Ohtsuki, J. Phys. Soc. Jpn. 85, 123706 (2016).
.. [2] T. Ando, Phys. Rev. B 40, 5325 (1989).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
IntArray = NDArray[np.int64]

#: Ando's hopping without and with a spin flip [energy unit]; V1² + V2² = 1.
V1, V2 = np.sqrt(3) / 2, 0.5
#: Chern insulator [energy unit, 4 t_s]: hopping of s and of p, between them, and ε_p = -ε_s.
T_SP, T_S, T_P, LEVEL = 1 / 3, 0.25, 0.25, 0.5


class Pattern(NamedTuple):
    """Where the entries of a lattice's Hamiltonian are, and in which order they are stored."""

    indices: NDArray[np.int32]
    indptr: NDArray[np.int32]
    order: IntArray


def bonds(side: int, periodic: bool) -> tuple[tuple[IntArray, IntArray], ...]:
    """Return the sites at both ends of every bond, first those in x, then those in y.

    Parameters
    ----------
    side : int
        Sites along x and along y.
    periodic : bool
        Whether the last site of a row is next to the first.

    Returns
    -------
    two pairs of (N,) arrays
        Numbers of the sites i and j = i + e, in the order of i.
    """
    sites = np.arange(side * side).reshape(side, side)
    if periodic:
        return tuple((sites.ravel(), np.roll(sites, -1, axis).ravel()) for axis in (0, 1))
    along_x = sites[:-1].ravel(), sites[1:].ravel()
    along_y = sites[:, :-1].ravel(), sites[:, 1:].ravel()
    return along_x, along_y


@functools.lru_cache(maxsize=16)
def _pattern(side: int, periodic: bool) -> Pattern:
    """Sort the places of all entries once: every sample of a lattice has the same."""
    diagonal = np.arange(2 * side * side)
    state = np.arange(2)
    rows, columns = [diagonal], [diagonal]
    for i, j in bonds(side, periodic):
        rows.append(np.broadcast_to(2 * i[:, None, None] + state[:, None], (len(i), 2, 2)).ravel())
        columns.append(np.broadcast_to(2 * j[:, None, None] + state, (len(i), 2, 2)).ravel())
    upper, right = np.concatenate(rows[1:]), np.concatenate(columns[1:])
    row = np.concatenate([diagonal, upper, right])
    column = np.concatenate([diagonal, right, upper])
    order = np.lexsort((row, column))
    indptr = np.searchsorted(column[order], np.arange(len(diagonal) + 1))
    return Pattern(row[order].astype(np.int32), indptr.astype(np.int32), order)


def assemble(
    diagonal: RealArray, along_x: ComplexArray, along_y: ComplexArray, *, periodic: bool
) -> sparse.csc_matrix:
    """Return the Hermitian matrix of a lattice.

    Parameters
    ----------
    diagonal : (2 L²,) array
        On-site energies.
    along_x, along_y : (bonds or 1, 2, 2) complex arrays
        Blocks ⟨i|H|i + e⟩ in the order of `bonds`; a single one is that of every bond.
    periodic : bool
        Boundary conditions, both in x and in y.

    Returns
    -------
    (2 L², 2 L²) csc_matrix
        Complex, with sorted indices.
    """
    from scipy import sparse  # noqa: PLC0415  (slow to import)

    side = round((len(diagonal) / 2) ** 0.5)
    count = side * (side if periodic else side - 1)
    blocks = [np.broadcast_to(b, (count, 2, 2)).ravel() for b in (along_x, along_y)]
    hopping = np.concatenate(blocks)
    pattern = _pattern(side, periodic)
    values = np.concatenate([diagonal, hopping, hopping.conj()])[pattern.order]
    matrix = sparse.csc_matrix(
        (values, pattern.indices.copy(), pattern.indptr.copy()), shape=2 * (len(diagonal),)
    )
    matrix.has_sorted_indices = True
    return matrix


def su2(
    onsite_energy: RealArray, alpha: RealArray, beta: RealArray, gamma: RealArray
) -> sparse.csc_matrix:
    """Return the SU(2) model [1]_, periodic: a random rotation of the spin on every bond.

    Parameters
    ----------
    onsite_energy : (L, L) array
        ε, the same for both spins [hopping].
    alpha, beta, gamma : (2, L, L) arrays
        Angles [rad] of R = [[e^{iα} cos β, e^{iγ} sin β], [-e^{-iγ} sin β, e^{-iα} cos β]];
        [0] for the bond to x + 1, [1] for that to y + 1.

    Returns
    -------
    (2 L², 2 L²) csc_matrix
    """
    stay, flip = np.exp(1j * alpha) * np.cos(beta), np.exp(1j * gamma) * np.sin(beta)
    blocks = np.stack([stay, flip, -flip.conj(), stay.conj()], axis=-1).reshape(2, -1, 2, 2)
    return assemble(onsite_energy.ravel().repeat(2), *blocks, periodic=True)


def ando(onsite_energy: RealArray) -> sparse.csc_matrix:
    """Return Ando's model [2]_, periodic, for on-site energies of shape (L, L) [hopping]."""
    along_x = np.array([[[V1, V2], [-V2, V1]]], dtype=complex)
    along_y = np.array([[[V1, -1j * V2], [-1j * V2, V1]]])
    return assemble(onsite_energy.ravel().repeat(2), along_x, along_y, periodic=True)


def chern(onsite_s: RealArray, onsite_p: RealArray, *, periodic: bool = False) -> sparse.csc_matrix:
    """Return the Chern insulator of s and p orbitals [1]_ with random on-site energies.

    Parameters
    ----------
    onsite_s, onsite_p : (L, L) arrays
        v_s and v_p, added to ε_s = -1/2 and ε_p = 1/2 [4 t_s].
    periodic : bool
        The model has open boundaries, where the edge states are.

    Returns
    -------
    (2 L², 2 L²) csc_matrix
    """
    forward_x = np.array([[-T_S, -T_SP], [T_SP, T_P]], dtype=complex)  # ⟨x + e|H|x⟩
    forward_y = np.array([[-T_S, -1j * T_SP], [-1j * T_SP, T_P]])
    diagonal = np.stack([onsite_s - LEVEL, onsite_p + LEVEL], axis=-1).ravel()
    blocks = (block.conj().T[None] for block in (forward_x, forward_y))
    return assemble(diagonal, *blocks, periodic=periodic)
