"""Derivatives of maps of the conductance: finite differences, both products, torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pldos import Strip
from mesoinv.generators.sgm import DATASET, conductance_map, linearise

SMALL = Strip(12, 9, 5, fermi_energy=40.0)


@pytest.fixture
def potential() -> np.ndarray:
    return 0.2 * np.random.default_rng(0).normal(size=(2, 12, 9))


@pytest.mark.parametrize("strength", [0.3, [0.1, -2.0, math.inf]])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_products_are_finite_differences(
    potential: np.ndarray, strength: float | list[float], temperature: float
) -> None:
    options = {"tip_strength": strength, "strip": SMALL, "exact": True, "temperature": temperature}
    linear = linearise(potential, **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(linear.value, conductance_map(potential, **options), atol=1e-10)  # type: ignore[arg-type]
    change, step = np.random.default_rng(1).normal(size=potential.shape), 1e-5
    up, down = (conductance_map(potential + s * step * change, **options) for s in (1, -1))  # type: ignore[arg-type]
    product = linear.product(change)
    np.testing.assert_allclose(product, (up - down) / (2 * step), atol=1e-7, rtol=1e-6)
    weight = np.random.default_rng(2).normal(size=linear.value.shape)
    there, back = (weight * product).sum(), (linear.adjoint(weight) * change).sum()
    assert there == pytest.approx(back, rel=1e-10)


def test_fewer_modes_have_their_own_derivative() -> None:
    rows = DATASET.draw("point", stream_of(DATASET, "point", "test"), np.arange(2))
    potentials = DATASET.solve("point", rows)["potential"]
    sample, change = potentials[:1], potentials[1:]
    linear, step = linearise(sample, tip_strength=1.0), 1e-4
    np.testing.assert_allclose(linear.value, conductance_map(sample, tip_strength=1.0), atol=1e-4)
    up, down = (linearise(sample + s * step * change, tip_strength=1.0).value for s in (1, -1))
    difference, product = (up - down) / (2 * step), linear.product(change)
    assert np.linalg.norm(product - difference) < 1e-5 * np.linalg.norm(difference)


def test_gradients_flow_through_tensors(potential: np.ndarray) -> None:
    def solve(v: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = conductance_map(
            v, tip_strength=[0.5, math.inf], strip=SMALL, exact=True
        )
        return made

    point = torch.from_numpy(potential[:1, :, :]).requires_grad_()
    torch.autograd.gradcheck(solve, (point,), eps=1e-6, atol=1e-6)
    torch.autograd.gradcheck(solve, (point,), eps=1e-6, atol=1e-6, check_forward_ad=True)
    np.testing.assert_allclose(
        solve(point).detach().numpy(),
        conductance_map(potential[:1], tip_strength=[0.5, math.inf], strip=SMALL, exact=True),
        atol=1e-10,
    )
