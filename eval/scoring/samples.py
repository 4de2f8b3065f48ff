"""Where the samples of an evaluation come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.tasks.task import OtherConfig
from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.pipeline.held_out.build_held_out import held_out_samples
from mesoinv.generators.pipeline.held_out.secret import commitment, read_key
from mesoinv.generators.pipeline.loading.built import GENERATE
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.plan import HELD_OUT, HELD_OUT_SPLIT, held_out_folder
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.generators.pipeline.storage import to_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Noise, Task

    Rows = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Choice:
    """Which samples of a task, and where from; see `mesoinv.eval.scoring.evaluate.evaluate`."""

    task: Task
    split: str
    samples: int | None
    data: str
    cache: Path
    workers: int
    device: str
    key_file: str | Path | None = None
    generating: Callable[[int, int], object] | None = None
    config: str | None = None

    def __post_init__(self) -> None:
        dataset = resolve_dataset(self.task.dataset)
        sizes = dataset.config(self.config or self.task.config).sizes["full"]
        if self.split not in {*sizes, HELD_OUT}:
            raise unknown_name("split", self.split, [*sizes, HELD_OUT])
        if (self.split == HELD_OUT) != (self.key_file is not None):
            raise UsageError(
                "Labels of a held-out split need its key: --split held-out --key-file KEY, both "
                "or none."
            )
        if self.split == HELD_OUT:
            object.__setattr__(self, "samples", _promised(self))
        if self.samples is not None and self.samples < 2:
            raise UsageError(f"samples must be 2 or more, not {self.samples}.")
        if self.split in sizes and (self.samples or 0) > sizes[self.split]:
            raise UsageError(
                f"{self.split} has {sizes[self.split]} samples; {self.samples} were asked for."
            )
        if dataset.version.split(".")[0] != self.task.dataset_version.split(".")[0]:
            raise UsageError(
                f"{self.task.id} is scored on {dataset.name} {self.task.dataset_version}; "
                f"installed is {dataset.version}. Install the mesoinv that makes that version."
            )

    @property
    def count(self) -> int:
        """How many samples."""
        if self.samples is not None:
            return self.samples
        dataset = resolve_dataset(self.task.dataset)
        return dataset.num_samples(self.config or self.task.config, "full", self.split)

    def variant(self, variant: Noise | OtherConfig) -> Choice:
        """Return the choice for a variant: fewer samples, perhaps of another configuration."""
        if isinstance(variant, OtherConfig):
            # it may have more samples than the task's own, unless fewer were asked for
            count = min(variant.samples, self.samples or variant.samples)
            # the samples of a secret split are not of other configurations
            data = GENERATE if self.split == HELD_OUT else self.data
            return replace(
                self, config=variant.config, split=variant.split, samples=count, data=data,
                key_file=None,
            )  # fmt: skip
        return replace(self, samples=min(variant.samples, self.count))


def _promised(choice: Choice) -> int:
    """Return how many samples a held-out split has, once the key is known to be the promised one.

    Raises
    ------
    UsageError
        If the folder of the published inputs does not hold such a split, or of another key.
    """
    if choice.data == GENERATE:
        if choice.samples is None:
            raise UsageError(
                "Say how many samples the held-out split has with --samples, or name the folder "
                "of its published inputs with --data, which also proves the key."
            )
        return choice.samples
    config, key_file = held_out_folder(choice.task.config), Path(str(choice.key_file))
    record = read_manifest(Path(choice.data)).configs.get(config)
    if record is None:
        raise UsageError(f"{choice.data} holds no configuration {config}.")
    if record.commitment != commitment(read_key(key_file)):
        raise UsageError(f"{key_file} is not the key that {choice.data} is committed to.")
    there = record.splits[HELD_OUT_SPLIT].num_rows
    if (choice.samples or 0) > there:
        raise UsageError(f"{config} has {there} samples; {choice.samples} were asked for.")
    return choice.samples or there


def samples_of(choice: Choice, columns: Sequence[str]) -> Iterator[Rows]:
    """Return columns of the samples in pieces, with their ``index``.

    Raises
    ------
    MesoinvError
        If the source does not hold them: at once, not when the first piece is read.
    """
    source = _held_out if choice.split == HELD_OUT else _public
    return _counted(source(choice, tuple(dict.fromkeys(columns))))


def _counted(pieces: Iterator[Rows]) -> Iterator[Rows]:
    first = 0
    for rows in pieces:
        count = len(next(iter(rows.values())))
        yield {"index": np.arange(first, first + count), **rows}
        first += count


def _public(choice: Choice, columns: tuple[str, ...]) -> Iterator[Rows]:
    config = choice.config or choice.task.config
    request = Request(choice.task.dataset, config, choice.split, choice.count, columns)
    source = SampleSource(
        choice.data, choice.cache, choice.workers, choice.device, choice.generating
    )
    return source.batches(request)


def _held_out(choice: Choice, columns: tuple[str, ...]) -> Iterator[Rows]:
    """Compute inputs and labels from the key; nothing of them is stored."""
    assert choice.key_file is not None
    key, task = read_key(Path(choice.key_file)), choice.task
    declared = {c.name: c for c in resolve_dataset(task.dataset).columns(task.config)}
    size = resolve_dataset(task.dataset).part_rows(task.config)
    for first in range(0, choice.count, size):
        rows = np.arange(first, min(first + size, choice.count))
        found = held_out_samples(
            task.dataset, task.config, key, rows, columns, device=choice.device
        )
        # rounded like the inputs that were published
        yield {name: to_storage(declared[name], found[name]) for name in columns}
