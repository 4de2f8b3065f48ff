"""Comparisons: paired on the same samples, and ranks that chance may not order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from eval_helpers import COUNT, DONORS, model
from scipy import stats

from mesoinv.eval.scoring.comparison import compare, ranks
from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.eval.scoring.results import Result
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo import metrics
from mesoinv.zoo.metrics import Score

TASK = get_task("pldos-donors")
SAMPLES = 300


@pytest.fixture(scope="module")
def evaluation(report_cache):
    made = model(DONORS)
    found = evaluate(made, TASK, samples=COUNT, cache=report_cache, variants=False)
    return replace(found.evaluation, samples=SAMPLES)


@pytest.fixture
def result(evaluation):
    """Make the result of a model whose errors are `size` times common ones and some of its own."""
    rng = np.random.default_rng(0)
    true = {"s": rng.uniform(40, 70, SAMPLES), "n_d": rng.uniform(0.6, 1.5, SAMPLES)}
    common = {name: rng.normal(0, 0.3 * values.std(), SAMPLES) for name, values in true.items()}

    def make(size, own=0.0, seed=1):
        noise = np.random.default_rng(seed).normal(0, own, SAMPLES)
        predicted = {n: true[n] + size * common[n] + noise * true[n].std() for n in true}
        table = TASK.measures.errors(predicted, true, TASK.targets)
        found = metrics.estimates(table, TASK.statistics())
        scores = {name: estimate.score for name, estimate in found.items()}
        replicates = found[TASK.headline].replicates.tolist()
        known = replace(evaluation, scores=scores, replicates=replicates)
        return Result(known, {"index": np.arange(SAMPLES)} | table)

    return make


def test_differences_are_those_of_a_paired_bootstrap(result):
    """Against resamples drawn here: the same interval, as far as 1000 of them tell."""
    first, second = result(1.0, 0.05), result(1.1, 0.05, seed=2)
    found = compare(first, second)["s rmse"]
    a, b = (r.table["s error"] for r in (first, second))
    rows = np.random.default_rng(5).integers(0, SAMPLES, (4000, SAMPLES))
    drawn = np.sqrt((a[rows] ** 2).mean(axis=1)) - np.sqrt((b[rows] ** 2).mean(axis=1))
    assert found.value == pytest.approx(np.sqrt((a**2).mean()) - np.sqrt((b**2).mean()))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.1 * (high - low))
    assert found.high == pytest.approx(high, abs=0.1 * (high - low))
    assert found.unit == "nm"


def test_differences_of_a_mean_have_the_interval_of_a_paired_t_test(result):
    first, second = result(1.0, 0.1), result(1.0, 0.1, seed=2)
    found = compare(first, second)["s bias"]
    pair = stats.ttest_rel(first.table["s error"], second.table["s error"])
    low, high = pair.confidence_interval(0.95)
    assert found.value == pytest.approx((low + high) / 2)
    assert found.high - found.low == pytest.approx(high - low, rel=0.1)


def test_a_pair_is_compared_more_sharply_than_two_alone(result):
    first, second = result(1.0, 0.02), result(1.1, 0.02, seed=2)
    (a, b), found = (r.headline for r in (first, second)), compare(first, second)["skill"]
    assert a.low < b.high  # their own intervals overlap
    assert found.low > 0


def test_nothing_differs_from_itself(result):
    for score in compare(result(1.0), result(1.0)).values():
        assert (score.value, score.low, score.high) == (0.0, 0.0, 0.0)


def test_a_score_of_a_few_samples_that_resamples_may_miss(result, monkeypatch):
    """Resamples without any of them say nothing; the others make the interval."""

    def estimates(table, statistics, *, seed):
        own = table["own"]
        return {"of few": metrics.Estimate(Score(own, own, own, "1"), np.array([own, np.nan] * 50))}

    one, two = (replace(result(1.0), table={"own": value}) for value in (3.0, 1.0))
    monkeypatch.setattr(metrics, "estimates", estimates)
    assert compare(one, two)["of few"] == Score(2.0, 2.0, 2.0, "1")


def test_every_score_is_compared_and_order_is_sign(result):
    first, second = result(1.0, 0.1), result(1.3, 0.1, seed=2)
    forth, back = compare(first, second), compare(second, first)
    assert list(forth) == list(TASK.statistics())
    for name, score in forth.items():
        assert score.value == pytest.approx(-back[name].value)
        assert (score.low, score.high) == pytest.approx((-back[name].high, -back[name].low))


@pytest.mark.parametrize(
    "change",
    [
        {"task": "pldos-statistics"},
        {"task_digest": "0" * 64},
        {"dataset_version": "1.1.0"},
        {"config": "landscape"},
        {"split": "validation"},
        {"samples": 200},
        {"seed": 1},
        {"resamples": 100},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_samples_cannot_be_compared(change, result):
    first = result(1.0)
    other = Result(replace(first.evaluation, **change), first.table)
    (name, value), *_ = change.items()
    with pytest.raises(UsageError, match=f"cannot be compared: {name} is .* and {value}"):
        compare(first, other)


def test_a_task_of_ones_own_is_handed_over(result):
    mine = replace(TASK, id="mine")
    first, second = (
        Result(replace(r.evaluation, task="mine"), r.table) for r in (result(1), result(2))
    )
    assert compare(first, second, mine)["skill"] == compare(result(1), result(2))["skill"]


# ranks


def ranked(**results):
    return ranks({name: r.evaluation.replicates for name, r in results.items()})


def test_kept_resamples_are_those_of_the_headline(result):
    first = result(1.0, 0.1)
    bounds = np.quantile(first.evaluation.replicates, [0.025, 0.975])
    assert list(bounds) == pytest.approx([first.headline.low, first.headline.high], rel=1e-6)


def test_models_that_differ_have_ranks_in_order(result):
    assert ranked(bad=result(2.0), good=result(0.5), fair=result(1.0), worst=result(3.0)) == {
        "good": 1, "fair": 2, "bad": 3, "worst": 4,
    }  # fmt: skip


def test_models_that_chance_may_have_ordered_share_a_rank(result):
    found = ranked(
        a=result(1.0, 0.2), b=result(1.0, 0.2, seed=2), c=result(1.0, 0.2, seed=3), d=result(4.0)
    )
    assert found == {"a": 1, "b": 1, "c": 1, "d": 4}
    assert ranked(a=result(1.0), b=result(1.0)) == {"a": 1, "b": 1}


def test_equal_to_the_best_and_to_one_that_the_best_beats():
    """A = B and B = C, but A beats C: C alone is second, after the one row that beats it."""
    rng = np.random.default_rng(3)
    common = rng.normal(0, 1.0, 1000)
    noise = rng.normal(0, 0.02, (2, 1000))
    replicates = {
        "a": 0.50 + 0.1 * common + noise[0],
        "b": 0.45 + 0.1 * rng.normal(size=1000),
        "c": 0.40 + 0.1 * common + noise[1],
    }
    assert ranks({k: replicates[k] for k in "ab"}) == {"a": 1, "b": 1}
    assert ranks({k: replicates[k] for k in "bc"}) == {"b": 1, "c": 1}
    assert ranks({k: replicates[k] for k in "ac"}) == {"a": 1, "c": 2}
    assert ranks(replicates) == {"a": 1, "b": 1, "c": 2}


def test_no_rows_and_one_row(result):
    assert ranks({}) == {}
    assert ranked(a=result(1.0)) == {"a": 1}
