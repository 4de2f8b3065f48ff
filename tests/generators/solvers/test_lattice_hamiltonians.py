"""The three models: symmetries, closed forms, topology."""

from __future__ import annotations

import lattices
import numpy as np
import pytest

from mesoinv.generators.solvers.eigenstates.states import time_reversed
from mesoinv.generators.solvers.wavefunctions import lattice_hamiltonians as lattice


@pytest.mark.parametrize("model", lattices.MODELS)
@pytest.mark.parametrize("side", [3, 4, 7])
def test_hermitian_and_sorted(model: str, side: int) -> None:
    matrix = lattices.hamiltonian(model, side, 5.0, 0)
    dense = matrix.toarray()
    np.testing.assert_array_equal(dense, dense.conj().T)
    again = matrix.copy()
    again.has_sorted_indices = False
    again.sort_indices()
    np.testing.assert_array_equal(again.indices, matrix.indices)
    degree = 2 * (4 * side * side if model != "chern" else 4 * side * (side - 1))
    assert matrix.nnz == 2 * side * side + 2 * degree


@pytest.mark.parametrize("model", ["su2", "ando"])
def test_kramers_pairs_are_exact(model: str) -> None:
    matrix = lattices.hamiltonian(model, 6, 4.0, 1)
    energies, vectors = np.linalg.eigh(matrix.toarray())
    np.testing.assert_allclose(energies[::2], energies[1::2], atol=1e-13)
    partner = time_reversed(vectors[:, 0])
    np.testing.assert_allclose(matrix @ partner, energies[0] * partner, atol=1e-12)
    assert abs(np.vdot(partner, vectors[:, 0])) < 1e-14
    np.testing.assert_allclose(time_reversed(time_reversed(vectors.T)), -vectors.T, atol=0)


def test_density_of_a_pair_does_not_depend_on_the_choice() -> None:
    _, vectors = np.linalg.eigh(lattices.hamiltonian("su2", 6, 4.0, 2).toarray())
    first = vectors[:, 30]
    expected = lattices.density(first)
    for angle, phase in ((0.3, 1.0), (1.2, 2.5), (np.pi / 2, 0.0)):
        other = np.cos(angle) * first + np.sin(angle) * np.exp(1j * phase) * time_reversed(first)
        np.testing.assert_allclose(lattices.density(other), expected, atol=1e-15)


def test_blocks_are_where_they_belong() -> None:
    side, rng = 4, np.random.default_rng(3)
    alpha, beta, gamma = lattices.angles(rng, side)
    onsite = rng.uniform(-1, 1, (side, side))
    dense = lattice.su2(onsite, alpha, beta, gamma).toarray().reshape((side, side, 2) * 2)
    for x, y, axis in ((0, 0, 0), (3, 1, 0), (2, 3, 1), (1, 2, 1)):
        there = ((x + 1) % side, y) if axis == 0 else (x, (y + 1) % side)
        a, b, c = (angle[axis, x, y] for angle in (alpha, beta, gamma))
        expected = [[np.exp(1j * a) * np.cos(b), np.exp(1j * c) * np.sin(b)],
                    [-np.exp(-1j * c) * np.sin(b), np.exp(-1j * a) * np.cos(b)]]  # fmt: skip
        np.testing.assert_allclose(dense[x, y, :, there[0], there[1], :], expected, atol=1e-15)
    np.testing.assert_allclose(dense[2, 1, :, 2, 1, :], onsite[2, 1] * np.eye(2))
    forward = lattice.chern(0 * onsite, onsite).toarray().reshape((side, side, 2) * 2)
    np.testing.assert_allclose(forward[2, 1, :, 1, 1, :], [[-1 / 4, -1 / 3], [1 / 3, 1 / 4]])
    np.testing.assert_allclose(forward[2, 2, :, 2, 1, :], [[-1 / 4, -1j / 3], [-1j / 3, 1 / 4]])
    np.testing.assert_allclose(forward[2, 1, :, 2, 1, :], np.diag([-0.5, 0.5 + onsite[2, 1]]))
    assert not forward[0, 0, :, 3, 0, :].any()  # open boundaries


def test_rotating_the_spin_of_each_site_changes_no_density() -> None:
    """Local SU(2) gauge invariance: R → U_i R U_jᴴ."""
    side, rng = 5, np.random.default_rng(4)
    onsite, (alpha, beta, gamma) = rng.uniform(-2, 2, (side, side)), lattices.angles(rng, side)
    matrix = lattice.su2(onsite, alpha, beta, gamma).toarray()
    a, b, c = (angle[0].ravel() for angle in lattices.angles(rng, side))
    turns = np.zeros_like(matrix)
    for site in range(side * side):
        top = np.exp(1j * a[site]) * np.cos(b[site]), np.exp(1j * c[site]) * np.sin(b[site])
        turns[2 * site : 2 * site + 2, 2 * site : 2 * site + 2] = [
            top, [-np.conj(top[1]), np.conj(top[0])]
        ]  # fmt: skip
    turned = turns @ matrix @ turns.conj().T
    blocks = turned.reshape((side * side, 2) * 2)
    new = np.empty((3, 2, side * side))
    for axis, (i, j) in enumerate(lattice.bonds(side, True)):
        stay, flip = blocks[i, 0, j, 0], blocks[i, 0, j, 1]
        new[:, axis] = np.angle(stay), np.arccos(np.clip(abs(stay), 0, 1)), np.angle(flip)
    again = lattice.su2(onsite, *new.reshape(3, 2, side, side))
    np.testing.assert_allclose(again.toarray(), turned, atol=1e-14)
    pairs = [np.linalg.eigh(m) for m in (matrix, turned)]
    np.testing.assert_allclose(pairs[0][0], pairs[1][0], atol=1e-13)
    found, expected = (lattices.density(vectors[:, 20]) for _, vectors in pairs)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def bloch(kx: float, ky: float) -> np.ndarray:
    """H(k) of the clean periodic Chern insulator, from the row of one site."""
    side = 3  # then the neighbours of a site are all different
    row = lattice.chern(np.zeros((3, 3)), np.zeros((3, 3)), periodic=True)[:2].toarray()
    total = np.zeros((2, 2), dtype=complex)
    for x in range(side):
        for y in range(side):
            step = [d - side if d == side - 1 else d for d in (x, y)]
            site = 2 * (x * side + y)
            total += row[:, site : site + 2] * np.exp(1j * (kx * step[0] + ky * step[1]))
    return total


def test_chern_number_is_one_and_the_gap_a_half() -> None:
    """Fluxes of the lower band through a mesh of the Brillouin zone sum up to ±2π."""
    points = 16
    k = 2 * np.pi * np.arange(points) / points
    solved = [[np.linalg.eigh(bloch(kx, ky)) for ky in k] for kx in k]
    energies = np.array([[e for e, _ in row] for row in solved])
    assert abs(energies).min() == pytest.approx(0.5, abs=1e-12)
    assert abs(energies).max() == pytest.approx(1.5, abs=1e-12)
    lower = np.array([[v[:, 0] for _, v in row] for row in solved])
    along_x, along_y = ((lower.conj() * np.roll(lower, -1, axis)).sum(axis=-1) for axis in (0, 1))
    loops = along_x * np.roll(along_y, -1, 0) * np.roll(along_x, -1, 1).conj() * along_y.conj()
    assert abs(np.angle(loops).sum() / (2 * np.pi)) == pytest.approx(1, abs=1e-9)


def test_mid_gap_states_live_on_the_edge() -> None:
    side = 16
    clean = lattice.chern(np.zeros((side, side)), np.zeros((side, side)))
    energies, vectors = np.linalg.eigh(clean.toarray())
    assert abs(energies).min() < 0.1  # open boundaries fill the gap
    found = lattices.density(vectors[:, side * side - 1]).reshape(side, side)
    assert found[2:-2, 2:-2].sum() < 0.1
    periodic = lattice.chern(np.zeros((side, side)), np.zeros((side, side)), periodic=True)
    assert abs(np.linalg.eigvalsh(periodic.toarray())).min() == pytest.approx(0.5, abs=1e-9)
