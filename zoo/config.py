"""What is written beside weights: enough to use a model on physical arrays, and to judge it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.records import from_dict, to_json
from mesoinv.zoo.metrics.bootstrap import Score  # noqa: TC001  (read at run time)
from mesoinv.zoo.transforms import Transform  # noqa: TC001  (read at run time)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
#: Any length, in the shape of a quantity.
ANY = -1


@dataclass
class Quantity:
    """A column that a model takes or gives.

    Attributes
    ----------
    column, unit : str
        Name and unit, as the dataset declares them.
    shape : list of int
        Shape of one sample; `ANY` where any length will do.
    low, high : float
        Smallest and largest mean of a training sample, to recognise data of another kind.
    """

    column: str
    unit: str
    shape: list[int]
    low: float
    high: float

    def accepts(self, shape: Sequence[int]) -> bool:
        """Whether a sample may have this shape."""
        same = zip(self.shape, shape, strict=False)
        return len(shape) == len(self.shape) and all(n in {ANY, m} for n, m in same)


@dataclass
class TrainingRecord:
    """How the weights came to be; `paper_samples` is what the paper trained on."""

    samples: int
    paper_samples: int | None
    epochs: int
    seed: int
    precision: str
    seconds: float
    waiting_share: float
    device: str
    machine: str
    libraries: dict[str, str]


@dataclass
class Scores:
    """All numbers of one split of a task, and the command that gives them again.

    `config` is the configuration of the dataset, empty for the one that the model was trained on.
    """

    split: str
    samples: int
    command: str
    values: dict[str, Score]
    task: str = ""
    config: str = ""


@dataclass
class ModelConfig:
    """The content of ``config.json``."""

    name: str
    architecture: str
    hyperparameters: dict[str, object]
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
    scores: list[Scores] = field(default_factory=list)


def read_config(folder: Path) -> ModelConfig:
    """Read and validate ``config.json``.

    Raises
    ------
    MesoinvError
        If it is missing or not one of ours.
    """
    path = folder / CONFIG
    try:
        return from_dict(ModelConfig, json.loads(path.read_bytes()), CONFIG)
    except FileNotFoundError:
        raise MesoinvError(f"{folder} holds no {CONFIG}: it is not a mesoinv model.") from None
    except (ValueError, UsageError) as error:
        raise MesoinvError(f"{path} is damaged or of another format: {error}") from None


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write ``config.json`` in one step."""
    temporary = folder / f".{CONFIG}.tmp"
    temporary.write_text(to_json(config), encoding="utf-8")
    temporary.replace(folder / CONFIG)
