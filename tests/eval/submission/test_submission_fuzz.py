"""Damaged submissions end in a list of problems, whatever was damaged: nothing else is raised."""

import json
import random
import warnings

import pytest
import torch
from submission_helpers import TASK, toy_task, with_model, with_predictions

from mesoinv.eval.submission import Problem, check_submission

torch.set_num_threads(1)

#: What is put in place of a value.
VALUES = [
    None, True, -1, 0, 2**70, 1.5, 1e308, float("nan"), float("inf"), "", "x" * 300, "\u202e",
    "../..", [], [[]], [1], ["a", 2], {}, {"a": 1}, {"kind": "pool", "factor": 0},
    {"kind": "log", "floor": 1}, [{"kind": []}], [{"kind": "affine", "shift": [], "scale": []}],
]  # fmt: skip


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    return {TASK: toy_task(tmp_path_factory.mktemp("tasks"))}


def check(folder, tasks):
    found = check_submission(folder, tasks=tasks)
    assert all(isinstance(problem, Problem) for problem in found)
    assert all(str(problem).isprintable() for problem in found)


def flip(data, rng):
    changed = bytearray(data)
    for _ in range(rng.choice([1, 3, 30])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed[: rng.choice([len(changed), rng.randrange(len(changed))])])


@pytest.mark.parametrize(
    "name", ["submission.yaml", "model/config.json", "model/model.safetensors"]
)
def test_bytes_of_a_model(tmp_path, tasks, name):
    folder, rng = with_model(tmp_path / "mine"), random.Random(name)
    original = (folder / name).read_bytes()
    for _ in range(60):
        (folder / name).write_bytes(flip(original, rng))
        check(folder, tasks)


def test_bytes_of_predictions(tmp_path, tasks):
    folder, rng = with_predictions(tmp_path / "mine"), random.Random(0)
    path = folder / "predictions.parquet"
    original = path.read_bytes()
    for _ in range(12):  # each starts a process
        path.write_bytes(flip(original, rng))
        check(folder, tasks)


def test_values_of_a_configuration(tmp_path, tasks):
    folder = with_model(tmp_path / "mine")
    path = folder / "model" / "config.json"
    config = json.loads(path.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for value in VALUES[::2]:
            output = config["outputs"][0]
            for places in (config, config["inputs"][0], output, output["transforms"][0]):
                for key in places:
                    before = places[key]
                    places[key] = value
                    path.write_text(json.dumps(config))
                    check(folder, tasks)
                    places[key] = before


@pytest.mark.parametrize(
    ("architecture", "names"),
    [
        ("conv_regressor", ["filters", "dense", "first_kernel", "batch_norm"]),
        ("constant", ["x"]),
        ("linear", ["regularisation"]),
        ("encoder_decoder", ["maps"]),
        ("unet", ["channels", "blocks", "patch"]),
        ("landscape_observer", ["columns", "s", "n_d", "landscape"]),
        ("timm", ["model", "pretrained", "arguments"]),
    ],
)
def test_hyperparameters(tmp_path, tasks, architecture, names):
    folder = with_model(tmp_path / "mine")
    path = folder / "model" / "config.json"
    config = json.loads(path.read_bytes()) | {"architecture": architecture}
    for value in VALUES[1::2] if architecture == "timm" else VALUES:
        for name in names:
            config["hyperparameters"] = {name: value}
            path.write_text(json.dumps(config))
            check(folder, tasks)
