"""Small models and recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import yaml

from mesoinv.zoo.config import ModelConfig, Quantity
from mesoinv.zoo.model import Model
from mesoinv.zoo.recipe import Recipe, read_recipe
from mesoinv.zoo.training.train import Setting
from mesoinv.zoo.transforms import Affine, Log

if TYPE_CHECKING:
    from pathlib import Path

TRAIN, VALIDATION = 12, 4
#: Shape of a sample of the small models.
SHAPE = (16, 24)


def small_config(**changes: Any) -> ModelConfig:
    """Two numbers from a small map, with every part of a configuration in use."""
    values: dict[str, Any] = {
        "name": "pldos-donors-cnn.small",
        "architecture": "conv_regressor",
        "hyperparameters": {"filters": [2], "dense": [3]},
        "mesoinv": "0.1.0",
        "dataset": "pldos",
        "dataset_version": "1.0.0",
        "config": "global",
        "task": "donors",
        "inputs": [Quantity("pldos", "1/t", list(SHAPE), 0.4, 0.8)],
        "outputs": [Quantity("s", "nm", [], 40.0, 70.0), Quantity("n_d", "1", [], 0.6, 1.5)],
        "input_transforms": [Log(0.01), Affine(0.1, 2.0)],
        "output_transforms": [Affine([55.0, 1.0], [9.0, 0.3])],
    }
    return ModelConfig(**(values | changes))


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


def recipe_data(**changes: Any) -> dict[str, Any]:
    """A training of seconds on the few samples of the fixtures."""
    return {
        "description": "Tiny",
        "dataset": "pldos",
        "config": "global",
        "task": "donors",
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
        "augmentation": ["mirror"],
        "schedule": "cosine",
        "batch_size": 4,
        "epochs": 2,
    } | changes


def write_recipe(folder: Path, name: str = "pldos-donors-cnn.tiny", **changes: Any) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(recipe_data(**changes), allow_unicode=True), encoding="utf-8")
    return path


def tiny_recipe(folder: Path, **changes: Any) -> Recipe:
    return read_recipe(write_recipe(folder, **changes))


def tiny_setting(folder: Path, cache: Path, **changes: Any) -> Setting:
    return Setting(runs=folder / "runs", cache=cache, **changes)
