"""From a folder to the scores that the board shows."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from submission_helpers import (
    SAMPLES,
    TASK,
    good_values,
    toy_model,
    toy_task,
    with_model,
    with_predictions,
    write_predictions,
)

from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.eval.scoring.results import read_result
from mesoinv.eval.submission import SubmissionError, score_submission, write_template
from mesoinv.eval.submission.baselines import baselines
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.zoo.declared.config import WEIGHTS, read_config, weights_digest
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT, Score, Subject
from mesoinv.zoo.publish.results import score_line

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    return {TASK: toy_task(tmp_path_factory.mktemp("tasks"))}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_predictions(tmp_path, tasks, cache):
    folder = with_predictions(tmp_path / "mine", parameters=7)
    result = score_submission(folder, tasks=tasks, cache=cache)
    found = result.evaluation
    assert found.samples == SAMPLES
    assert found.scores["strength rmse"].value == pytest.approx(0.02 / np.sqrt(2), rel=0.05)
    assert (found.subject.name, found.subject.parameters) == ("my-net.v1", 7)
    assert (found.subject.training_samples, found.subject.licence) == (1000, "CC-BY-4.0")
    assert read_result(result.save(tmp_path / "out")).evaluation == found


def test_model(tmp_path, tasks, cache):
    folder = with_model(tmp_path / "mine")
    found = score_submission(folder, tasks=tasks, cache=cache).evaluation
    same = evaluate(folder / "model", tasks[TASK], cache=cache).evaluation
    assert found.scores == same.scores
    assert found.subject.digest == same.subject.digest
    assert found.subject.parameters == sum(p.numel() for p in toy_model().parameters())


def test_wrong_ones_are_not_scored(tmp_path, tasks, cache, monkeypatch):
    monkeypatch.setattr("mesoinv.eval.submission.check.evaluate", None)
    folder = with_predictions(tmp_path / "mine", name="-")
    with pytest.raises(SubmissionError, match="name: "):
        score_submission(folder, tasks=tasks, cache=cache)
    with_predictions(folder)
    write_predictions(folder / "predictions.parquet", good_values() * np.inf)
    with pytest.raises(SubmissionError, match="NaN"):
        score_submission(folder, tasks=tasks, cache=cache)


def test_a_model_that_predicts_nan(tmp_path, tasks, cache):
    folder = with_model(tmp_path / "mine")
    path = folder / "model" / WEIGHTS
    tensors = load_file(path)
    next(iter(tensors.values())).fill_(float("nan"))  # mesoinv itself does not write such weights
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(MesoinvError, match="NaN or infinity for sample 0"):
        score_submission(folder, tasks=tasks, cache=cache)


def test_whatever_a_model_raises_is_a_failure_of_its_own(tmp_path, tasks, cache, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("shape\x1b[2J")

    monkeypatch.setattr("mesoinv.eval.submission.check.evaluate", fail)
    with pytest.raises(MesoinvError, match=r"my-net.v1 cannot be scored: shape\\x1b"):
        score_submission(with_model(tmp_path / "mine"), tasks=tasks, cache=cache)


def test_template_is_not_written_over(tmp_path):
    path = write_template(tmp_path / "new", "pldos-donors")
    assert "task: pldos-donors" in path.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="exists already"):
        write_template(tmp_path / "new", "pldos-donors")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot be written|exists already"):
        write_template(tmp_path / "file", "pldos-donors")


def test_score_line_and_baselines(tmp_path, tasks, cache, monkeypatch):
    result = score_submission(with_predictions(tmp_path / "mine"), tasks=tasks, cache=cache)
    line = score_line(result.evaluation)
    assert line.startswith("skill 0.9")
    assert line.endswith("(95 %), the 100 samples of plain/test")
    assert baselines(result.evaluation) == []
    weights = tmp_path / "weights"
    kinds = {
        "a": ("constant", 0.0), "b": ("unet", 0.5), "c": ("unet", 0.7), "d": ("linear", 0.1),
        "f": ("constant", -0.1), "g": ("unet", 0.9), "h": ("linear", 0.2),
        "i": ("unet", 0.95),
    }  # fmt: skip
    others = {"g": {"split": "validation"}, "h": {"task": "toy-other"}}
    for name, (architecture, value) in kinds.items():
        folder = toy_model().save_pretrained(weights / name)
        known = weights_digest(folder), read_config(folder).interface
        evaluation = replace(
            result.evaluation,
            subject=Subject(name, *known, architecture=architecture),
            scores={"skill": Score(value, value, value, "1")},
            **others.get(name, {}),
        )
        replace(result, evaluation=evaluation).save(folder / EVALUATIONS / TASK)
    (weights / "d" / EVALUATIONS / TASK / RESULT).write_text("damaged")
    toy_model(hyperparameters={"filters": [3]}).save_pretrained(weights / "i")  # trained again
    monkeypatch.setattr("mesoinv.zoo.declared.models.LOCAL_WEIGHTS", weights)
    monkeypatch.setattr("mesoinv.eval.submission.baselines.list_models", lambda: [*kinds, "e"])
    assert baselines(result.evaluation) == [
        ("trivial baseline a", Score(0.0, 0.0, 0.0, "1")),
        ("best baseline c", Score(0.7, 0.7, 0.7, "1")),
    ]
