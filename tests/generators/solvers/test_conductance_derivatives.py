"""Derivatives of the conductance: finite differences, torch, both methods, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.conductance import conductance, linearise
from mesoinv.generators.solvers.conductance import linearise as module

ENERGIES = [-1.3, 0.0, 0.2, 3.99, 5.0]


def wires(length: int, width: int, disorder: float = 2.0, count: int = 3) -> np.ndarray:
    rng = np.random.default_rng(length + width)
    return disorder * (rng.random((count, length, width)) - 0.5)


def difference(sites: np.ndarray, change: np.ndarray, step: float = 1e-4) -> np.ndarray:
    one, two = (
        conductance(sites + s * step * change, ENERGIES)
        - conductance(sites - s * step * change, ENERGIES)
        for s in (1, 2)
    )
    return (8 * one - two) / (12 * step)


@pytest.mark.parametrize(("length", "width"), [(1, 1), (6, 1), (1, 5), (9, 4), (24, 13), (40, 40)])
@pytest.mark.parametrize("disorder", [0.3, 2.0, 12.0])
def test_products_are_finite_differences(length: int, width: int, disorder: float) -> None:
    sites = wires(length, width, disorder)
    change = np.random.default_rng(1).normal(size=sites.shape)
    linear = linearise(sites, ENERGIES)
    # two sweeps: equal to rounding, which is that of N modes, since T = N - Tr r r†
    value = conductance(sites, ENERGIES)
    np.testing.assert_allclose(linear.value, value, rtol=1e-12, atol=1e-13 * width)
    # narrow resonances of strong disorder need a shorter step
    step = 1e-5 if disorder > 10 else 1e-4
    made, wanted = linear.product(change), difference(sites, change, step)
    scale = 1 + abs(wanted).max()
    np.testing.assert_allclose(made, wanted, rtol=1e-6, atol=2e-8 * scale)
    assert (made[:, -1] == 0).all()  # outside the band


def test_the_adjoint_is_the_transposed_map() -> None:
    sites = wires(12, 7)
    rng = np.random.default_rng(2)
    change, weight = rng.normal(size=sites.shape), rng.normal(size=(3, len(ENERGIES)))
    linear = linearise(sites, ENERGIES)
    there = (linear.product(change) * weight).sum(axis=1)
    back = (linear.adjoint(weight) * change).sum(axis=(1, 2))
    np.testing.assert_allclose(there, back, rtol=1e-12)


def test_both_methods_agree() -> None:
    sites = wires(15, 8)
    one, other = (
        # any other name is a device of torch
        module.linearise(sites, np.array(ENERGIES), device=device)
        for device in ("cpu", "cpu:0")
    )
    np.testing.assert_allclose(one.value, other.value, atol=1e-10)
    np.testing.assert_allclose(one.gradient, other.gradient, rtol=1e-7, atol=1e-8)


def test_slices_one_by_one_where_digits_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    sites = wires(15, 8)
    wanted = linearise(sites, [0.1])
    outside = module.is_outside
    calls = []

    def doubting(values, modes):
        calls.append(len(values))
        lost = outside(values, modes)
        lost[1] = len(calls) == 1
        return lost

    monkeypatch.setattr(module, "is_outside", doubting)
    again = linearise(sites, [0.1])
    np.testing.assert_allclose(again.gradient, wanted.gradient, rtol=1e-8, atol=1e-9)
    assert not np.array_equal(again.gradient[1], wanted.gradient[1])
    np.testing.assert_array_equal(again.gradient[0], wanted.gradient[0])


def test_gradcheck() -> None:
    sites = torch.from_numpy(wires(5, 4)).requires_grad_()

    def solve(x: torch.Tensor) -> torch.Tensor:
        return conductance(x, [0.1, -0.7])

    assert torch.autograd.gradcheck(solve, sites, check_forward_ad=True)


def test_tensors_give_tensors_of_their_type() -> None:
    sites = wires(6, 5)
    tensor = torch.from_numpy(sites).float().requires_grad_()
    made = conductance(tensor, [0.1])
    assert made.dtype == torch.float32
    np.testing.assert_allclose(made.detach().numpy(), conductance(sites, [0.1]), atol=1e-4)
    made.sum().backward()
    wanted = linearise(sites, [0.1]).gradient[:, 0]
    np.testing.assert_allclose(tensor.grad.numpy(), wanted, rtol=1e-2, atol=1e-4)
    plain = conductance(tensor.detach(), [0.1])
    assert isinstance(plain, torch.Tensor)
    assert not plain.requires_grad


def test_bad_input() -> None:
    sites = torch.zeros(1, 3, 3, requires_grad=True)
    with pytest.raises(UsageError, match="has no gradient; take 'strides'"):
        conductance(sites, [0.0], solver="kwant")
    with pytest.raises(UsageError, match="empty"):
        linearise(np.zeros((0, 3, 3)), [0.0])
    with pytest.raises(UsageError, match="Energies must be finite"):
        linearise(np.zeros((1, 3, 3)), [np.nan])


@pytest.mark.cuda
def test_cuda() -> None:
    sites = wires(15, 8)
    one, other = (linearise(sites, ENERGIES, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(one.gradient, other.gradient, rtol=1e-7, atol=1e-8)
