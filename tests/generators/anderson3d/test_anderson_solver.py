"""Eigenstates of Anderson's model: against dense diagonalisation, in hard cases, bad input."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.solvers.anderson3d import eigenstate as solver
from mesoinv.generators.solvers.anderson3d.cubic_lattice import hamiltonian
from mesoinv.generators.solvers.anderson3d.eigenstate import eigenstate, nearest_state


def disorder(side: int, seed: int, width: float = 16.5) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-width / 2, width / 2, (side, side, side))


def check(onsite: np.ndarray, energy: float) -> None:
    """Hold the state against all states of the matrix."""
    energies, vectors = np.linalg.eigh(hamiltonian(onsite).toarray())
    number = int(np.argmin(abs(energies - energy)))
    states = nearest_state(onsite, energy)
    level, state = eigenstate(onsite, energy)
    assert states.first == number
    assert abs(level - energies[number]) <= 1e-12
    assert abs(state.ravel() ** 2 - vectors[:, number] ** 2).max() <= 1e-8
    assert states.residuals[0] < 1e-11
    assert np.sum(state**2) == pytest.approx(1, abs=1e-12)
    assert state.dtype == np.float64
    assert state.max() == abs(state).max()


def test_the_hamiltonian_is_that_of_the_paper() -> None:
    """Every site has six neighbours with hopping 1, beyond the edge too."""
    onsite = disorder(4, 0)
    dense = hamiltonian(onsite).toarray()
    np.testing.assert_array_equal(dense, dense.T)
    np.testing.assert_array_equal(np.diag(dense), onsite.ravel())
    state = np.random.default_rng(1).normal(size=(4, 4, 4))
    neighbours = sum(np.roll(state, step, axis) for step in (-1, 1) for axis in range(3))
    wanted = onsite * state + neighbours
    np.testing.assert_allclose(dense @ state.ravel(), wanted.ravel(), atol=1e-12)


@pytest.mark.parametrize("side", [3, 5, 6, 8])
def test_it_is_the_nearest_of_all(side: int) -> None:
    for seed in range(24):
        check(disorder(side, seed, [4.0, 16.5, 30.0][seed % 3]), [0.0, 2.5, -40.0][seed % 3])


def test_it_is_the_nearest_of_many() -> None:
    for seed in range(4):
        check(disorder(12, seed), 0.0)


def test_pairs_that_are_nearly_one_level_are_told_apart() -> None:
    """A lattice with a mirror plane and strong disorder: levels in pairs, even and odd."""
    half = disorder(8, 3, 600.0)[:4]
    onsite = np.concatenate([half, half[::-1]])
    energies = np.linalg.eigvalsh(hamiltonian(onsite).toarray())
    gaps = np.diff(energies)
    close = int(np.argmin(np.where(gaps > 1e-7, gaps, np.inf)))
    assert gaps[close] < 1e-4
    for level in (close, close + 1):
        states = nearest_state(onsite, float(energies[level]))
        assert states.first == level
        assert abs(states.energies[0] - energies[level]) <= 1e-15 * 600 * len(energies)


def test_an_energy_that_is_a_level() -> None:
    onsite = disorder(6, 5)
    energies = np.linalg.eigvalsh(hamiltonian(onsite).toarray())
    for number in (0, 100, 215):
        check(onsite, float(energies[number]))


def test_larger_lattices_are_proven_without_diagonalising() -> None:
    states = nearest_state(disorder(16, 1))
    assert states.method == "ldl"
    assert states.residuals[0] < 1e-11
    assert states.through[0] - states.below[0] == 1


def test_without_pardiso_superlu_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    onsite = disorder(10, 2)
    with_pardiso = eigenstate(onsite)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    solver._say_slow.cache_clear()
    with pytest.warns(UserWarning, match=r"pip install 'mesoinv\[anderson\]'"):
        energy, state = eigenstate(onsite)
    assert abs(energy - with_pardiso[0]) < 1e-12
    np.testing.assert_allclose(state, with_pardiso[1], atol=1e-9)
    with pytest.raises(MesoinvError, match="need Pardiso"):
        eigenstate(np.zeros((31, 31, 31)))


def test_a_factorisation_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_kept", {})
    monkeypatch.setattr(solver, "_available_memory", lambda: 1000)
    with pytest.raises(MesoinvError, match=r"needs .* GB of memory; 0\.0 GB are free"):
        eigenstate(disorder(12, 0))


def test_memory_that_pardiso_has_already_is_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(solver, "_kept", {})
    first = eigenstate(disorder(6, 1))
    monkeypatch.setattr(solver, "_available_memory", lambda: 1000)
    assert eigenstate(disorder(6, 1))[0] == first[0]


@pytest.mark.parametrize(
    ("onsite", "energy", "message"),
    [
        (np.zeros((3, 3, 4)), 0.0, r"\(M, M, M\)"),
        (np.zeros((2, 2, 2)), 0.0, "M 3 or more"),
        (np.zeros((4, 4)), 0.0, r"got \(4, 4\)"),
        (np.full((3, 3, 3), np.inf), 0.0, "finite"),
        (np.zeros((3, 3, 3), dtype=complex), 0.0, "real"),
        (np.zeros((3, 3, 3)), float("nan"), "energy must be a finite number"),
        (np.zeros((3, 3, 3)), 1j, "energy must be a finite number"),
    ],
)
def test_bad_input(onsite: np.ndarray, energy: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        eigenstate(onsite, energy)
