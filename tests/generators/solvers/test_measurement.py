"""What a measurement does to a density: limits, sums, symmetry, gradients, noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import mesoinv
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pldos import DATASET, Channel, measure, partial_ldos
from mesoinv.generators.solvers.pldos.measurement import (
    BOLTZMANN,
    ENERGIES,
    blurred,
    thermal_strips,
    with_noise,
)
from mesoinv.generators.solvers.pldos.strip import ELEMENTARY_CHARGE, Strip

SMALL = Strip(length=40, width=24, source_width=8)


def potential(strip: Strip = SMALL, count: int = 1) -> np.ndarray:
    return 0.05 * np.random.default_rng(3).normal(size=(count, strip.length, strip.width))


def test_a_sharp_cold_tip_sees_the_density() -> None:
    """In the limit, the mean of the four sites around it."""
    v = potential()
    density = partial_ldos(v, strip=SMALL)[0]
    expected = density.reshape(20, 2, 12, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(measure(v, Channel(0.5), strip=SMALL)[0], expected, rtol=1e-12)


def test_a_tip_is_a_gaussian() -> None:
    """A wave is damped by exp(-(qσ)²/2) far from the walls; a constant is not changed at all."""
    strip = Strip(length=200, width=60, source_width=8)
    q, sigma = 2 * np.pi / 10, 2.0
    x = np.arange(200)
    wave = np.cos(q * x)[:, None] * np.ones(60)
    seen = blurred(wave, sigma * strip.lattice_constant, strip)
    places = 2 * np.arange(100) + 0.5
    expected = np.exp(-((q * sigma) ** 2) / 2) * np.cos(q * places)
    np.testing.assert_allclose(seen[10:90, 15], expected[10:90], atol=1e-6)
    np.testing.assert_allclose(blurred(np.ones((200, 60)), 12.0, strip), 1, rtol=1e-12)


def test_energies_of_the_thermal_average() -> None:
    """Weights of minus the Fermi function's derivative: sum 1, mean E, variance (π k T)²/3."""
    strips = thermal_strips(0.1, SMALL)
    width = BOLTZMANN * 0.1 / ELEMENTARY_CHARGE * 1e3
    weights = np.array([weight for _, weight in strips])
    steps = np.array([at.fermi_energy - SMALL.fermi_energy for at, _ in strips]) / width
    assert len(strips) == ENERGIES
    assert weights.sum() == pytest.approx(1)
    assert weights @ steps == pytest.approx(0, abs=1e-9)
    assert weights @ steps**2 == pytest.approx(np.pi**2 / 3, rel=0.1)  # cut at 5 k T
    assert thermal_strips(0.0, SMALL) == [(SMALL, 1.0)]


def test_the_thermal_average_is_that_of_many_energies() -> None:
    """At the highest temperature of the dataset, as the module states."""
    v = mesoinv.generate("pldos", "landscape", "test", [0, 1, 3])["potential"]
    strip, width = Strip(), BOLTZMANN * 0.1 / ELEMENTARY_CHARGE * 1e3
    steps = np.linspace(-12, 12, 49)
    weights = 1 / np.cosh(steps / 2) ** 2
    many = sum(
        w * partial_ldos(v, strip=replace(strip, fermi_energy=strip.fermi_energy + width * step))
        for w, step in zip(weights / weights.sum(), steps.tolist(), strict=True)
    )
    expected = np.stack([blurred(one, 5.0, strip) for one in many])
    seen = measure(v, Channel(5.0, temperature=0.1))
    error = np.linalg.norm(seen - expected, axis=(1, 2)) / np.linalg.norm(expected, axis=(1, 2))
    assert error.max() < 0.02
    cold = measure(v, Channel(5.0))
    assert np.linalg.norm(cold - expected) > 5 * np.linalg.norm(seen - expected)


def test_mirrored_samples_have_mirrored_maps() -> None:
    v = potential()
    channel = Channel(7.0, temperature=0.05, offset=0.1)
    seen = measure(np.concatenate([v, v[:, :, ::-1]]), channel, strip=SMALL)
    np.testing.assert_allclose(seen[0], seen[1][:, ::-1], rtol=1e-8)


def test_every_sample_has_its_own_channel() -> None:
    v = potential(count=3)
    channel = Channel([5.0, 9.0, 12.0], [0.0, 0.05, 0.1], [0.0, 0.1, -0.1])
    together = measure(v, channel, strip=SMALL)
    for n, (blur, temperature, offset) in enumerate(channel.of(3)):
        alone = measure(v[n : n + 1], Channel(blur, temperature, offset), strip=SMALL)
        np.testing.assert_allclose(together[n], alone[0], rtol=1e-12)
    bare = measure(v, Channel([5.0, 9.0, 12.0], [0.0, 0.05, 0.1]), strip=SMALL)
    means = bare.mean(axis=(1, 2))
    np.testing.assert_allclose((together - bare).mean(axis=(1, 2)), [0, 0.1, -0.1] * means)


def test_gradients_flow_through_a_measurement() -> None:
    channel = Channel(6.0, temperature=0.05, offset=0.02)
    v = torch.tensor(potential(), requires_grad=True)
    weight = torch.randn(1, 20, 12, dtype=torch.float64, generator=torch.manual_seed(0))
    (weight * measure(v, channel, strip=SMALL)).sum().backward()
    change = np.random.default_rng(5).normal(size=v.shape)
    step = 1e-4
    high, low = (
        (weight.numpy() * measure(v.detach().numpy() + s * change, channel, strip=SMALL)).sum()
        for s in (step, -step)
    )
    assert (v.grad.numpy() * change).sum() == pytest.approx((high - low) / (2 * step), rel=1e-5)


def test_noise_has_the_stated_size() -> None:
    seen = np.full((2, 128, 96), 3.0)
    normal = np.random.default_rng(0).normal(size=(2, 2, 128, 96))
    gain = with_noise(seen, np.array([0.05, 0.0]), np.zeros(2), normal)
    assert gain[0].std() == pytest.approx(0.15, rel=0.03)
    assert not (gain[1] - 3).any()
    added = with_noise(seen, np.zeros(2), np.array([0.0, 0.1]), normal)
    assert added[1].std() == pytest.approx(0.3, rel=0.03)
    assert not (added[0] - 3).any()


def test_samples_of_the_dataset() -> None:
    """The map is what the stored numbers say, but for the noise; ranges are those declared."""
    sample = mesoinv.generate("pldos", "measured", "test", range(3))
    declared = DATASET.parameters("measured")
    channel = Channel(sample["blur"], sample["temperature"], sample["offset"])
    seen = measure(sample["potential"], channel)
    level = np.sqrt(
        (sample["multiplicative_noise"][:, None, None] * seen) ** 2
        + (sample["additive_noise"] * seen.mean(axis=(1, 2)))[:, None, None] ** 2
    )
    pull = (sample["measured"] - seen) / level
    np.testing.assert_allclose(pull.std(axis=(1, 2)), 1, atol=0.03)
    for name in ("blur", "temperature", "offset", "multiplicative_noise", "additive_noise"):
        low, high = getattr(declared, name)
        assert (low <= sample[name]).all()
        assert (sample[name] <= high).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blur": 0.0}, "blur is a positive number"),
        ({"blur": np.nan}, "blur must be finite"),
        ({"blur": [5.0, 5.0]}, "one for each of the 1 samples"),
        ({"blur": 5.0, "temperature": -0.1}, "temperature is 0 K or more"),
        ({"blur": 5.0, "offset": np.inf}, "offset must be finite"),
    ],
)
def test_bad_channels(changes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        measure(potential(), Channel(**changes), strip=SMALL)


def test_too_warm_for_the_band() -> None:
    with pytest.raises(ValueError, match="outside the band"):
        measure(potential(), Channel(5.0, temperature=20.0), strip=SMALL)
