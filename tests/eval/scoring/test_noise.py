"""The noise of robustness scores: the same for everybody, of the stated size, never negative."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.eval.scoring.noise import add_noise
from mesoinv.eval.tasks import get_task


def test_noise_is_a_function_of_the_index():
    task, rng = get_task("pldos-donors"), np.random.default_rng(0)
    values = rng.uniform(0.5, 1.0, (5, 8, 6))
    index = np.array([3, 17, 400, 4, 0])
    together = add_noise(values, 0.1, task, "pldos", index)
    assert together.dtype == np.float32
    for row, number in enumerate(index):
        alone = add_noise(values[row : row + 1], 0.1, task, "pldos", np.array([number]))
        np.testing.assert_array_equal(alone[0], together[row])


def test_noise_differs_between_columns_tasks_and_samples():
    task, values, index = get_task("pldos-donors"), np.ones((2, 50)), np.arange(2)
    noise = [
        add_noise(values, 0.1, task, "pldos", index),
        add_noise(values, 0.1, task, "potential", index),
        add_noise(values, 0.1, get_task("pldos-landscape"), "pldos", index),
    ]
    rows = np.concatenate(noise)
    correlation = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(correlation).max() < 0.5  # 3.5 standard deviations


def test_noise_has_the_stated_size():
    """In units of each sample's own mean."""
    values = np.stack([np.full((100, 100), 2.0), np.full((100, 100), 0.3)])
    noisy = add_noise(values, 0.1, get_task("pldos-donors"), "pldos", np.arange(2))
    relative = noisy / values - 1
    np.testing.assert_allclose(relative.mean(axis=(1, 2)), 0, atol=4e-3)
    np.testing.assert_allclose(relative.std(axis=(1, 2)), 0.1, rtol=0.03)


def test_noise_never_makes_a_density_negative():
    values = np.concatenate([np.zeros((1, 500)), np.full((1, 500), 1.0)], axis=1)
    noisy = add_noise(values, 0.5, get_task("pldos-donors"), "pldos", np.arange(1))
    assert noisy.min() == 0
    assert (noisy[:, :500] == 0).mean() == pytest.approx(0.5, abs=0.1)


def test_noise_of_nothing_is_nothing():
    values = np.random.default_rng(1).uniform(size=(2, 30)).astype(np.float16)
    noisy = add_noise(values, 0.0, get_task("pldos-donors"), "pldos", np.arange(2))
    np.testing.assert_array_equal(noisy, values)
