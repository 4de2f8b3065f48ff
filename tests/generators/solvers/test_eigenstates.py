"""Eigenstates by number against dense diagonalisation; inertia; what happens when pivots vanish."""

from __future__ import annotations

import lattices
import numpy as np
import pytest
from scipy import sparse

from mesoinv.generators.solvers.eigenstates import eigenstates, inertia, search, states
from mesoinv.generators.solvers.eigenstates.inertia import PivotsLostError, count_below, factorise
from mesoinv.generators.solvers.eigenstates.states import NotProvenError
from mesoinv.generators.solvers.wavefunctions import lattice_hamiltonians as lattice


def solved(model: str, side: int, disorder: float, seed: int):
    matrix = lattices.hamiltonian(model, side, disorder, seed)
    return matrix, *np.linalg.eigh(matrix.toarray())


def check(
    found: states.States, energies: np.ndarray, vectors: np.ndarray, method: str = "ldl"
) -> None:
    """Compare states with those of the same numbers, and the method with the one expected.

    Where the fast method falls back, a dense result would be compared with itself.
    """
    assert found.method == method
    wanted = slice(found.first, found.first + len(found.energies))
    np.testing.assert_allclose(found.energies, energies[wanted], atol=1e-12, rtol=0)
    got, expected = lattices.density(found.vectors), lattices.density(vectors[:, wanted])
    error = np.linalg.norm(got - expected, axis=0) / np.linalg.norm(expected, axis=0)
    assert error.max(initial=0) <= 1e-8
    assert found.residuals.max(initial=0) <= 1e-11


@pytest.mark.parametrize("model", lattices.MODELS)
@pytest.mark.parametrize("side", [6, 8, 11])
def test_levels_equal_dense_ones(model: str, side: int) -> None:
    each = 1 if model == "chern" else 2
    size = 2 * side * side
    for seed, disorder in enumerate((0.2, 3.0, 7.0, 14.0)):
        matrix, energies, vectors = solved(model, side, disorder, seed)
        for level in (side * side - 1, side * side, 0, 1, size - 1, 17 * seed + 5):
            found = eigenstates.levels(matrix, level, level)
            check(found, energies, vectors)
            assert found.below.tolist() == [level - level % each]
            assert found.through.tolist() == [found.below[0] + each]


@pytest.mark.parametrize("model", lattices.MODELS)
def test_levels_of_larger_lattices(model: str) -> None:
    matrix, energies, vectors = solved(model, 16, 6.0, 5)
    check(eigenstates.levels(matrix, 255, 255), energies, vectors)
    found = eigenstates.levels(matrix, 201, 300)
    check(found, energies, vectors)
    unit = found.vectors.conj().T @ found.vectors
    np.testing.assert_allclose(unit, np.eye(100), atol=1e-9)
    each, number = 1 if model == "chern" else 2, np.arange(201, 301)
    np.testing.assert_array_equal(found.below, number // each * each)
    np.testing.assert_array_equal(found.through, found.below + each)


@pytest.mark.parametrize("model", lattices.MODELS)
def test_nearest_state(model: str) -> None:
    matrix, energies, vectors = solved(model, 9, 5.0, 6)
    for energy in (0.0, 1.0, -0.73, energies[40] + 1e-9, energies[60], 99.0, -99.0):
        found = eigenstates.nearest(matrix, energy)
        check(found, energies, vectors)
        best = abs(energies - energy).min()
        assert abs(found.energies[0] - energy) == pytest.approx(best, abs=1e-12)
        assert (found.through - found.below).tolist() == [1 if model == "chern" else 2]


@pytest.mark.parametrize("model", lattices.MODELS)
def test_window(model: str) -> None:
    matrix, energies, vectors = solved(model, 10, 5.0, 7)
    tops = [energies[-1] + 1, energies[-1]]
    for low, high in ((-0.5, 0.5), (0.0, 0.0), (-99, energies[3] + 1e-6), (1.0, tops[0])):
        found = eigenstates.window(matrix, low, high)
        inside = (energies >= low) & (energies < high)
        assert len(found.energies) == inside.sum()
        check(found, energies, vectors)


def test_small_matrices_are_diagonalised_whole() -> None:
    matrix, energies, vectors = solved("chern", 3, 4.0, 0)
    found = eigenstates.levels(matrix, 8, 9)
    check(found, energies, vectors, "dense")
    check(eigenstates.nearest(matrix, 0.2), energies, vectors, "dense")
    check(eigenstates.window(matrix, -1, 1), energies, vectors, "dense")


@pytest.mark.parametrize("model", lattices.MODELS)
def test_count_is_that_of_dense_levels(model: str) -> None:
    matrix, energies, _ = solved(model, 8, 3.0, 8)
    for energy in (-9.0, -1.0, 0.0, 0.5, 2.2, 9.0):
        assert count_below(matrix, energy) == (energies < energy).sum()
        factors = factorise(matrix, energy)
        assert factors.below == (energies < energy).sum()
        assert factors.margin < 1e-7
    with pytest.raises(PivotsLostError, match="rounding can tell"):
        count_below(matrix, float(energies[30]))


@pytest.mark.filterwarnings("ignore:The matrix is diagonalised whole")
@pytest.mark.parametrize("side", [6, 9])
@pytest.mark.parametrize("energy", [0.5, -0.5])
def test_pivots_that_vanish(side: int, energy: float) -> None:
    """The clean Chern insulator has ±1/2 on its diagonal."""
    clean = lattice.chern(np.zeros((side, side)), np.zeros((side, side)))
    with pytest.raises(PivotsLostError, match=r"vanishes|zero|rounding"):
        factorise(clean, energy)
    energies = np.linalg.eigvalsh(clean.toarray())
    assert count_below(clean, energy) == (energies < energy).sum()
    found = eigenstates.nearest(clean, energy)
    assert abs(found.energies[0] - energy) == pytest.approx(abs(energies - energy).min(), abs=1e-12)
    inside = eigenstates.window(clean, -0.5, 0.5)
    np.testing.assert_allclose(inside.energies, energies[abs(energies) < 0.5], atol=1e-12)
    number = side * side - 1
    np.testing.assert_allclose(
        eigenstates.levels(clean, number, number).energies, energies[number], atol=1e-12
    )


@pytest.mark.filterwarnings("ignore:The matrix is diagonalised whole")
def test_degenerate_levels_need_the_whole_matrix() -> None:
    clean = lattice.chern(np.zeros((8, 8)), np.zeros((8, 8)), periodic=True)
    energies = np.linalg.eigvalsh(clean.toarray())
    for level in (0, 63, 64, 100):
        found = eigenstates.levels(clean, level, level)
        np.testing.assert_allclose(found.energies, energies[level], atol=1e-12)
        assert found.residuals.max() < 1e-12
    found = eigenstates.window(clean, 0.4, 0.9)
    assert len(found.energies) == ((energies >= 0.4) & (energies < 0.9)).sum()


def lost(*_: object) -> None:
    raise PivotsLostError("none left")


def test_without_pivots_the_whole_matrix_is_diagonalised(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, energies, vectors = solved("su2", 6, 3.0, 9)
    monkeypatch.setattr(eigenstates, "factorise", lost)
    with pytest.warns(UserWarning, match="diagonalised whole, which is slow"):
        found = eigenstates.levels(matrix, 35, 35)
    check(found, energies, vectors, "dense")
    assert (found.below[0], found.through[0]) == (34, 36)
    with pytest.warns(UserWarning, match="Pivots of H - σ vanish"):
        check(eigenstates.nearest(matrix, 1.0), energies, vectors, "dense")
    monkeypatch.setattr(states, "LARGEST", 50)
    for call in (
        lambda: eigenstates.levels(matrix, 35, 35),
        lambda: eigenstates.nearest(matrix, 1.0),
    ):
        with (
            pytest.raises(NotProvenError, match="72 rows the matrix is too large"),
            pytest.warns(UserWarning, match="diagonalised whole"),
        ):
            call()


@pytest.mark.filterwarnings("ignore:The matrix is diagonalised whole")
def test_a_state_that_was_missed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts that do not fit are never ignored: the answer comes from another method."""
    matrix, energies, vectors = solved("chern", 8, 3.0, 10)

    def miscounted(*arguments: object) -> inertia.Factors:
        found = factorise(*arguments)  # type: ignore[arg-type]
        return inertia.Factors(
            found.shift, found.below + 1, found.margin, found.smallest, found.solve
        )

    monkeypatch.setattr(search, "factorise", miscounted)
    found = eigenstates.levels(matrix, 60, 60)
    check(found, energies, vectors, "dense")


@pytest.mark.filterwarnings("ignore:The matrix is diagonalised whole")
def test_other_matrices() -> None:
    """Real, diagonal, banded, with an empty row: nothing here is made for lattices alone."""
    rng = np.random.default_rng(0)
    band = sparse.diags([np.ones(199), rng.uniform(-2, 2, 200), np.ones(199)], [-1, 0, 1])
    diagonal = sparse.diags(rng.permutation(np.linspace(-1, 1, 201)))
    for real in (band, diagonal):
        matrix = sparse.csc_matrix(real, dtype=complex)
        energies = np.linalg.eigvalsh(matrix.toarray())
        for level in (0, 77, 150):
            found = eigenstates.levels(matrix, level, level)
            np.testing.assert_allclose(found.energies, energies[level], atol=1e-12)
    zero = sparse.csc_matrix((70, 70), dtype=complex)
    assert eigenstates.levels(zero, 3, 3).energies[0] == 0
