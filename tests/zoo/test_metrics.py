"""Metrics against scipy and torchmetrics, and what an interval promises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torchmetrics.functional import pearson_corrcoef

from mesoinv.generators.solvers import coulomb
from mesoinv.generators.solvers.strip import Strip
from mesoinv.zoo import metrics


@pytest.fixture
def maps():
    """Landscapes and what a fair model might make of them, (20, 16, 12) each."""
    rng = np.random.default_rng(4)
    true = rng.normal(size=(20, 16, 12))
    return 0.7 * true + 0.3 * rng.normal(size=true.shape) + 0.5, true


def test_pearson_is_scipys(maps):
    expected = [stats.pearsonr(p.ravel(), t.ravel()).statistic for p, t in zip(*maps, strict=True)]
    np.testing.assert_allclose(metrics.pearson(*maps), expected, rtol=1e-12)


def test_pearson_is_torchmetrics(maps):
    predicted, true = (torch.from_numpy(m).flatten(1).T for m in maps)
    expected = pearson_corrcoef(predicted, true)
    np.testing.assert_allclose(metrics.pearson(*maps), expected, rtol=1e-6)


def test_pearson_takes_half_precision(maps):
    """float16, as maps are stored, without overflow of a sum: 49152 sites of size 100."""
    rng = np.random.default_rng(5)
    true = (100 * rng.normal(size=(2, 256, 192))).astype(np.float16)
    np.testing.assert_allclose(metrics.pearson(true, true), 1.0, rtol=1e-12)
    np.testing.assert_allclose(metrics.pearson(-true, true), -1.0, rtol=1e-12)


def test_pearson_of_a_constant_is_zero(maps):
    _, true = maps
    for constant in (np.zeros_like(true), np.full_like(true, 2.0)):
        assert (metrics.pearson(constant, true) == 0).all()
        assert (metrics.pearson(true, constant) == 0).all()


def test_pearson_ignores_scale_and_offset(maps):
    predicted, true = maps
    np.testing.assert_allclose(
        metrics.pearson(3 * predicted - 1, true), metrics.pearson(predicted, true), rtol=1e-12
    )


@pytest.mark.parametrize("statistic", [np.mean, np.std, np.median])
def test_interval_holds_the_value_and_is_the_same_each_time(statistic):
    values = np.random.default_rng(6).normal(size=300)
    score = metrics.interval(values, statistic, "nm")
    assert score.value == statistic(values)
    assert score.low < score.value < score.high
    assert score.unit == "nm"
    assert metrics.interval(values, statistic, "nm") == score
    assert metrics.interval(values, statistic, "nm", seed=1) != score


def test_interval_of_a_mean_has_the_textbook_width():
    values = np.random.default_rng(7).normal(size=1000)
    score = metrics.interval(values, np.mean)
    expected = 2 * 1.96 * values.std() / np.sqrt(len(values))
    assert score.high - score.low == pytest.approx(expected, rel=0.1)


def test_interval_covers_the_truth_about_as_often_as_it_says(monkeypatch):
    """Of 200 experiments 190 are expected to; four standard deviations are 12."""
    monkeypatch.setattr(metrics, "BOOTSTRAP", 300)
    rng = np.random.default_rng(8)
    scores = [metrics.interval(rng.normal(size=100), np.mean) for _ in range(200)]
    covered = sum(s.low <= 0 <= s.high for s in scores)
    assert 176 <= covered <= 199


def test_number_scores():
    true = np.array([1.0, 2.0, 4.0, 5.0])
    error = np.array([0.1, -0.2, 0.4, 0.1])
    scores = metrics.number_scores({"s": true + error}, {"s": true}, {"s": "nm"})
    assert scores["s error std"].value == pytest.approx(error.std())
    assert scores["s error std"].unit == "nm"
    assert scores["s error std relative"].value == pytest.approx((error / true).std())
    assert scores["s error std relative"].unit == "1"
    assert scores["s bias"].value == pytest.approx(error.mean())


def test_the_mean_as_prediction_has_the_spread_of_the_values():
    true = np.random.default_rng(9).uniform(40, 70, size=500)
    scores = metrics.number_scores({"s": np.full(500, true.mean())}, {"s": true}, {"s": "nm"})
    assert scores["s error std"].value == pytest.approx(true.std())
    assert scores["s bias"].value == pytest.approx(0, abs=1e-12)


def test_landscape_scores(maps):
    predicted, true = maps
    scores = metrics.landscape_scores(predicted, true)
    r = metrics.pearson(predicted, true)
    assert scores["pearson r median"].value == pytest.approx(np.median(r))
    assert scores["pearson r worst"].value == r.min()
    assert scores["pearson r above 0.99"].value == 0
    expected = np.sqrt(((predicted - true) ** 2).mean() / (true**2).mean())
    assert scores["relative rms error"].value == pytest.approx(expected)
    for score in scores.values():
        assert score.low <= score.value <= score.high


def test_a_perfect_and_an_empty_landscape(maps):
    _, true = maps
    perfect = metrics.landscape_scores(true, true)
    assert perfect["pearson r worst"].value == pytest.approx(1.0)
    assert perfect["pearson r above 0.99"].value == 1
    assert perfect["relative rms error"].value == 0
    zero = metrics.landscape_scores(np.zeros_like(true), true)
    assert zero["pearson r median"].value == 0
    assert zero["relative rms error"].value == pytest.approx(1.0)


def test_landscapes_of_coefficients():
    rng = np.random.default_rng(10)
    fourier = rng.normal(size=(2, len(coulomb.wave_vectors(50.0, Strip()).length), 2))
    expected = coulomb.landscape(fourier[..., 0] + 1j * fourier[..., 1], 50.0)
    found = metrics.landscapes_of(fourier, np.full(2, 50.0))
    np.testing.assert_array_equal(found, expected)
