"""Eigenstates as samples: found by their numbers or their energy, and what is measured of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.eigenstates import eigenstates
from mesoinv.generators.solvers.eigenstates.states import dense_levels, dense_nearest
from mesoinv.generators.solvers.wavefunctions import lattice_hamiltonians

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy import sparse

    from mesoinv.generators.solvers.eigenstates.states import States


def solve_samples(
    drawn: Mapping[str, NDArray[Any]],
    model: str,
    levels: int,
    energy: float | None,
    *,
    dense: bool = False,
) -> list[dict[str, Any]]:
    """Return the computed columns of samples; those of one realisation in turn share its solution.

    Parameters
    ----------
    drawn : mapping of str to (B, …) array
        ``index``, ``onsite_energy`` and, for SU(2), ``rotation``.
    model : str
        ``"su2"``, ``"ando"`` or ``"chern"``.
    levels : int
        How many levels around the middle a realisation has: sample i is number i mod levels.
    energy : float or None
        Take the state nearest to it instead.
    dense : bool
        Diagonalise whole matrices, as a second solver.
    """
    side = drawn["onsite_energy"].shape[-1]
    realisation, number = np.divmod(drawn["index"], levels)
    middle = side**2 - (levels + 1) // 2
    rows: list[dict[str, Any]] = []
    for run in np.split(np.arange(len(number)), np.flatnonzero(np.diff(realisation)) + 1):
        matrix = _hamiltonian(model, drawn, int(run[0]))
        wanted = middle + number[run]
        first = int(wanted.min())
        states = find_states(matrix, (first, int(wanted.max())), energy, dense=dense)
        rows += [
            sample_of(states, int(offset), side, centred=model != "chern")
            for offset in wanted - first
        ]
    return rows


def _hamiltonian(model: str, drawn: Mapping[str, NDArray[Any]], row: int) -> sparse.csc_matrix:
    onsite = drawn["onsite_energy"][row]
    if model == "chern":
        return lattice_hamiltonians.chern(*onsite)
    if model == "ando":
        return lattice_hamiltonians.ando(onsite[0])
    alpha, gamma, share = drawn["rotation"][row]
    # sin²β uniform in (0, 1): P(β) = sin 2β on 0 … π/2, no direction of the spin is preferred
    turn = 2 * np.pi
    return lattice_hamiltonians.su2(
        onsite[0], turn * alpha, np.arcsin(np.sqrt(share)), turn * gamma
    )


def find_states(
    matrix: sparse.csc_matrix, wanted: tuple[int, int], energy: float | None, *, dense: bool
) -> States:
    """Return levels by their numbers, first and last, or the one nearest to an energy.

    Parameters
    ----------
    matrix : (n, n) sparse matrix
        Hamiltonian.
    wanted : (int, int)
        Numbers of the levels; without a meaning where `energy` is given.
    energy : float or None
        In the matrix's unit.
    dense : bool
        Diagonalise the whole matrix instead, as a second solver.
    """
    if not dense:
        if energy is None:
            return eigenstates.levels(matrix, *wanted)
        return eigenstates.nearest(matrix, energy)
    pairs = eigenstates.has_kramers_pairs(matrix)
    if energy is None:
        return dense_levels(matrix, *wanted, pairs=pairs)
    return dense_nearest(matrix, energy, pairs)


def sample_of(states: States, offset: int, side: int, *, centred: bool) -> dict[str, Any]:
    """Return the computed columns of one state of a lattice with two states a site.

    Parameters
    ----------
    states : States
    offset : int
        Which of them.
    side : int
        Sites along an edge.
    centred : bool
        Shift the largest density to the middle: a periodic lattice has no centre of its own.
    """
    density = (abs(states.vectors[:, offset]) ** 2).reshape(side, side, 2).sum(axis=2)
    density /= density.sum()
    if centred:
        x, y = np.unravel_index(np.argmax(density), density.shape)
        density = np.roll(density, (side // 2 - x, side // 2 - y), axis=(0, 1))
    return {
        "density": density,
        "energy": states.energies[offset],
        "level": states.first + offset,
        "participation_ratio": 1 / (density**2).sum(),
        "residual": states.residuals[offset],
        "levels_below": states.below[offset],
        "levels_through": states.through[offset],
    }
