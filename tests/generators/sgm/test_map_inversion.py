"""Landscapes from maps of the conductance: found, with honest errors, or said not to be found."""

from __future__ import annotations

import numpy as np
import pytest

import mesoinv
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pldos import Strip
from mesoinv.generators.sgm import conductance_map, invert_map
from mesoinv.generators.solvers.pldos.inversion.waves import Waves

STRIP, NOISE = Strip(64, 48, 20), 0.01
WAVES = Waves(STRIP, 50.0, 1.0)


def sample(seed: int, strength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A landscape, its noisy map, and a landscape not far from it."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=WAVES.count)
    potential = WAVES.potential(z)
    exact = conductance_map(potential[None], tip_strength=strength, strip=STRIP)
    near = WAVES.potential(z + 0.2 * rng.normal(size=z.size))
    return potential, exact + NOISE * rng.normal(size=exact.shape), near[None]


@pytest.mark.parametrize("strength", [1.0, np.inf])
def test_the_landscape_is_found_with_its_errors(strength: float) -> None:
    potential, seen, near = sample(1, strength)
    made = invert_map(seen, near, tip_strength=strength, noise=NOISE, strip=STRIP)
    assert made.fits[0]
    assert made.misfit[0] == pytest.approx(1, abs=0.1)
    error = made.potential[0] - potential
    assert np.linalg.norm(error) < 0.1 * np.linalg.norm(potential)
    assert (abs(error) < 1.96 * made.deviation[0]).mean() > 0.8
    assert abs(made.offset[0]) < 0.01
    again = conductance_map(made.potential, tip_strength=strength, strip=STRIP)
    np.testing.assert_allclose(made.conductance, again, atol=2e-3)  # twice the truncation


def test_what_does_not_fit_is_said() -> None:
    _, seen, near = sample(2, 1.0)
    shuffled = np.random.default_rng(0).permutation(seen.ravel()).reshape(seen.shape)
    made = invert_map(shuffled, near, tip_strength=1.0, noise=NOISE, strip=STRIP)
    assert not made.fits[0]
    assert made.misfit[0] > 2


def test_changes_of_several_strengths_are_as_good() -> None:
    """An offset is not used, and three maps say more than one."""
    potential, _, near = sample(1, 1.0)
    strengths = [0.1, 1.0, np.inf]
    exact = conductance_map(potential[None], tip_strength=strengths, strip=STRIP)
    noisy = exact + NOISE * np.random.default_rng(3).normal(size=exact.shape)
    seen = noisy - exact.mean(axis=(-2, -1), keepdims=True)
    made = invert_map(seen, near, tip_strength=strengths, noise=NOISE, strip=STRIP)
    assert made.fits[0]
    assert made.conductance.shape == seen.shape
    np.testing.assert_allclose(made.offset[0], -exact.mean(axis=(-2, -1))[0], atol=0.02)
    _, one_map, _ = sample(1, 1.0)
    one = invert_map(one_map, near, tip_strength=1.0, noise=NOISE, strip=STRIP)
    assert made.deviation.mean() < one.deviation.mean()


def test_a_full_sample_is_found_in_a_few_steps() -> None:
    """At the size of the dataset, from a landscape a twentieth off."""
    drawn = mesoinv.generate("pldos", "landscape", "test", [0])
    potential = drawn["potential"]
    seen = conductance_map(potential, tip_strength=1.0)
    seen += 1e-3 * np.random.default_rng(0).normal(size=seen.shape)
    made = invert_map(seen, 0.95 * potential, tip_strength=1.0, noise=1e-3)
    assert made.fits[0]
    assert made.steps[0] <= 15
    error = made.potential[0] - potential[0]
    assert np.linalg.norm(error) < 0.01 * np.linalg.norm(potential)
    assert (abs(error) < 1.96 * made.deviation[0]).mean() > 0.85


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"conductance": np.full((1, 64, 48), 4.0)}, "holds conductances of 0 to 3"),
        ({"conductance": np.full((1, 64, 48), -4.0)}, "or their changes"),
        ({"conductance": np.full((1, 64, 48), np.nan)}, "holds conductances"),
        ({"conductance": np.zeros((64, 48))}, "A map has shape"),
        ({"conductance": np.zeros((2, 64, 48))}, "2 maps and 1 starts"),
        ({"start": np.zeros((1, 9, 9))}, "A potential has shape"),
        ({"noise": 0.0}, "noise is a positive number"),
        ({"tip_strength": np.nan}, "not NaN"),
        ({"tip_strength": [1.0, 2.0]}, r"shape \(batch, 2, 64, 48\)"),
        ({"s": -50.0}, "positive numbers"),
    ],
)
def test_bad_input_says_what_is_allowed(changed: dict[str, object], message: str) -> None:
    arguments = {
        "conductance": np.ones((1, 64, 48)), "start": np.zeros((1, 64, 48)), "tip_strength": 1.0,
        "noise": NOISE, "strip": STRIP,
    } | changed  # fmt: skip
    with pytest.raises(UsageError, match=message):
        invert_map(**arguments)  # type: ignore[arg-type]
