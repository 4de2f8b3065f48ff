"""What is written beside weights: enough to use a model on physical arrays."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import lfs_hint, replace_text
from mesoinv.generators.common.records import digest_of, from_dict, to_json
from mesoinv.generators.pipeline.manifest import MANIFEST
from mesoinv.generators.pipeline.resolve import check_named_in_file
from mesoinv.zoo.declared.transforms import Transform  # noqa: TC001  (read at run time)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
#: Any length, in the shape of a quantity.
ANY = -1


@dataclass
class Quantity:
    """What a model takes or gives.

    Attributes
    ----------
    name, unit : str
        Of a column of the dataset, as it declares them.
    shape : list of int
        Shape of one sample; `ANY` where any length will do.
    low, high : float or None
        Smallest and largest mean of a training sample, to recognise data of another kind; None for
        an output that is no column.
    transforms : list of Transform
        Physical → network.
    """

    name: str
    unit: str
    shape: list[int]
    low: float | None
    high: float | None
    transforms: list[Transform] = field(default_factory=list)

    def accepts(self, shape: Sequence[int]) -> bool:
        """Whether a sample may have this shape."""
        same = zip(self.shape, shape, strict=False)
        return len(shape) == len(self.shape) and all(n in {ANY, m} for n, m in same)


@dataclass
class TrainingRecord:
    """How the weights came to be; `paper_samples` is what the paper trained on."""

    objective: str
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
class ModelConfig:
    """The content of ``config.json``; `task` is the id of the task that the model is for."""

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
    parameters: int = 0
    licence: str = "CC-BY-4.0"
    training: TrainingRecord | None = None
    format: Literal[2] = 2

    @property
    def interface(self) -> str:
        """SHA-256 of all that turns the weights into predictions."""
        quantities = [
            [(q.name, q.unit, q.shape, q.transforms) for q in group]
            for group in (self.inputs, self.outputs)
        ]
        return digest_of((self.architecture, self.hyperparameters, *quantities))


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model; one with a manifest holds a build of a dataset."""
    return (folder / CONFIG).exists() and not (folder / MANIFEST).exists()


def read_config(folder: Path) -> ModelConfig:
    """Read and validate ``config.json``.

    Raises
    ------
    MesoinvError
        If it is missing or not one of ours.
    """
    path = folder / CONFIG
    try:
        config = from_dict(ModelConfig, json.loads(path.read_bytes()), CONFIG)
    except FileNotFoundError:
        raise MesoinvError(f"{folder} holds no {CONFIG}: it is not a mesoinv model.") from None
    except (ValueError, UsageError) as error:
        raise MesoinvError(
            f"{path} is damaged or of another format: {error}.{lfs_hint(path)}"
        ) from None
    check_named_in_file(config.dataset, str(path))
    return config


def weights_digest(folder: Path) -> str | None:
    """Return the SHA-256 of a model's file of weights; None where it is not here."""
    path = folder / WEIGHTS
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write ``config.json`` in one step."""
    replace_text(folder / CONFIG, to_json(config))
