"""What is written beside a model's weights: enough to use them on physical arrays, and to judge them."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mesoinv.generators.pipeline.errors import MesoinvError
from mesoinv.zoo.transforms import Transform

CONFIG = "config.json"
WEIGHTS = "model.safetensors"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Quantity(_Strict):
    """A column that a model takes or gives."""

    column: str
    shape: list[int]
    unit: str
    low: float | None = None  # the range of the training samples
    high: float | None = None


class TrainingRecord(_Strict):
    """How the weights came to be."""

    recipe: str
    samples: int
    paper_samples: int | None
    epochs: int
    seed: int
    precision: str
    seconds: float
    device: str
    machine: str
    libraries: dict[str, str]


class Score(_Strict):
    """One number with a 95 % interval, on a named split."""

    value: float
    low: float
    high: float
    unit: str


class Scores(_Strict):
    """All numbers of one split, and the command that gives them again."""

    split: str
    samples: int
    command: str
    values: dict[str, Score]


class ModelConfig(_Strict):
    """The content of ``config.json``."""

    name: str
    architecture: str
    hyperparameters: dict[str, object] = {}
    mesoinv: str
    dataset: str
    dataset_version: str
    config: str
    task: str
    inputs: list[Quantity]
    outputs: list[Quantity]
    input_transforms: list[Transform]
    output_transforms: list[Transform]
    parameters: int = 0
    licence: str = "CC-BY-4.0"
    training: TrainingRecord | None = None
    scores: list[Scores] = []


def read_config(folder: Path) -> ModelConfig:
    """Read and validate ``config.json``.

    Raises
    ------
    MesoinvError
        If it is missing or not one of ours.
    """
    path = folder / CONFIG
    try:
        return ModelConfig.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise MesoinvError(f"{folder} holds no {CONFIG}: it is not a mesoinv model.") from None
    except ValidationError as error:
        raise MesoinvError(f"{path} is damaged or of another format: {error}") from None


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write ``config.json`` in one step."""
    temporary = folder / f".{CONFIG}.tmp"
    text = json.dumps(json.loads(config.model_dump_json()), indent=1, ensure_ascii=False)
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(folder / CONFIG)
