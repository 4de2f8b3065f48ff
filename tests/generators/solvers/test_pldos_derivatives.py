"""Derivatives of the density of states: finite differences, adjoints, torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pldos import linearise, partial_ldos
from mesoinv.generators.solvers.pldos import elimination
from mesoinv.generators.solvers.pldos import linearise as module
from mesoinv.generators.solvers.pldos.strip import Strip

STRIP = Strip(length=24, width=20, source_width=6, fermi_energy=9.0)
TINY = Strip(length=5, width=4, source_width=3, fermi_energy=30.0)


def potential(strip: Strip = STRIP, count: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.1 * rng.normal(size=(count, strip.length, strip.width))


def difference(values: np.ndarray, change: np.ndarray, step: float = 1e-4, **how) -> np.ndarray:
    """The derivative along a change by four points: errors of the fourth power of the step."""
    one, two = (
        partial_ldos(values + s * step * change, strip=STRIP, **how)
        - partial_ldos(values - s * step * change, strip=STRIP, **how)
        for s in (1, 2)
    )
    return (8 * one - two) / (12 * step)


@pytest.mark.parametrize("exact", [True, False])
def test_products_are_finite_differences(exact: bool) -> None:
    values = potential()
    change = np.random.default_rng(1).normal(size=values.shape)
    made = linearise(values, exact=exact, strip=STRIP).product(change)
    wanted = difference(values, change, exact=exact)
    assert np.linalg.norm(made - wanted) < 1e-8 * np.linalg.norm(wanted)


@pytest.mark.parametrize("method", ["compiled", "torch"])
@pytest.mark.parametrize("tolerance", [0.0, 3e-4])
def test_the_adjoint_is_the_transposed_map(method: str, tolerance: float) -> None:
    values = potential(count=3)
    change, weight = np.random.default_rng(2).normal(size=(2, *values.shape))
    linear = module.linearise(values, STRIP, tolerance=tolerance, device="cpu", method=method)
    there, back = linear.product(change) * weight, linear.adjoint(weight) * change
    np.testing.assert_allclose(there.sum(axis=(1, 2)), back.sum(axis=(1, 2)), rtol=1e-10)


def test_both_methods_agree() -> None:
    values = potential()
    weight = np.random.default_rng(3).normal(size=values.shape)
    one, other = (
        module.linearise(values, STRIP, tolerance=0.0, device="cpu", method=m).adjoint(weight)
        for m in ("compiled", "torch")
    )
    np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-9 * abs(one).max())


def test_of_the_papers_strip() -> None:
    """One site at a time, where electrons are and where they are not.

    Differences are taken of the solver with all modes, whose last digits are right; the gradient
    of the fast one is that of the other within its tolerance.
    """
    rng = np.random.default_rng(4)
    strip = Strip()
    smooth = sum(
        0.05 * np.cos(np.outer(np.arange(256), rng.normal(size=1) / 9) + rng.uniform(0, 6, 192))
        for _ in range(4)
    )[None]
    value = partial_ldos(smooth)
    weight = value / np.linalg.norm(value)
    gradient = linearise(smooth, exact=True).adjoint(weight)[0]
    fast = linearise(smooth).adjoint(weight)[0]
    np.testing.assert_allclose(fast, gradient, rtol=1e-4, atol=1e-4 * abs(gradient).max())
    for site in ((40, 96), (200, 30), np.unravel_index(abs(gradient).argmax(), gradient.shape)):
        change = np.zeros(smooth.shape)
        change[0][site] = 3e-5
        up, down = (
            partial_ldos(smooth + sign * change, strip=strip, exact=True) for sign in (1, -1)
        )
        wanted = ((up - down) * weight).sum() / 6e-5
        assert gradient[site] == pytest.approx(wanted, rel=1e-6, abs=1e-7 * abs(gradient).max())


def test_gradcheck() -> None:
    values = torch.from_numpy(potential(TINY)).requires_grad_()

    def solve(x: torch.Tensor) -> torch.Tensor:
        return partial_ldos(x, exact=True, strip=TINY)

    assert torch.autograd.gradcheck(solve, values, check_forward_ad=True)


def test_tensors_give_tensors_of_their_type() -> None:
    values = potential()
    tensor = torch.from_numpy(values).float().requires_grad_()
    made = partial_ldos(tensor, strip=STRIP)
    assert made.dtype == torch.float32
    np.testing.assert_allclose(
        made.detach().numpy(), partial_ldos(values, strip=STRIP), rtol=1e-3, atol=1e-4
    )
    made.square().sum().backward()
    wanted = linearise(values, strip=STRIP)
    gradient = wanted.adjoint(2 * wanted.value)
    np.testing.assert_allclose(
        tensor.grad.numpy(), gradient, rtol=1e-2, atol=1e-4 * abs(gradient).max()
    )
    plain = partial_ldos(tensor.detach(), strip=STRIP)
    assert isinstance(plain, torch.Tensor)
    assert not plain.requires_grad


def test_a_second_derivative_is_refused() -> None:
    values = torch.from_numpy(potential(TINY)).requires_grad_()
    made = partial_ldos(values, exact=True, strip=TINY).square().sum()
    (gradient,) = torch.autograd.grad(made, values, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_rows_that_are_solved_again_have_the_derivative_of_the_last_solution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A first shift that loses row 1 of each chunk: what counts is the solution at the next."""
    values = potential(count=3)
    weight = np.random.default_rng(5).normal(size=values.shape)
    wanted = module.linearise(values, STRIP, tolerance=0.0, device="cpu", method="torch")
    keep, calls = elimination.keep, []

    def lossy(out, rows, solved, counts, width):
        calls.append(rows)
        lost = keep(out, rows, solved, counts, width)
        return rows[1:2] if len(calls) == 1 else lost

    monkeypatch.setattr(elimination, "keep", lossy)
    again = module.linearise(values, STRIP, tolerance=0.0, device="cpu", method="torch")
    assert [len(rows) for rows in calls] == [3, 1]
    assert len(again.responses) == 2
    np.testing.assert_allclose(again.adjoint(weight), wanted.adjoint(weight), rtol=1e-7, atol=1e-9)


def test_where_digits_are_lost_there_is_no_derivative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elimination, "GROWTH", 0.0)
    with pytest.raises(MesoinvError, match="has no derivative"):
        linearise(potential(), strip=STRIP)


def test_bad_input() -> None:
    with pytest.raises(UsageError, match="shape"):
        partial_ldos(torch.zeros(3, 3), strip=STRIP)
    with pytest.raises(UsageError, match="NaN"):
        linearise(np.full((1, 24, 20), np.nan), strip=STRIP)


@pytest.mark.cuda
def test_cuda() -> None:
    values = torch.from_numpy(potential()).cuda().requires_grad_()
    made = partial_ldos(values, exact=True, strip=STRIP)
    made.square().sum().backward()
    wanted = linearise(values.detach().cpu().numpy(), exact=True, strip=STRIP)
    gradient = wanted.adjoint(2 * wanted.value)
    np.testing.assert_allclose(values.grad.cpu().numpy(), gradient, rtol=1e-7, atol=1e-9)
