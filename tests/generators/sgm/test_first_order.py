"""Perturbation theory of the empty strip, against maps of weak landscapes."""

from __future__ import annotations

import numpy as np

from mesoinv.generators.sgm import Strip, conductance_map
from mesoinv.generators.solvers.pldos.inversion.waves import Waves
from mesoinv.generators.solvers.sgm.first_order import first_order_response

STRIP = Strip(length=64, width=48)


def change(potential: np.ndarray) -> np.ndarray:
    """T(r) - T₀ in squares of 8 sites, with every mode."""
    maps = conductance_map(potential[None], tip_strength=[1.0, 0.0], strip=STRIP, exact=True)
    difference = maps[0, 0] - maps[0, 1]
    return difference.reshape(8, 8, 6, 8).mean(axis=(1, 3))


def test_it_is_the_slope_of_maps_of_weak_landscapes() -> None:
    waves = Waves(STRIP, 50.0, 1.0)
    empty, response = first_order_response(waves, 1.0, 8)
    assert response.shape == (8, 6, waves.count)
    np.testing.assert_allclose(empty, change(np.zeros((64, 48))), atol=2e-3)
    z = np.random.default_rng(0).normal(size=waves.count)
    step = 1e-3
    slope = (change(waves.potential(step * z)) - change(waves.potential(-step * z))) / (2 * step)
    error = np.linalg.norm(response @ z - slope) / np.linalg.norm(slope)
    assert error < 1e-2  # the tolerance of the solver; the slope is of every mode
