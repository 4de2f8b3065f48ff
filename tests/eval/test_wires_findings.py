"""The report on wires: sentences that follow from numbers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mesoinv.eval.board.records import Cell, Row
from mesoinv.eval.board.rows import Entry
from mesoinv.eval.reports.conductance import findings
from mesoinv.eval.reports.conductance.scores import Scored
from mesoinv.eval.tasks import get_task
from mesoinv.zoo.declared.config import ModelConfig
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.metrics import Score

BETTER = "conductance-model2-resnet.full"


def known(task, mae, name="conductance-model2-count.full", kind="trivial", mean=None):
    """One model with a given error."""
    declared = get_task(task)
    column = declared.targets[0].column
    row = Row(name, name, kind, None, {f"{column} mae": Cell(mae, mae - 0.001, mae + 0.001)})
    config = tiny_config(name)
    answer = None if mean is None else Score(mean, mean, mean, "2e²/h")
    return Scored(declared, (Entry(row, None),), (), answer, {name: config})


def tiny_config(name):
    return ModelConfig(
        name, read_recipe(name).architecture, {}, "", "conductance", "1.0.0", "", "", [], []
    )


@pytest.mark.parametrize(
    ("task", "mean", "expected"),
    [
        ("model1-20x20", 0.32, "0.38 is larger than the 0.320 of always answering the mean. It is "
         "worse than no network"),
        ("model1-10x10", 0.329, "about equal to the 0.329 of always answering the mean. It removes "
         "6 % of that error: next to nothing."),
        ("model1-3x3", 0.3, "0.1 is smaller than the 0.300 of always answering the mean. It "
         "removes 67 % of that error."),
        ("model1-20x20", 0.5, "0.38 is smaller than the 0.500"),
    ],
)  # fmt: skip
def test_sentences_on_the_mean_follow_the_numbers(task, mean, expected):
    name = "conductance-model1-3x3-constant.full"
    (said,) = findings.against_the_mean([known(f"conductance-{task}", 0.3, name, mean=mean)])
    assert expected in said


@pytest.mark.parametrize(
    ("task", "count", "expected"),
    [
        ("model2", 0.17, "0.17, about equal to the paper's 0.18. The number of"),
        ("model2-mean", 0.095, "0.095, about equal to the paper's 0.095. The number of"),
        ("model3", 0.2, "0.2, smaller than the paper's 0.26. The number of"),
        ("model2", 0.36, "0.36, larger than the paper's 0.18. The paper's network removes 50 %"),
    ],
)
def test_sentences_on_counting_follow_the_numbers(task, count, expected):
    (said,) = findings.against_counting([known(f"conductance-{task}", count)])
    assert expected in said
    assert "Our best" not in said


def test_gain_over_counting_is_that_of_our_best():
    found = known("conductance-model2", 0.2)
    better = known("conductance-model2", 0.15, BETTER, "baseline")
    both = replace(
        found, entries=(*found.entries, *better.entries), configs=found.configs | better.configs
    )
    (said,) = findings.against_counting([both])
    assert said.endswith(f"Our best, `{BETTER}`, removes 25 %.")
    (said,) = findings.against_the_paper([both])
    assert "reaches 0.15 2e²/h, below the paper's 0.18." in said


@pytest.mark.parametrize("sign", [1, -1])
def test_share_beyond_counting_is_that_of_the_places(sign):
    rng = np.random.default_rng(0)
    count, places, other = rng.normal(size=(3, 40_000))
    true = 5 * count + places + 2 * other  # a fifth of what counting leaves is of the places
    predicted = {"count": 5 * count, "network": 5 * count + sign * 0.5 * places}

    def entry(name):
        table = {"conductance true": true, "conductance error": predicted[name] - true}
        return Entry(Row(name, name, "baseline", None, {}), SimpleNamespace(table=table))

    found = known("conductance-model2", 0.2)
    share = findings.explained(found, entry("count"), entry("network"))
    assert share == pytest.approx(0.2 if sign > 0 else 0.0, abs=0.01)
    assert findings.explained(found, entry("count"), entry("count")) == 0
