"""What can be scored: a model, or a file of predictions; both give predictions piece by piece."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.scoring.prediction_files import open_predictions
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.provenance import machine_name
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.evaluation import Speed, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.declared.config import ModelConfig
    from mesoinv.zoo.model.model import Model

    Rows = dict[str, NDArray[Any]]

#: Samples that a file is read in.
PIECE = 256


@dataclass
class ModelPredictor:
    """A network on samples as they come; it measures its own time."""

    model: Model
    task: Task
    batch_size: int = 32
    fastest: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        check_fit(self.model.config, self.task)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is needed of each sample: inputs, and what scoring needs."""
        return (*self.task.inputs, *self.task.truth)

    def takes(self, config: str) -> bool:
        """Whether samples of a configuration have a shape that the model knows."""
        dataset = resolve_dataset(self.task.dataset)
        shapes = {c.name: c.shape for c in dataset.columns(config)}
        return all(q.accepts(shapes[q.name]) for q in self.model.config.inputs)

    @property
    def subject(self) -> Subject:
        """Name, size and training of the model."""
        config = self.model.config
        training = config.training
        return Subject(
            name=config.name,
            digest=self.model.digest,
            interface=config.interface,
            architecture=config.architecture,
            parameters=sum(p.numel() for p in self.model.network.parameters()),
            training_samples=training.samples if training else None,
            paper_samples=training.paper_samples if training else None,
            licence=config.licence,
        )

    @property
    def speed(self) -> Speed | None:
        """Samples a second in the fastest piece: other work on the machine only slows."""
        if not self.fastest:
            return None
        device = str(next((p.device for p in self.model.parameters()), "cpu"))
        return Speed(float(f"{self.fastest:.3g}"), device, machine_name(device))

    def pieces(self, samples: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
        """Yield (samples, predictions)."""
        for rows in samples:
            start = time.perf_counter()
            # rare samples of the very distribution: they are not refused
            found: Any = self.model.predict(rows, batch_size=self.batch_size, check_range=False)
            seconds = time.perf_counter() - start
            named = found if isinstance(found, dict) else {self.task.targets[0].column: found}
            self._check(named, rows["index"])
            count = len(next(iter(rows.values())))
            self.fastest = max(self.fastest, count / seconds)
            yield rows, named

    def _check(self, predicted: Rows, index: NDArray[Any]) -> None:
        for target in self.task.targets:
            values = predicted[target.column]
            finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
            if not finite.all():
                row = index[np.argmin(finite)]
                raise MesoinvError(f"The model predicts NaN or infinity for sample {row}.")


@dataclass
class FilePredictor:
    """Predictions that somebody made; only whole splits can be scored."""

    path: Path
    task: Task
    samples: int
    split: str

    def __post_init__(self) -> None:
        self._file = open_predictions(self.path, self.task, self.samples, self.split)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is needed of each sample: what scoring needs."""
        return self.task.truth

    @property
    def subject(self) -> Subject:
        """Name (the file's own, or its stem) and digest."""
        name = self._file.about.get("model")
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Subject(name if isinstance(name, str) else self.path.stem, digest)

    @property
    def speed(self) -> Speed | None:
        """Unknown."""
        return None

    def pieces(self, samples: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
        """Yield (samples, predictions)."""
        return _aligned(samples, self._file.pieces(PIECE))


def _aligned(first: Iterable[Rows], second: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
    """Cut two sequences of pieces of the same rows at the same places."""
    others = iter(second)
    waiting: Rows | None = None
    for rows in first:
        count, parts = len(next(iter(rows.values()))), []
        while count:
            waiting = waiting or next(others)
            size = min(count, len(next(iter(waiting.values()))))
            parts.append({name: values[:size] for name, values in waiting.items()})
            rest = {name: values[size:] for name, values in waiting.items()}
            waiting, count = rest if len(next(iter(rest.values()))) else None, count - size
        yield rows, {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def check_fit(config: ModelConfig, task: Task) -> None:
    """Refuse a model that is for something else.

    Raises
    ------
    UsageError
        If dataset, major version, inputs or outputs are not the task's.
    """
    if reason := misfit(config, task):
        raise UsageError(f"{config.name} cannot be scored on {task.id}: {reason}.")


def misfit(config: ModelConfig, task: Task) -> str | None:
    """Return why a model is not for a task, or None if it is."""
    if config.dataset != task.dataset:
        return f"it is for {config.dataset}, the task is for {task.dataset}"
    if _major(config.dataset_version) != _major(task.dataset_version):
        return (
            f"it was trained on {config.dataset} {config.dataset_version}, the task is on "
            f"{task.dataset_version}"
        )
    given, made = ([q.name for q in group] for group in (config.inputs, config.outputs))
    if extra := [name for name in given if name not in task.inputs]:
        return f"it needs {', '.join(extra)}; the task gives {', '.join(task.inputs)}"
    if missing := [t.column for t in task.targets if t.column not in made]:
        return f"it gives {', '.join(made)}; the task wants {', '.join(missing)}"
    return _wrong_quantity(config, task)


def _wrong_quantity(config: ModelConfig, task: Task) -> str | None:
    columns = task.columns()
    for quantity in (*config.inputs, *config.outputs):
        column = columns.get(quantity.name)
        if column is None:
            continue
        if not quantity.accepts(column.shape) or quantity.unit != column.unit:
            return (
                f"its {column.name} has shape {quantity.shape} in {quantity.unit}, the task's "
                f"{list(column.shape)} in {column.unit}"
            )
    return None


def _major(version: str) -> str:
    return version.split(".", maxsplit=1)[0]
