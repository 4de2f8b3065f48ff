"""Metrics against scipy, torchmetrics and values by hand, and what an interval promises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torchmetrics import functional
from torchmetrics.functional import pearson_corrcoef

import mesoinv
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.zoo import metrics

NUMBERS, LANDSCAPE = metrics.FAMILIES["numbers"], metrics.FAMILIES["landscape"]
S, N_D = metrics.Target("s", "nm", 55.0), metrics.Target("n_d", "1e12 cm⁻²", 1.05)
POTENTIAL = metrics.Target("potential", "t")
MEAN = metrics.Statistic(("x",), lambda x: x.mean(axis=-1), "nm")


def number_scores(predicted, true, targets=(S,)):
    return metrics.scores(NUMBERS.errors(predicted, true, targets), NUMBERS.statistics(targets))


def map_scores(predicted, true):
    table = LANDSCAPE.errors({"potential": predicted}, {"potential": true}, (POTENTIAL,))
    return metrics.scores(table, LANDSCAPE.statistics((POTENTIAL,)))


def mean_of(values, **options):
    return metrics.estimates({"x": values}, {"mean": MEAN}, **options)["mean"]


@pytest.fixture
def maps():
    """Landscapes and what a fair model might make of them, (20, 16, 12) each."""
    rng = np.random.default_rng(4)
    true = rng.normal(size=(20, 16, 12))
    return 0.7 * true + 0.3 * rng.normal(size=true.shape) + 0.5, true


@pytest.fixture
def donors():
    """True and predicted s and N_d of 200 samples."""
    rng = np.random.default_rng(11)
    true = {"s": rng.uniform(40, 70, 200), "n_d": rng.uniform(0.6, 1.5, 200)}
    return {n: v + rng.normal(0.1, 0.2, 200) * v.std() for n, v in true.items()}, true


def test_pearson_is_scipys(maps):
    expected = [stats.pearsonr(p.ravel(), t.ravel()).statistic for p, t in zip(*maps, strict=True)]
    np.testing.assert_allclose(metrics.pearson(*maps), expected, rtol=1e-12)


def test_pearson_is_torchmetrics(maps):
    predicted, true = (torch.from_numpy(m).flatten(1).T for m in maps)
    expected = pearson_corrcoef(predicted, true)
    np.testing.assert_allclose(metrics.pearson(*maps), expected, rtol=1e-6)


def test_pearson_takes_half_precision():
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


@pytest.mark.parametrize("function", [np.mean, np.std, np.median])
def test_interval_holds_the_value_and_is_the_same_each_time(function):
    table = {"x": np.random.default_rng(6).normal(size=300)}
    wanted = {"it": metrics.Statistic(("x",), lambda x: function(x, axis=-1), "nm")}
    score = metrics.scores(table, wanted)["it"]
    assert score.value == pytest.approx(function(table["x"]))
    assert score.low < score.value < score.high
    assert score.unit == "nm"
    assert metrics.scores(table, wanted)["it"] == score
    assert metrics.scores(table, wanted, seed=1)["it"] != score


def test_interval_of_a_mean_has_the_textbook_width():
    values = np.random.default_rng(7).normal(size=1000)
    score = mean_of(values).score
    expected = 2 * 1.96 * values.std() / np.sqrt(len(values))
    assert score.high - score.low == pytest.approx(expected, rel=0.1)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    """Of 200 experiments 190 are expected to; four standard deviations are 12."""
    rng = np.random.default_rng(8)
    scores = [mean_of(rng.normal(size=100), resamples=300).score for _ in range(200)]
    covered = sum(s.low <= 0 <= s.high for s in scores)
    assert 176 <= covered <= 199


def test_resamples_of_tables_of_equal_length_are_the_same():
    """So differences of replicates are paired: a shift moves each by the same."""
    values = np.random.default_rng(12).normal(size=900)
    first, second = mean_of(values), mean_of(values + 2.5)
    assert first.replicates.shape == (metrics.RESAMPLES,)
    assert first.replicates.std() > 0
    np.testing.assert_allclose(second.replicates - first.replicates, 2.5, rtol=1e-12)
    # whatever else is computed from the table
    statistics = {"other": metrics.Statistic(("y",), lambda y: y.max(axis=-1)), "mean": MEAN}
    among = metrics.estimates({"y": values**2, "x": values}, statistics)["mean"]
    np.testing.assert_array_equal(among.replicates, first.replicates)


def test_columns_are_resampled_together():
    values = np.random.default_rng(13).normal(size=50)
    same = metrics.Statistic(("x", "y"), lambda x, y: abs(x - y).max(axis=-1))
    found = metrics.estimates({"x": values, "y": values}, {"difference": same})["difference"]
    assert (found.replicates == 0).all()


def test_pieces_give_what_the_whole_gives(donors, maps):
    predicted, true = donors
    whole = NUMBERS.errors(predicted, true, (S, N_D))
    cuts = (slice(0, 3), slice(3, 128), slice(128, None))
    parts = [
        NUMBERS.errors(
            {n: v[c] for n, v in predicted.items()}, {n: v[c] for n, v in true.items()}, (S, N_D)
        )
        for c in cuts
    ]
    statistics = NUMBERS.statistics((S, N_D))
    assert metrics.scores(metrics.joined(parts), statistics) == metrics.scores(whole, statistics)
    parts = [metrics.compare_maps(*(m[c] for m in maps)) for c in (slice(0, 7), slice(7, None))]
    for name, values in metrics.compare_maps(*maps).items():
        np.testing.assert_array_equal(metrics.joined(parts)[name], values)


@pytest.mark.parametrize("count", [0, 1])
def test_one_sample_has_no_interval(count):
    with pytest.raises(UsageError, match=f"2 samples or more; got {count}"):
        mean_of(np.ones(count))


def test_number_scores_by_hand():
    true = np.array([1.0, 2.0, 4.0, 5.0])
    error = np.array([0.1, -0.2, 0.4, 0.1])
    scores = number_scores({"s": true + error}, {"s": true})
    expected = {
        "s error std": (error.std(), "nm"),
        "s error std relative": ((error / true).std(), "1"),
        "s bias": (0.1, "nm"),
        "s mae": (0.2, "nm"),
        "s rmse": (np.sqrt(0.22 / 4), "nm"),
    }
    for name, (value, unit) in expected.items():
        assert scores[name].value == pytest.approx(value)
        assert scores[name].unit == unit


def test_number_scores_are_torchmetrics(donors):
    predicted, true = donors
    scores = number_scores(predicted, true, (S, N_D))
    for name in ("s", "n_d"):
        pair = torch.from_numpy(predicted[name]), torch.from_numpy(true[name])
        rmse = functional.mean_squared_error(*pair, squared=False)
        assert scores[f"{name} rmse"].value == pytest.approx(float(rmse), rel=1e-12)
        mae = functional.mean_absolute_error(*pair)
        assert scores[f"{name} mae"].value == pytest.approx(float(mae), rel=1e-12)


def test_numbers_may_have_an_axis_of_one_and_any_precision():
    true = {"s": np.array([40.0, 70.0], np.float32)}
    table = NUMBERS.errors({"s": np.array([[41.0], [69.0]], np.float16)}, true, (S,))
    np.testing.assert_array_equal(table["s error"], [1.0, -1.0])
    assert table["s error"].dtype == np.float64


def test_the_mean_as_prediction_has_the_spread_of_the_values():
    true = np.random.default_rng(9).uniform(40, 70, size=500)
    scores = number_scores({"s": np.full(500, true.mean())}, {"s": true})
    assert scores["s error std"].value == pytest.approx(true.std())
    assert scores["s bias"].value == pytest.approx(0, abs=1e-12)


def test_skill_is_one_for_the_truth_and_zero_for_the_reference(donors):
    _, true = donors
    perfect = number_scores(true, true, (S, N_D))
    constant = {t.column: np.full(200, t.reference) for t in (S, N_D)}
    trivial = number_scores(constant, true, (S, N_D))
    for name in ("skill", "s skill", "n_d skill"):
        assert (perfect[name].value, perfect[name].low) == (1.0, 1.0)
        assert (trivial[name].value, trivial[name].high) == (0.0, 0.0)


def test_skill_by_hand():
    """Half the reference's error in s, twice it in N_d."""
    true = {"s": np.array([45.0, 65.0]), "n_d": np.array([1.0, 1.1])}
    predicted = {"s": np.array([50.0, 60.0]), "n_d": np.array([1.1, 1.0])}
    scores = number_scores(predicted, true, (S, N_D))
    assert scores["s skill"].value == pytest.approx(0.5)
    assert scores["n_d skill"].value == pytest.approx(-1.0)
    assert scores["skill"].value == pytest.approx(-0.25)


def test_error_of_a_sample_is_in_units_of_the_references():
    true = {"s": np.array([55.0, 55.0]), "n_d": np.array([1.05, 1.05])}
    predicted = {"s": np.array([60.5, 55.0]), "n_d": np.array([1.05, 2.10])}
    table = NUMBERS.errors(predicted, true, (S, N_D))
    np.testing.assert_allclose(table["error"], [0.1 / np.sqrt(2), 1 / np.sqrt(2)])


def test_without_a_reference_there_is_no_skill():
    assert not [n for n in NUMBERS.statistics((metrics.Target("s", "nm"),)) if "skill" in n]


def test_landscape_scores(maps):
    predicted, true = maps
    scores = map_scores(predicted, true)
    r = metrics.pearson(predicted, true)
    assert scores["pearson r median"].value == pytest.approx(np.median(r))
    assert scores["pearson r mean"].value == pytest.approx(r.mean())
    assert scores["pearson r worst"].value == r.min()
    assert scores["pearson r above 0.99"].value == 0
    expected = np.sqrt(((predicted - true) ** 2).mean() / (true**2).mean())
    assert scores["relative rms error"].value == pytest.approx(expected)
    for score in scores.values():
        assert score.low <= score.value <= score.high


def test_share_above_counts_samples(maps):
    predicted, true = maps
    mixed = np.concatenate([true[:5], predicted[5:]])
    assert map_scores(mixed, true)["pearson r above 0.99"].value == 0.25


def test_a_perfect_and_an_empty_landscape(maps):
    _, true = maps
    perfect = map_scores(true, true)
    assert perfect["pearson r worst"].value == pytest.approx(1.0)
    assert perfect["pearson r above 0.99"].value == 1
    assert perfect["relative rms error"].value == 0
    zero = map_scores(np.zeros_like(true), true)
    assert zero["pearson r median"].value == 0
    assert zero["relative rms error"].value == pytest.approx(1.0)


@pytest.fixture
def series():
    """Coefficients of two landscapes, predicted and true, and their donors' distance."""
    rng = np.random.default_rng(10)
    shape = (2, len(coulomb.wave_vectors(50.0, Strip()).length), 2)
    true = rng.normal(size=shape)
    return true + 0.3 * rng.normal(size=shape), true, np.full(2, 50.0)


def test_landscapes_of_coefficients(series):
    fourier, _, s = series
    expected = coulomb.landscape(fourier[..., 0] + 1j * fourier[..., 1], 50.0)
    np.testing.assert_array_equal(metrics.landscapes_of(fourier, s), expected)


def test_coefficients_are_compared_as_the_landscapes_they_make(series):
    predicted, true, s = series
    family, target = metrics.FAMILIES["coefficients"], (metrics.Target("fourier", "1"),)
    potential = metrics.landscapes_of(true, s)
    assert family.truth(target) == ("potential", "s")
    found = family.errors({"fourier": predicted}, {"potential": potential, "s": s}, target)
    made = metrics.landscapes_of(predicted, s)
    potentials = metrics.FAMILIES["potentials"]
    expected = potentials.errors({"potential": made}, {"potential": potential}, (POTENTIAL,))
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    assert family.statistics(target).keys() == potentials.statistics((POTENTIAL,)).keys()


def test_a_landscape_is_compared_with_the_density_that_was_given(monkeypatch):
    """Without the truth: the right landscape explains it, a flat one does not; noise is seen."""
    sample = mesoinv.generate("pldos", "landscape", "test", [0, 1, 16])
    right, density = sample["potential"].astype(float), sample["pldos"].astype(float)
    wild = right.copy()
    wild[2] = 1e30
    noisy = density * (1 + 0.1 * np.random.default_rng(0).normal(size=density.shape))
    given = {"potential": right, "pldos": density, "index": sample["index"]}

    def refusing(potential):
        if potential.max() > 1e3:
            raise MesoinvError("too high")
        return 10 * density[:1]

    family = metrics.FAMILIES["potentials"]

    def misfit(predicted, **changes):
        return family.errors({"potential": predicted}, given | changes, (POTENTIAL,))["data misfit"]

    assert misfit(right)[[0, 2]].max() < 1e-3
    assert np.isnan(misfit(right)[1])  # one sample in sixteen is enough
    assert 0.3 < misfit(np.zeros_like(right))[0] < 3
    assert misfit(wild)[0] < 1e-3
    assert misfit(wild)[2] == pytest.approx(1)  # no electron enters
    assert misfit(right, pldos=noisy)[0] == pytest.approx(0.1, rel=0.05)
    table = family.errors({"potential": right}, given, (POTENTIAL,))
    scores = metrics.scores(table, family.statistics((POTENTIAL,)))
    assert scores["data misfit median"].value < 1e-3
    with monkeypatch.context() as patched:
        patched.setattr("mesoinv.generators.pldos.partial_ldos", refusing)
        assert misfit(wild)[2] == 10
        assert misfit(wild)[0] == pytest.approx(9)
    del given["pldos"]
    table = family.errors({"potential": right}, given, (POTENTIAL,))
    assert "data misfit median" not in metrics.scores(table, family.statistics((POTENTIAL,)))


def test_families_tell_which_error_they_show(maps, donors):
    assert NUMBERS.error in NUMBERS.errors(*donors, (S, N_D))
    assert LANDSCAPE.error in metrics.compare_maps(*maps)
    assert (NUMBERS.error_better, LANDSCAPE.error_better) == ("low", "high")
