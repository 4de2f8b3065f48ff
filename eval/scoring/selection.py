"""Which samples of a task are scored, and where they come from."""

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
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.plan import HELD_OUT, HELD_OUT_SPLIT, held_out_folder
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.generators.pipeline.storage import to_storage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task
    from mesoinv.generators.pipeline.loading.source import SampleSource

    Rows = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class SampleSelection:
    """The first samples of a split, for a task; made by `select_samples`.

    Attributes
    ----------
    task : Task
    config, split : str
        Where the samples are from; the task's own, or those of a variant.
    count : int
        How many.
    source : SampleSource
        Gives them.
    key : bytes or None
        Secret key of a held-out split.
    variant : str or None
        Name of the task's variant that they are of.
    """

    task: Task
    config: str
    split: str
    count: int
    source: SampleSource
    key: bytes | None = None
    variant: str | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all of a public split."""
        return self.key is None and self.count == _samples_in(self.task, self.config, self.split)

    def of_variant(self, name: str) -> SampleSelection:
        """Return the samples of a variant: fewer, perhaps of another configuration."""
        variant = self.task.variants[name]
        if not isinstance(variant, OtherConfig):
            return replace(self, variant=name, count=min(variant.samples, self.count))
        # it may have more samples than the task's own, unless fewer were asked for
        count = variant.samples if self.whole else min(variant.samples, self.count)
        # the samples of a secret split are not of other configurations
        source = replace(self.source, data=GENERATE) if self.key else self.source
        return SampleSelection(self.task, variant.config, variant.split, count, source, None, name)

    def batches(self, columns: Sequence[str]) -> Iterator[Rows]:
        """Return columns of the samples batch by batch, with their ``index``.

        Raises
        ------
        MesoinvError
            If the source does not hold them: at once, not when the first batch is read.
        """
        names = tuple(dict.fromkeys(columns))
        if self.key is not None:
            return _counted(self._held_out(self.key, names))
        request = Request(self.task.dataset, self.config, self.split, self.count, names)
        return _counted(self.source.batches(request))

    def _held_out(self, key: bytes, columns: tuple[str, ...]) -> Iterator[Rows]:
        """Compute inputs and labels from the key; nothing of them is stored."""
        dataset = resolve_dataset(self.task.dataset)
        declared = {c.name: c for c in dataset.columns(self.config)}
        size = dataset.part_rows(self.config)
        for first in range(0, self.count, size):
            rows = np.arange(first, min(first + size, self.count))
            computed = held_out_samples(
                dataset, self.config, key, rows, columns, device=self.source.device
            )
            # rounded like the inputs that were published
            yield {name: to_storage(declared[name], computed[name]) for name in columns}


def select_samples(
    task: Task,
    source: SampleSource,
    split: str | None = None,
    samples: int | None = None,
    key_file: str | Path | None = None,
) -> SampleSelection:
    """Choose the samples that a task is scored on.

    Parameters
    ----------
    task : Task
    source : SampleSource
        Gives the samples.
    split : str, optional
        The task's own by default; ``validation``; or ``held-out`` with `key_file`.
    samples : int, optional
        The first so many; all of the split by default.
    key_file : path, optional
        Secret key of a held-out split.

    Raises
    ------
    UsageError
        If there is no such split, there are not so many samples, the key is not the promised one,
        or the installed dataset has another version.
    """
    split = split or task.split
    splits = resolve_dataset(task.dataset).config(task.config).sizes["full"]
    if split not in {*splits, HELD_OUT}:
        raise unknown_name("split", split, [*splits, HELD_OUT])
    if (split == HELD_OUT) != (key_file is not None):
        raise UsageError(
            "Labels of a held-out split need its key: --split held-out --key-file KEY, both or "
            "none."
        )
    if key_file is None:
        count, key = samples or _samples_in(task, task.config, split), None
    else:
        if samples is None and source.data == GENERATE:
            raise UsageError(
                "Say how many samples the held-out split has with --samples, or name the folder "
                "of its published inputs with --data, which also proves the key."
            )
        key = read_key(Path(key_file))
        count = _promised(task, source.data, samples, Path(key_file), key)
    _check_count(samples if samples is not None else count, split, splits.get(split))
    _check_version(task)
    return SampleSelection(task, task.config, split, count, source, key)


def _samples_in(task: Task, config: str, split: str) -> int:
    return resolve_dataset(task.dataset).num_samples(config, "full", split)


def _check_count(samples: int, split: str, there: int | None) -> None:
    if samples < 2:
        raise UsageError(f"samples must be 2 or more, not {samples}.")
    if there is not None and samples > there:
        raise UsageError(f"{split} has {there} samples; {samples} were asked for.")


def _check_version(task: Task) -> None:
    dataset = resolve_dataset(task.dataset)
    if dataset.version.split(".")[0] != task.dataset_version.split(".")[0]:
        raise UsageError(
            f"{task.id} is scored on {dataset.name} {task.dataset_version}; installed is "
            f"{dataset.version}. Install the mesoinv that makes that version."
        )


def _promised(task: Task, data: str, samples: int | None, key_file: Path, key: bytes) -> int:
    """Return how many samples a held-out split has, once the key is known to be the promised one.

    Raises
    ------
    UsageError
        If the folder of the published inputs does not hold such a split, or of another key.
    """
    if data == GENERATE and samples is not None:
        return samples
    config = held_out_folder(task.config)
    record = read_manifest(Path(data)).configs.get(config)
    if record is None:
        raise UsageError(f"{data} holds no configuration {config}.")
    if record.commitment != commitment(key):
        raise UsageError(f"{key_file} is not the key that {data} is committed to.")
    there = record.splits[HELD_OUT_SPLIT].num_rows
    if (samples or 0) > there:
        raise UsageError(f"{config} has {there} samples; {samples} were asked for.")
    return samples or there


def _counted(batches: Iterator[Rows]) -> Iterator[Rows]:
    first = 0
    for rows in batches:
        count = len(next(iter(rows.values())))
        yield {"index": np.arange(first, first + count), **rows}
        first += count
