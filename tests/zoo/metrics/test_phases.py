"""Scores of phases: where a curve crosses one half, by hand, against scipy, and resampled."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo import metrics
from mesoinv.zoo.metrics.crossings import crossing

PHASES = metrics.FAMILIES["phases"]
TARGET = (metrics.Target("label", "1", 6.2),)
GRID = 6.2 * np.arange(1, 101) / 50


def table_of(probability, disorder, energy=0.0):
    disorder = np.asarray(disorder, dtype=float)
    true = {
        "label": (disorder < 6.2).astype(np.int64),
        "disorder": disorder,
        "energy": np.broadcast_to(energy, disorder.shape),
    }
    return PHASES.errors({"label": np.asarray(probability)[:, None]}, true, TARGET)


def scores(*arguments, **options):
    found = metrics.scores(table_of(*arguments, **options), PHASES.statistics(TARGET))
    return {name: score.value for name, score in found.items()}


def sigmoid(disorder, centre, width=0.5):
    return 1 / (1 + np.exp((disorder - centre) / width))


@pytest.mark.parametrize("centre", [0.5, 3.394, 6.2, 7.77, 12.0])
def test_a_smooth_curve_crosses_where_it_does(centre):
    found = scores(sigmoid(GRID, centre), GRID)
    assert found["crossing"] == pytest.approx(centre, abs=2e-3)
    assert found["crossing error"] == pytest.approx(100 * (centre / 6.2 - 1), abs=0.05)
    assert found["crossing accuracy"] == pytest.approx(1 - abs(centre / 6.2 - 1), abs=5e-4)


def test_a_truth_that_is_known_crosses_half_a_step_below():
    """At W_c itself the label is 0: the step is between the 49th strength and it."""
    found = scores((GRID < 6.2).astype(float), GRID)
    assert found["crossing"] == pytest.approx(6.2 * 49.5 / 50)
    assert found["accuracy"] == found["accuracy far from W_c"] == 1
    assert found["log loss"] == pytest.approx(0, abs=2e-6)


@pytest.mark.parametrize(("value", "expected"), [(0.5, 0.0), (0.2, 0.0), (0.7, 12.4), (1.0, 12.4)])
def test_a_constant_does_not_cross(value, expected):
    found = scores(np.full(100, value), GRID)
    assert found["crossing"] == pytest.approx(expected)
    assert found["crossing accuracy"] == pytest.approx(0, abs=1e-12)
    assert found["log loss"] >= np.log(2)


def test_by_hand():
    disorder = np.array([1.0, 2, 2, 4, 4, 5])
    probability = np.array([0.9, 0.4, 0.8, 0.3, 0.5, 0.0])
    # means 0.9, 0.6, 0.4, 0.0: half way from 2 to 4
    assert float(crossing(probability, disorder)) == pytest.approx(3.0)
    # without those of W = 4: from 0.6 at 2 to 0 at 5, a sixth of the way
    keep = disorder != 4
    assert float(crossing(probability[keep], disorder[keep])) == pytest.approx(2.5)


def test_it_is_where_the_isotonic_fit_passes_one_half():
    rng = np.random.default_rng(0)
    for _ in range(50):
        disorder = np.sort(rng.choice(GRID, 400))
        probability = np.clip(sigmoid(disorder, 6.0, 2.0) + rng.normal(0, 0.3, 400), 0, 1)
        strengths, place = np.unique(disorder, return_inverse=True)
        count = np.bincount(place)
        fit = isotonic_regression(
            np.bincount(place, probability) / count, weights=count, increasing=False
        ).x
        last = np.flatnonzero(fit > 0.5)[-1]
        found = float(crossing(probability, disorder))
        assert strengths[last] <= found <= strengths[last + 1]


def test_resamples_together_and_one_by_one():
    rng = np.random.default_rng(1)
    disorder, probability = rng.choice(GRID, 60), rng.random(60)
    rows = rng.integers(60, size=(20, 60))
    together = crossing(probability[rows], disorder[rows])
    alone = [float(crossing(probability[row], disorder[row])) for row in rows]
    np.testing.assert_allclose(together, alone)
    assert crossing(probability[None, None], disorder[None, None]).shape == (1, 1)


def test_order_and_repetition_do_not_matter():
    rng = np.random.default_rng(2)
    probability = np.clip(sigmoid(GRID, 5.0) + rng.normal(0, 0.1, 100), 0, 1)
    order = rng.permutation(100)
    expected = float(crossing(probability, GRID))
    assert float(crossing(probability[order], GRID[order])) == pytest.approx(expected)
    assert float(crossing(np.tile(probability, 3), np.tile(GRID, 3))) == pytest.approx(expected)


def test_intervals_hold_the_truth():
    """Of 20 data sets 19 are expected to; with 16 or more the chance of a false alarm is 3e-3."""
    rng = np.random.default_rng(3)
    disorder, inside = np.tile(GRID, 20), 0
    statistics = {"crossing": PHASES.statistics(TARGET)["crossing"]}
    for _ in range(20):
        decided = (rng.random(2000) < sigmoid(disorder, 6.0)).astype(float)
        found = metrics.scores(table_of(decided, disorder), statistics, resamples=100)
        inside += found["crossing"].low < 6.0 < found["crossing"].high
    assert inside >= 16


def test_states_in_the_gap_are_counted_alone():
    energy = np.array([-0.6, -0.4, 0.0, 0.49, 0.5, 2.0])
    probability = [0.9, 0.9, 0.2, 0.8, 0.1, 0.1]
    table = table_of(probability, np.full(6, 1.0), energy=energy)
    statistic = PHASES.statistics(TARGET)["accuracy in the gap"]
    columns = [table[name] for name in statistic.columns]
    assert float(statistic.function(*columns)) == pytest.approx(2 / 3)
    assert np.isnan(statistic.function(*(c[-2:] for c in columns)))


def test_the_critical_disorder_is_that_of_the_configuration():
    task = get_task("wavefunctions-su2")
    assert [t.reference for t in task.targets_of("E = 0")] == [6.2]
    assert [t.reference for t in task.targets_of()] == [0.0]  # each system has its own
    assert {"critical_disorder", "system"} <= set(task.truth)
    assert not {"critical_disorder", "system"} & set(task.truth_of("E = 0"))
    donors = get_task("pldos-donors")
    assert [t.reference for t in donors.targets_of("weaker")] == [75.0, 0.45]


def test_each_system_has_its_crossing():
    """Of the four together: the mean of the four alone, each against its own W_c."""
    rng = np.random.default_rng(5)
    critical = np.array([5.953, 5.165, 3.394, 5.838])
    shift = np.array([1.0, 0.9, 1.2, 0.97])
    system = np.arange(2000) % 4
    disorder = critical[system] * (np.arange(2000) // 4 % 100 + 1) / 50
    chance = sigmoid(disorder / critical[system], shift[system], 0.1)
    probability = np.clip(chance + rng.normal(0, 0.01, 2000), 0, 1)
    target = (metrics.Target("label", "1", reference=0.0),)
    true = {
        "label": (disorder < critical[system]).astype(int), "disorder": disorder,
        "energy": np.zeros(2000), "critical_disorder": critical[system], "system": system,
    }  # fmt: skip
    table = PHASES.errors({"label": probability}, true, target)
    statistics = PHASES.statistics(target)
    values = {
        name: float(s.function(*(table[c] for c in s.columns))) for name, s in statistics.items()
    }
    errors = [values[f"crossing error, {name}"] for name in ("E = 1", "E = 2", "E = 3", "Ando")]
    np.testing.assert_allclose(errors, 100 * (shift - 1), atol=1.0)
    for number, error in enumerate(errors):
        of = system == number
        alone = float(crossing(probability[of], disorder[of])) / critical[number] - 1
        assert error == pytest.approx(100 * alone, abs=1e-6)
    assert values["mean crossing error"] == pytest.approx(np.abs(errors).mean())
    assert values["mean crossing accuracy"] == pytest.approx(1 - np.abs(errors).mean() / 100)
    # resamples together and one by one, of which some lack a strength or a system
    rows = rng.integers(0, 2000, (5, 2000))
    rows[0] = rng.integers(0, 20, 2000) * 4
    for name in ("mean crossing accuracy", "crossing error, E = 1"):
        columns = [table[c] for c in statistics[name].columns]
        together = statistics[name].function(*(c[rows[1:]] for c in columns))
        alone = [statistics[name].function(*(c[r] for c in columns)) for r in rows[1:]]
        np.testing.assert_allclose(together, alone, rtol=1e-12)
    assert np.isnan(
        statistics["crossing error, Ando"].function(
            *(table[c][rows[0]] for c in statistics["crossing error, Ando"].columns)
        )
    )


def test_it_must_be_known():
    with pytest.raises(UsageError, match="critical disorder"):
        PHASES.errors({}, {}, (metrics.Target("label", "1"),))
    with pytest.raises(UsageError, match="One target"):
        PHASES.truth([*TARGET, *TARGET])
