"""Models and requests that do not fit a task are refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from eval_helpers import COUNT, DONORS, model, samples
from zoo_helpers import small_config

from mesoinv.eval.scoring.evaluate import score_arrays
from mesoinv.eval.scoring.fit import check_fit
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.zoo.declared.config import Quantity


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "other"}, "it is for other, the task is for pldos"),
        ({"dataset_version": "2.1.0"}, "trained on pldos 2.1.0, the task is on 1.0.0"),
        ({"inputs": [Quantity("potential", "t", [256, 192], 0, 1)]}, "needs potential; the task"),
        ({"outputs": DONORS.outputs[:1]}, "it gives s; the task wants n_d"),
        ({"inputs": [Quantity("pldos", "1/t", [16, 24], 0, 1)]}, r"has shape \[16, 24\] in 1/t"),
        ({"inputs": [Quantity("pldos", "1/eV", [256, 192], 0, 1)]}, "in 1/eV, the task's"),
        ({"outputs": [Quantity("s", "m", [], 0, 1), DONORS.outputs[1]]}, "its s has shape .* in m"),
    ],
)
def test_models_for_something_else_are_refused(changes, message):
    with pytest.raises(UsageError, match=f"a cannot be scored on pldos-donors: .*{message}"):
        check_fit(replace(DONORS, **changes), get_task("pldos-donors"))


def test_a_newer_minor_version_fits():
    check_fit(replace(DONORS, dataset_version="1.7.2"), get_task("pldos-donors"))


def test_evaluate_refuses_what_does_not_fit(evaluate, donors):
    with pytest.raises(UsageError, match=r"small cannot be scored .* \[16, 24\]"):
        evaluate(model(small_config()))
    with pytest.raises(UsageError, match="it gives s, n_d; the task wants potential"):
        evaluate(donors, "pldos-landscape")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "tset"}, "Unknown split 'tset'. Did you mean 'test'"),
        ({"samples": 4001}, "test has 4000 samples; 4001 were asked for"),
        ({"samples": 1}, "samples must be 2 or more, not 1"),
        ({"samples": 0}, "samples must be 2 or more, not 0"),
        ({"samples": -3}, "samples must be 2 or more"),
        ({"key_file": "key"}, "both or none"),
        ({"split": "held-out"}, "both or none"),
        ({"split": "held-out", "key_file": "key", "samples": None}, "--samples"),
        ({"task": "pldos-donor"}, "Did you mean 'pldos-donors'"),
    ],
)
def test_wrong_requests_are_refused(options, message, evaluate, donors):
    with pytest.raises(UsageError, match=message):
        evaluate(donors, **options)


def test_another_major_version_of_the_dataset_is_refused(evaluate, donors):
    task = replace(get_task("pldos-donors"), dataset_version="2.0.0")
    with pytest.raises(UsageError, match=r"is scored on pldos 2\.0\.0; installed is 1\."):
        evaluate(donors, task)


def test_a_folder_without_enough_samples_is_refused(evaluate, donors, built):
    with pytest.raises(MesoinvError, match="holds 6 samples of global/test; 7 are needed"):
        evaluate(donors, data=str(built), samples=7)


@pytest.mark.parametrize("row", [0, 4])
def test_nan_names_the_sample(row, evaluate, report_cache, built, monkeypatch):
    made = model(DONORS)
    whole = made.predict

    def predict(rows, **options):
        found = whole(rows, **options)
        wanted = samples(report_cache, ("s",))["s"][row]
        found["n_d"][rows["s"] == wanted] = np.nan
        return found

    monkeypatch.setattr(made, "predict", predict)
    for options in ({}, {"data": str(built)}):
        with pytest.raises(MesoinvError, match=f"NaN or infinity for sample {row}"):
            evaluate(made, variants=False, **options)


@pytest.mark.parametrize("name", ["pldos-donors", "pldos-landscape", "pldos-fourier"])
def test_the_largest_values_have_scores_that_are_numbers(name, report_cache):
    """What files may hold at most: neither infinite scores nor, by NaN, the first rank."""
    task = get_task(name)
    true = samples(report_cache, (*task.inputs, *task.truth), task.config)
    shapes = {t.column: task.columns()[t.column].shape for t in task.targets}
    rng, largest = np.random.default_rng(0), float(np.finfo(np.float32).max)
    huge = {n: rng.choice([-largest, largest], (COUNT, *shape)) for n, shape in shapes.items()}
    for score in score_arrays(huge, true, task).values():
        assert np.isfinite([score.value, score.low, score.high]).all()
