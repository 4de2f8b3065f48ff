"""Factorisations slice by slice, as on a GPU, beside dense matrices and Pardiso."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.solvers.anderson3d import torch_slices
from mesoinv.generators.solvers.anderson3d.cubic_lattice import hamiltonian
from mesoinv.generators.solvers.anderson3d.eigenstate import eigenstate, nearest_state
from mesoinv.generators.solvers.anderson3d.torch_slices import Slices, _negative_levels
from mesoinv.generators.solvers.eigenstates import eigenstates


def disorder(side: int, seed: int, width: float = 16.5) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-width / 2, width / 2, (side, side, side))


@pytest.mark.parametrize("side", [3, 4, 5, 8])
@pytest.mark.parametrize("shift", [0.0, 1.3, -7.0, 40.0])
def test_counts_and_solutions_are_those_of_the_matrix(side: int, shift: float) -> None:
    matrix = hamiltonian(disorder(side, side))
    dense = matrix.toarray()
    factors = Slices(side, "cpu").factorise(matrix, shift)
    assert factors.below == (np.linalg.eigvalsh(dense) < shift).sum()
    assert factors.margin < 1e-9
    right = np.random.default_rng(0).normal(size=(side**3, 3))
    wanted = np.linalg.solve(dense - shift * np.eye(len(dense)), right)
    np.testing.assert_allclose(factors.solve(right), wanted, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(factors.solve(right[:, 0]), wanted[:, 0], rtol=1e-8, atol=1e-9)


def test_inertia_of_matrices_with_double_pivots() -> None:
    """Zeros on the diagonal: every pivot is a block of 2 × 2."""
    rng = np.random.default_rng(3)
    for size in (2, 7, 40):
        symmetric = rng.normal(size=(size, size))
        symmetric += symmetric.T
        for matrix in (symmetric, symmetric - np.diag(np.diag(symmetric))):
            count = (np.linalg.eigvalsh(matrix) < 0).sum()
            assert _negative_levels(torch.from_numpy(matrix)) == count


def test_states_are_those_of_pardiso() -> None:
    for seed in range(6):
        onsite = disorder(8, seed)
        factoriser = Slices(8, "cpu").factorise
        state = eigenstates.nearest(hamiltonian(onsite), 0.0, factoriser, spacing=0.03)
        other = nearest_state(onsite)
        assert state.first == other.first
        assert abs(state.energies[0] - other.energies[0]) < 1e-12
        np.testing.assert_allclose(state.vectors**2, other.vectors**2, atol=1e-9)
        assert state.method == "ldl"


def test_another_shift_is_factorised_again() -> None:
    matrix = hamiltonian(disorder(4, 1))
    slices = Slices(4, "cpu")
    one = slices.factorise(matrix, 0.0)
    slices.factorise(matrix, 2.0)
    right = np.ones(64)
    np.testing.assert_allclose(matrix @ one.solve(right), right, atol=1e-9)


def test_what_does_not_fit_on_the_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    slices = Slices(6, "cpu")
    slices.device = torch.device("cuda")
    monkeypatch.setattr(torch_slices.torch.cuda, "mem_get_info", lambda _: (1000, 2000))
    with pytest.raises(MesoinvError, match="of the GPU's memory"):
        slices._check_memory()


@pytest.mark.cuda
@pytest.mark.parametrize("side", [8, 20, 30])
def test_cuda_gives_the_states_of_the_cpu(side: int) -> None:
    onsite = disorder(side, 1)
    energy, state = eigenstate(onsite, device="cuda")
    other, wanted = eigenstate(onsite)
    assert abs(energy - other) < 1e-12
    np.testing.assert_allclose(state, wanted, atol=1e-9)
