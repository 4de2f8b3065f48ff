"""What can be scored; all of it gives predictions batch by batch."""

from __future__ import annotations

import hashlib
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.scoring.fit import check_fit
from mesoinv.eval.scoring.prediction_files import is_predictions, open_predictions
from mesoinv.generators.common.arguments import plain_array
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import given_path
from mesoinv.generators.common.provenance import machine_name
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.evaluation import Speed, Subject
from mesoinv.zoo.metrics.uncertainty import STD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from mesoinv.eval.scoring.selection import SampleSelection
    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.model.model import Model

    Rows = dict[str, NDArray[Any]]

#: Samples that files and arrays are read in.
BATCH = 256


class Predictor(ABC):
    """Gives predictions of a task's targets for samples as they come.

    Attributes
    ----------
    task : Task
    runs : bool
        Whether it can be given other samples than the task's own.
    """

    task: Task
    runs: bool = True

    @property
    @abstractmethod
    def subject(self) -> Subject:
        """What is scored."""

    @property
    def speed(self) -> Speed | None:
        """Samples a second, where it was measured."""
        return None

    def accepts_config(self, config: str) -> bool:
        """Whether it can predict samples of a configuration."""
        del config
        return self.runs

    @abstractmethod
    def batches(self, samples: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
        """Yield (samples, predictions: target -> (B, …) array)."""


@dataclass
class ModelPredictor(Predictor):
    """A model; it measures its own time."""

    model: Model
    task: Task
    batch_size: int = 32
    fastest: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        check_fit(self.model.config, self.task)

    def accepts_config(self, config: str) -> bool:
        """Whether samples of a configuration have a shape that the model takes.

        A network that holds for some configurations alone has their names in ``configs``.
        """
        known = getattr(self.model.network, "configs", None)
        if known is not None and config not in known:
            return False
        shapes = {c.name: c.shape for c in resolve_dataset(self.task.dataset).columns(config)}
        return all(q.accepts(shapes[q.name]) for q in self.model.config.inputs)

    @property
    def subject(self) -> Subject:
        """Name, size and training of the model."""
        config, training = self.model.config, self.model.config.training
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
        """Samples a second in the fastest batch: other work on the machine only slows."""
        if not self.fastest:
            return None
        device = str(next((p.device for p in self.model.parameters()), "cpu"))
        return Speed(float(f"{self.fastest:.3g}"), device, machine_name(device))

    def batches(self, samples: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
        """Yield (samples, predictions)."""
        for rows in samples:
            start = time.perf_counter()
            # rare samples of the very distribution: they are not refused
            values: Any = self.model.predict(rows, batch_size=self.batch_size, check_range=False)
            seconds = time.perf_counter() - start
            self.fastest = max(self.fastest, len(rows["index"]) / seconds)
            yield rows, checked(values, rows["index"], self.task, "The model gives")


@dataclass
class FunctionPredictor(Predictor):
    """Anybody's function or torch module, called with the task's inputs in their order.

    A function is given numpy arrays (B, *shape), a module tensors, both in float32 (integers as
    they are); it returns one array, or a dictionary by target.
    """

    function: Callable[..., Any]
    task: Task
    batch_size: int = 32

    @property
    def subject(self) -> Subject:
        """The function's own name; nothing else is known."""
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return Subject(name, None)

    def batches(self, samples: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
        """Yield (samples, predictions)."""
        call = _of_module(self.function) if is_module(self.function) else self.function
        for rows in samples:
            count = len(rows["index"])
            parts = []
            for first in range(0, count, self.batch_size):
                given = [_plain(rows[name][first : first + self.batch_size])
                         for name in self.task.inputs]  # fmt: skip
                index = rows["index"][first : first + self.batch_size]
                parts.append(checked(call(*given), index, self.task, "The function gives"))
            yield rows, {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def is_module(given: object) -> bool:
    """Whether something is a torch module; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(given, torch.nn.Module)


def _of_module(module: Any) -> Callable[..., Any]:
    import torch  # noqa: PLC0415  (whoever has a module has loaded it)

    from mesoinv.zoo.model.states import evaluating  # noqa: PLC0415

    def call(*arrays: NDArray[Any]) -> Any:
        device = next((p.device for p in module.parameters()), torch.device("cpu"))
        with torch.inference_mode(), evaluating(module):
            return module(*(torch.from_numpy(array).to(device) for array in arrays))

    return call


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(values, np.float32 if values.dtype.kind == "f" else None)


@dataclass
class ArraysPredictor(Predictor):
    """Predictions in memory, target -> (N, …) array of all samples in their order."""

    arrays: Mapping[str, Any]
    selection: SampleSelection
    runs = False

    def __post_init__(self) -> None:
        self.task = self.selection.task
        index = np.arange(self.selection.count)
        self.values = checked(self.arrays, index, self.task, "The arrays give")

    @property
    def subject(self) -> Subject:
        """The SHA-256 of the numbers."""
        digest = hashlib.sha256()
        for name in sorted(self.values):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.values[name]).tobytes())
        return Subject("arrays", digest.hexdigest())

    def batches(self, samples: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
        """Yield (samples, predictions)."""
        for rows in samples:
            yield rows, {name: values[rows["index"]] for name, values in self.values.items()}


@dataclass
class FilePredictor(Predictor):
    """Predictions that somebody made; only whole splits can be scored."""

    path: Path
    selection: SampleSelection
    runs = False

    def __post_init__(self) -> None:
        self.task = self.selection.task
        self._file = open_predictions(
            self.path, self.task, self.selection.count, self.selection.split
        )

    @property
    def subject(self) -> Subject:
        """Name (the file's own, or its stem) and digest."""
        name = self._file.about.get("model")
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Subject(name if isinstance(name, str) else self.path.stem, digest)

    def batches(self, samples: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
        """Yield (samples, predictions)."""
        return _aligned(samples, self._file.batches(BATCH))


def _aligned(first: Iterable[Rows], second: Iterable[Rows]) -> Iterator[tuple[Rows, Rows]]:
    """Cut two sequences of batches of the same rows at the same places."""
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


def checked(values: Any, index: NDArray[Any], task: Task, who: str) -> Rows:
    """Return predictions by target, and their standard deviations, in the declared shapes.

    Parameters
    ----------
    values : array, tensor, or mapping of target to either
        One array only where there is one target. ``<target>_std`` may hold standard deviations.
    index : (B,) array of int
        Samples that were predicted.
    task : Task
        Names the targets.
    who : str
        Subject and verb of a message, such as ``"The model gives"``.

    Raises
    ------
    UsageError
        If a target is missing, or a shape or type is wrong.
    MesoinvError
        If a number is NaN or infinite.
    """
    columns, targets = task.columns(), [t.column for t in task.targets]
    named = values if isinstance(values, Mapping) else {targets[0]: values}
    if missing := [name for name in targets if name not in named]:
        there = ", ".join(map(str, named)) if isinstance(values, Mapping) else "one array"
        raise UsageError(f"{who} {there}; the task wants {', '.join(targets)}: no "
                         f"{', '.join(missing)}.")  # fmt: skip
    predicted: Rows = {}
    for name in targets:
        for key in (name, name + STD):
            if key in named:
                shape = (len(index), *columns[name].shape)
                predicted[key] = _checked_array(named[key], shape, index, key)
    return predicted


def _checked_array(
    given: Any, shape: tuple[int, ...], index: NDArray[Any], what: str
) -> NDArray[Any]:
    values = plain_array(given, f"values of {what}")
    if values.dtype.kind not in "fiub":
        raise UsageError(f"{what} must hold real numbers; got {values.dtype}.")
    if values.size != np.prod(shape, dtype=int) or len(values) != shape[0]:
        raise UsageError(f"{what} must have shape {shape}; got {values.shape}.")
    values = values.reshape(shape)
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        row = index[np.argmin(finite)]
        raise MesoinvError(f"{what} has NaN or infinity for sample {row}.")
    return values


def predictor_of(given: Any, selection: SampleSelection, batch_size: int = 32) -> Predictor:
    """Return what predicts, from anything that can be scored.

    Parameters
    ----------
    given : str, Path, Model, mapping, torch.nn.Module or callable
        A name of the zoo, a folder, a Hub id, a ``.parquet`` file of predictions, a loaded model,
        arrays by target, a torch module or a function of the task's inputs.
    selection : SampleSelection
        What it is scored on.
    batch_size : int
        Samples at a time.

    Raises
    ------
    UsageError
        If it is something else, or is for another task.
    """
    if isinstance(given, str | Path):
        if is_predictions(given):
            return FilePredictor(given_path(given), selection)
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (torch is slow to import)

        given = load_model(given)
    if is_module(given):
        from mesoinv.zoo.model.model import Model  # noqa: PLC0415

        given = given.to(selection.source.device)
        if isinstance(given, Model):
            return ModelPredictor(given, selection.task, batch_size)
    if isinstance(given, Mapping):
        return ArraysPredictor(given, selection)
    if callable(given):
        return FunctionPredictor(given, selection.task, batch_size)
    raise UsageError(
        f"An object of type {type(given).__name__} cannot be scored. Give a name of the zoo, a "
        "folder, a Hub id, a .parquet file of predictions, a model, a torch module, a function of "
        "the task's inputs, or a dictionary of arrays by target."
    )
