"""Scores of the strength of the disorder as one of 17 classes."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.generators.solvers.anderson3d.paper_grid import DISORDERS
from mesoinv.zoo import metrics

TARGET = (metrics.Target("disorder_class", "1"),)
FAMILY = metrics.FAMILIES["disorder_classes"]


def scores(predicted, true):
    given = ({"disorder_class": np.array(v, dtype=float)} for v in (predicted, true))
    table = FAMILY.errors(*given, TARGET)
    made = metrics.scores(table, FAMILY.statistics(TARGET), resamples=20)
    return {name: score.value for name, score in made.items()}


def test_steps_between_classes_differ():
    # 15.25 for 15, 16.3 for 16.2, 18 right
    made = scores([1, 6, 16], [0, 5, 16])
    assert made["accuracy"] == pytest.approx(1 / 3)
    assert made["accuracy within one"] == 1
    assert made["mean distance"] == pytest.approx(2 / 3)
    assert made["mean distance in w"] == pytest.approx((0.25 + 0.1) / 3)
    assert made["bias in w"] == pytest.approx((0.25 + 0.1) / 3)


def test_answers_beyond_the_classes_count_as_the_last_ones():
    made = scores([-3, 40], [0, 16])
    assert made["mean distance in w"] == 0
    assert made["accuracy"] == 0


def test_a_constant():
    true = np.arange(17)
    made = scores(np.full(17, 8), true)
    assert made["accuracy"] == pytest.approx(1 / 17)
    strengths = np.array(DISORDERS)
    assert made["mean distance in w"] == pytest.approx(abs(strengths - 16.5).mean())
