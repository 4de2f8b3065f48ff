"""Small models and recipes."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
import yaml

from mesoinv.generators.common.records import to_json
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo.declared.config import ModelConfig, Quantity, read_config, weights_digest
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT, Evaluation, Score, Subject
from mesoinv.zoo.declared.objectives import Supervised
from mesoinv.zoo.declared.recipe import Recipe, read_recipe
from mesoinv.zoo.declared.transforms import Affine, Log
from mesoinv.zoo.model.model import Model
from mesoinv.zoo.training.environment import TrainingEnvironment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TRAIN, VALIDATION = 12, 4
#: Shape of a sample of the small models.
SHAPE = (16, 24)


def small_config(**changes: Any) -> ModelConfig:
    """Two numbers from a small map, with every part of a configuration in use.

    `input_transforms` and `output_transforms` are put into the quantities that have none; several
    outputs take each its number of an affine transform of lists.
    """
    values: dict[str, Any] = {
        "name": "pldos-donors-cnn.small",
        "architecture": "conv_regressor",
        "hyperparameters": {"filters": [2], "dense": [3]},
        "mesoinv": "0.1.0",
        "dataset": "pldos",
        "dataset_version": "1.0.0",
        "config": "global",
        "task": "pldos-donors",
        "inputs": [Quantity("pldos", "1/t", list(SHAPE), 0.4, 0.8)],
        "outputs": [Quantity("s", "nm", [], 40.0, 70.0), Quantity("n_d", "1", [], 0.6, 1.5)],
        "input_transforms": [Log(0.01), Affine(0.1, 2.0)],
        "output_transforms": [Affine([55.0, 1.0], [9.0, 0.3])],
    }
    values |= changes
    for side in ("input", "output"):
        steps = values.pop(f"{side}_transforms")
        values[f"{side}s"] = _with_transforms(values[f"{side}s"], steps)
    return ModelConfig(**values)


def _with_transforms(quantities: list[Quantity], steps: Sequence[Any]) -> list[Quantity]:
    several = len(quantities) > 1
    return [
        q if q.transforms else replace(q, transforms=[_own(s, i) if several else s for s in steps])
        for i, q in enumerate(quantities)
    ]


def _own(step: Any, i: int) -> Any:
    """Return what one of several outputs takes of a transform."""
    if isinstance(step, Affine) and isinstance(step.shift, list) and isinstance(step.scale, list):
        return Affine(step.shift[i], step.scale[i])
    return step


def small_model(**changes: Any) -> Model:
    torch.manual_seed(0)
    return Model(small_config(**changes)).eval()


def map_model(**changes: Any) -> Model:
    """A landscape from a map of the same shape."""
    values = {
        "architecture": "encoder_decoder",
        "hyperparameters": {"maps": [2, 3]},
        "outputs": [Quantity("potential", "t", list(SHAPE), -0.1, 0.1)],
        "output_transforms": [Affine(0.0, 0.1)],
    }
    return small_model(**(values | changes))


#: Keys of a supervised objective: `recipe_data` takes them beside the recipe's own.
SUPERVISED = {f.name for f in dataclasses.fields(Supervised)} - {"kind"}


def recipe_data(**changes: Any) -> dict[str, Any]:
    """A training of seconds on the few samples of the fixtures.

    Keys of a supervised objective go into `objective`. Names of columns become inputs and outputs
    with `input_transforms` and `output_transforms`.
    """
    values: dict[str, Any] = {
        "description": "Tiny",
        "dataset": "pldos",
        "config": "global",
        "task": "pldos-donors",
        "inputs": ["pldos"],
        "outputs": ["s", "n_d"],
        "samples": TRAIN,
        "validation": VALIDATION,
        "paper_samples": 72000,
        "architecture": "conv_regressor",
        "hyperparameters": {"filters": [2, 4], "dense": [8]},
        "input_transforms": [
            {"kind": "log", "floor": 0.01},
            {"kind": "pool", "factor": 8},
            {"kind": "standardise"},
        ],
        "output_transforms": [{"kind": "standardise"}],
        "objective": {
            "kind": "supervised",
            "augmentation": ["mirror"],
            "schedule": "cosine",
            "batch_size": 4,
            "epochs": 2,
        },
    } | changes
    if objective := {name: values.pop(name) for name in SUPERVISED & set(values)}:
        values["objective"] = values["objective"] | objective
    for side in ("input", "output"):
        steps, columns = values.pop(f"{side}_transforms"), values[f"{side}s"]
        if isinstance(columns, list):
            values[f"{side}s"] = [
                {"name": name, "transforms": copy.deepcopy(steps)}
                if isinstance(name, str)
                else name
                for name in columns
            ]
    return values


def small_evaluation(model: Path, **changes: Any) -> Evaluation:
    """Scores of the model in a folder, as they are stored."""
    config = read_config(model)
    values: dict[str, Any] = {
        "task": "pldos-donors",
        "task_digest": "0" * 64,
        "dataset": "pldos",
        "dataset_version": "1.0.0",
        "config": "global",
        "split": "test",
        "samples": 4000,
        "subject": Subject(config.name, weights_digest(model), config.interface),
        "headline": "s error std",
        "scores": {
            "s error std": Score(2.3141, 2.25, 2.37, "nm"),
            "s bias": Score(0.01, -0.02, 0.04, "nm"),
        },
        "variants": {},
        "replicates": [2.31, 2.32],
        "resamples": 2,
        "seed": 0,
        "speed": None,
        "mesoinv": "0.1.0",
        "libraries": {"torch": "2"},
        "source": "generate",
        "command": "mesoinv evaluate NAME --task pldos-donors",
    }
    return Evaluation(**(values | changes))


def store(evaluation: Evaluation, model: Path, *split: str) -> Path:
    """Put an evaluation into a model's folder; of another split than the task's, name it."""
    place = model.joinpath(EVALUATIONS, evaluation.task, *split)
    place.mkdir(parents=True, exist_ok=True)
    (place / RESULT).write_text(to_json(evaluation), encoding="utf-8")
    return place


def write_recipe(folder: Path, name: str = "pldos-donors-cnn.tiny", **changes: Any) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(recipe_data(**changes), allow_unicode=True), encoding="utf-8")
    return path


def tiny_recipe(folder: Path, **changes: Any) -> Recipe:
    return read_recipe(write_recipe(folder, **changes))


def tiny_environment(folder: Path, cache: Path, **changes: Any) -> TrainingEnvironment:
    return TrainingEnvironment(SampleSource(cache=cache), runs=folder / "runs", **changes)
