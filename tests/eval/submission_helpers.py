"""Small submissions to a task on the toy dataset, sound until a test spoils them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from zoo_helpers import small_model

from mesoinv.eval.tasks import get_task
from mesoinv.generators.pipeline.generate import generate
from mesoinv.zoo.declared.config import Quantity
from mesoinv.zoo.declared.transforms import Affine

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.eval.tasks.task import Task

TASK = "toy-strength"
SAMPLES = 100  # of the toy dataset's test split


def toy_task(folder: Path, **changes: Any) -> Task:
    """Write a declaration and read it: strength of the disorder from the density."""
    values = {
        "title": "Strength",
        "description": "One number from a small map.",
        "dataset": "toy_dataset:DATASET",
        "dataset_version": "1.0.0",
        "config": "plain",
        "split": "test",
        "inputs": ["density"],
        "targets": [{"column": "strength", "unit": "t", "reference": 0.5}],
        "family": "numbers",
        "metrics": ["skill", "strength rmse"],
        "why": "It is the only number.",
        "computed_by": "",
        "published": [],
        "licence": "CC-BY-4.0",
        "citation": "A. Author, Toys 1, 2 (2020)",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{TASK}.yaml"
    path.write_text(yaml.safe_dump(values | changes), encoding="utf-8")
    return get_task(str(path))


def declared(**changes: Any) -> dict[str, Any]:
    """What submission.yaml holds; a change to None takes a key away."""
    values = {
        "task": TASK,
        "name": "my-net.v1",
        "dataset_version": "1.0.0",
        "predictions": "predictions.parquet",
        "authors": [{"name": "Ada Löwe", "orcid": "0000-0002-1825-0097"}, {"name": "李 明"}],
        "training_data": {"samples": 1000, "description": "plain/train", "uses_other_data": False},
        "licence": {"code": "Apache-2.0", "weights": "CC-BY-4.0"},
        "date": "2026-11-20",
    }
    return {k: v for k, v in (values | changes).items() if v is not None}


def write_yaml(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    plain = json.loads(json.dumps(declared(**changes)))  # equal values are no aliases
    text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
    (folder / "submission.yaml").write_text(text, encoding="utf-8")
    return folder


def good_values() -> np.ndarray:
    """Predictions with an error of a few percent."""
    true = generate("toy_dataset:DATASET", "plain", "test", range(SAMPLES))["strength"]
    return (true + 0.02 * np.sin(np.arange(SAMPLES))).astype(np.float32)


def write_predictions(path: Path, values: Any = None, index: Any = None) -> Path:
    values = good_values() if values is None else values
    rows = np.arange(len(values)) if index is None else index
    pq.write_table(pa.table({"index": rows, "strength": values}), path)
    return path


def with_predictions(folder: Path, **changes: Any) -> Path:
    write_yaml(folder, **changes)
    write_predictions(folder / "predictions.parquet")
    return folder


def toy_model(**changes: Any) -> Any:
    values = {
        "name": "toy-net",
        "dataset": "toy_dataset:DATASET",
        "config": "plain",
        "task": TASK,
        "inputs": [Quantity("density", "1/t", [4, 6], 0.2, 0.9)],
        "outputs": [Quantity("strength", "t", [], 0.0, 1.0)],
        "input_transforms": [Affine(0.5, 0.3)],
        "output_transforms": [Affine(0.5, 0.3)],
    }
    return small_model(**(values | changes))


def with_model(folder: Path, **changes: Any) -> Path:
    write_yaml(folder, predictions=None, model="model", **changes)
    toy_model().save_pretrained(folder / "model")
    return folder


def spoil(folder: Path, **changes: Any) -> Path:
    """Change the model's config.json, keeping its weights."""
    path = folder / "model" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes), encoding="utf-8")
    return folder


def spoil_transforms(folder: Path, side: str, steps: Any) -> Path:
    """Give the input (``inputs``) or the output of the model other transforms."""
    (quantity,) = json.loads((folder / "model" / "config.json").read_bytes())[side]
    return spoil(folder, **{side: [quantity | {"transforms": steps}]})
