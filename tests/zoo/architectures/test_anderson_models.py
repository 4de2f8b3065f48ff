"""Models of states in three dimensions: what physics gives them, and networks of any size."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from mesoinv.generators.anderson3d import DATASET, box_moments
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.anderson3d.box_moments import ORDERS
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.architectures._least_energies import LeastEnergies, least_energies
from mesoinv.zoo.architectures._states3d import Moments, box_side

#: No order that sums only.
PLAIN = [0.0, 1.0, *ORDERS]


def state(side=8, seed=0, spread=2.0):
    x = torch.randn(2, side, side, side, generator=torch.Generator().manual_seed(seed)) * spread
    return x - x.flatten(1).exp().mean(dim=1).log()[:, None, None, None]


def single(name, outputs=(17,), side=8, **hyperparameters):
    return build_network(name, [(side,) * 3], [outputs], hyperparameters).eval()


def test_moments_are_those_of_the_dataset():
    x = state()
    features = Moments((1 / 8, 1 / 4, 1 / 2), PLAIN)(x).reshape(2, 3, len(PLAIN))
    for row in range(2):
        density = np.exp(x[row].double().numpy())
        moments, entropies = box_moments(density / density.sum())
        np.testing.assert_allclose(features[row, :, :2], entropies, atol=1e-9)
        np.testing.assert_allclose(features[row, :, 2:], moments, atol=1e-9)


def test_boxes_are_whole():
    assert box_side(30, 0.1) == 3
    with pytest.raises(UsageError, match="not whole"):
        box_side(30, 0.05)


def test_least_energies_are_those_of_all_signs():
    x = state(4).half().float()
    least, error = least_energies(x)
    amplitude = torch.exp(x / 2).numpy()
    around = [np.roll(amplitude, s, a) / amplitude for a in (1, 2, 3) for s in (1, -1)]
    sums = [
        abs(sum(sign * v for sign, v in zip(signs, around, strict=True)))
        for signs in itertools.product((1, -1), repeat=6)
    ]
    np.testing.assert_allclose(least, np.min(sums, axis=0).reshape(2, -1), rtol=1e-4, atol=1e-5)
    assert (error > 0).all()


def test_no_least_energy_is_beyond_the_disorder():
    """Of a true state, stored as it is: at least |ε| less the error of rounding."""
    samples = DATASET.draw("M20", stream_of(DATASET, "M20", "test"), np.array([0, 16]))
    solved = DATASET.solve("M20", samples)
    x = torch.from_numpy(solved["log_density"].astype(np.float16)).float()
    least, error = (v.double().numpy() for v in least_energies(x))
    energies = abs(samples["onsite_energy"]).reshape(2, -1)
    assert (least <= energies + 1.1 * error + 2e-3).all()
    known = error < 0.05
    largest = np.where(known, least, 0).max(axis=1)
    assert (largest > 0.9 * samples["disorder"] / 2).all()
    features = LeastEnergies((0.05,), (0,))(x)
    np.testing.assert_allclose(features[:, 0], 2 * largest, rtol=1e-5)


def test_the_discriminant_is_the_rule_of_bayes_for_normal_moments():
    """Two classes of states, told apart by one moment: the threshold is half way."""
    torch.manual_seed(0)
    weak, strong = (torch.randn(200, 4, 4, 4) * spread for spread in (1.0, 1.6))
    x, y = torch.cat([weak, strong]), torch.cat([torch.zeros(200, 1), torch.ones(200, 1)])
    network = single("moment_discriminant", (1,), 4, shares=[0.25], orders=[2.0])
    network.fit(x, y)
    moment = network.measures(x)[:, 0]
    low, high = moment[:200].mean(), moment[200:].mean()
    half = float((low + high) / 2)
    right = ((network(x)[:, 0] > 0) == (moment > half)).double().mean()
    assert right == 1
    both = torch.cat([1 - y, y], dim=1)
    classes = single("moment_discriminant", (2,), 4, shares=[0.25], orders=[2.0])
    classes.fit(x, both)
    logits = classes(x)
    torch.testing.assert_close(logits[:, 1] - logits[:, 0], network(x)[:, 0])


def test_the_participation_ratio_alone():
    network = single("participation_classes")
    x = state()
    density = torch.softmax(x.flatten(1).double(), dim=1)
    torch.testing.assert_close(
        network.measures(x)[:, 0], density.square().sum(dim=1).log(), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("name", "hyperparameters"),
    [
        ("moment_discriminant", {"shares": [0.25, 0.5], "errors": [0.1]}),
        ("moment_network", {"shares": [0.25, 0.5]}),
        ("moment_network", {"shares": [0.25, 0.5], "errors": [0.1]}),
        ("periodic_cnn3d", {"channels": [4, 8]}),
    ],
)
def test_a_shifted_or_turned_state_is_answered_alike(name, hyperparameters):
    torch.manual_seed(1)
    network = single(name, **hyperparameters)
    if hasattr(network, "fit"):
        network.fit(torch.randn(34, 8, 8, 8), torch.eye(17).repeat(2, 1))
    x = state()
    shifted = x.roll((4, 2, 6), (1, 2, 3))
    torch.testing.assert_close(network(shifted), network(x), atol=2e-3, rtol=2e-3)
    larger = x.repeat(1, 2, 2, 2)
    assert network(larger).shape == (2, 17)
    if name != "periodic_cnn3d":
        turned = x.permute(0, 3, 1, 2).flip(1)
        torch.testing.assert_close(network(turned), network(x), atol=2e-3, rtol=2e-3)
