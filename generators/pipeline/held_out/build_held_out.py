"""Held-out splits: inputs whose answers only the holder of a key can compute.

The seeds of the public splits are public, and so are their answers to anybody who computes them
again. A held-out split is drawn from a stream that a secret key enters. Its inputs are published
with a commitment to the key; submissions are scored with the key; when it is revealed,
`mesoinv.verify` shows that the split is what was promised.

The generator of the random numbers is a fast one, not a cipher. Inputs that are solutions of a
model do not show the numbers that were drawn; columns that hold such numbers are not for
publication.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.pipeline.build import check_workers, output_folder, run_job
from mesoinv.generators.pipeline.compute import PartJob
from mesoinv.generators.pipeline.folder import check_folder
from mesoinv.generators.pipeline.generate import compute_samples
from mesoinv.generators.pipeline.held_out.secret import check_key, commitment, new_key, read_key
from mesoinv.generators.pipeline.job import BuildJob
from mesoinv.generators.pipeline.manifest import MANIFEST, ConfigRecord, Split, read_manifest
from mesoinv.generators.pipeline.plan import (
    HELD_OUT,
    HELD_OUT_SPLIT,
    Part,
    ShardPlan,
    check_solver,
    held_out_folder,
    plan_split,
    stream_of,
)
from mesoinv.generators.pipeline.resolve import resolve_dataset

#: Samples that are drawn to see whether a key changes them.
_TRIED = 32

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from mesoinv.generators.pipeline.base import Batch, Column, Dataset
    from mesoinv.generators.pipeline.job import Progress


@dataclass(frozen=True, kw_only=True)
class HeldOutJob(BuildJob):
    """Some columns of samples from a stream that a key enters; the key is not in its text."""

    config: str
    samples: int
    names: tuple[str, ...]
    key: bytes = field(repr=False)

    def shards(self) -> list[ShardPlan]:
        """Return the shards of the one split."""
        folder = held_out_folder(self.config)
        return plan_split(self.dataset, self.config, HELD_OUT_SPLIT, self.samples, folder)

    def planned_records(self) -> dict[str, ConfigRecord]:
        """Return the one record, with the commitment to the key."""
        stream = stream_of(self.dataset, self.config, HELD_OUT)
        splits = {HELD_OUT_SPLIT: Split(num_rows=self.samples, stream=stream.name)}
        record = self.record(self.config, "held-out", HELD_OUT, splits)
        promised = replace(record, commitment=commitment(self.key), columns=list(self.names))
        return {held_out_folder(self.config): promised}

    def columns(self, folder: str) -> tuple[Column, ...]:
        """Return the columns that may be published."""
        return tuple(c for c in self.dataset.columns(self.config) if c.name in self.names)

    def task(self, part: Part) -> PartJob:
        """Return how a part is computed; the worker drops the other columns before it packs."""
        return PartJob(
            self.dataset, part, self.config, HELD_OUT, self.columns(part.config),
            self.solver, self.device, self.key,
        )  # fmt: skip


def build_held_out(  # noqa: PLR0913 - the public call of a held-out build
    dataset: str | Dataset,
    config: str,
    key_file: str | os.PathLike[str],
    *,
    columns: Sequence[str],
    samples: int,
    out: str | os.PathLike[str] | None = None,
    make_key: bool = False,
    workers: int = 1,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Path:
    """Build the inputs of a held-out split into a folder, as configuration ``<config>-held-out``.

    Stopped at any moment, the same call continues and ends in the same content. The key is in no
    file of the folder, nor in what is printed.

    Parameters
    ----------
    dataset : str or Dataset
        A name of `list_datasets`, ``"package.module:OBJECT"``, or a declaration.
    config : str
        The declared configuration whose distribution the samples have.
    key_file : path
        What `new_key` wrote; outside `out`, which is to be published.
    columns : sequence of str
        What may be published: the index and the inputs of tasks. No other column is written.
    samples : int
        How many, 1 or more.
    out : path, optional
        A folder of its own, or one that holds a build of the same dataset and version;
        ``data/<dataset>`` by default.
    make_key : bool
        Write a new key into `key_file` first. What would be refused anyhow leaves no key behind.
    workers : int
        Processes of one thread each, on this machine. 1 computes in this process.
    device : str
        ``"cpu"`` or ``"cuda"``; a GPU takes ``workers=1``.
    progress : callable, optional
        Called with (samples done, samples in total), first with what was there already.

    Returns
    -------
    Path
        The output folder.

    Raises
    ------
    UsageError
        If a name is unknown, the key file is not one or lies inside `out`, or the folder holds
        something else: another dataset, another key, other samples. With `make_key`, also if the
        file exists, or the folder holds this split already.
    MesoinvError
        If the disk is full, a worker died, or another build writes to the folder.
    """
    declared = resolve_dataset(dataset)
    folder = output_folder(declared, out)
    names = check_held_out(declared, config, key_file, columns=columns, samples=samples, out=folder)
    workers = check_workers(workers, check_device(device))
    if make_key:
        _refuse_second_key(folder, config)
        new_key(key_file)
    job = HeldOutJob(
        dataset=declared,
        folder=folder,
        solver=check_solver(declared, None),
        device=device,
        workers=workers,
        config=config,
        samples=samples,
        names=names,
        key=read_key(key_file),
    )
    return run_job(job, progress)


def _refuse_second_key(folder: Path, config: str) -> None:
    check_folder(folder)
    name = held_out_folder(config)
    if (folder / MANIFEST).exists() and name in read_manifest(folder).configs:
        raise UsageError(
            f"{folder} holds {name} already, from a key of its own. Leave --new-key out and name "
            "the file of that key to continue it, or choose another folder with --out."
        )


def check_held_out(
    dataset: Dataset,
    config: str,
    key_file: str | os.PathLike[str],
    *,
    columns: Sequence[str],
    samples: int,
    out: str | os.PathLike[str],
) -> tuple[str, ...]:
    """Check a request for a held-out split as far as that needs neither key nor folder.

    Parameters
    ----------
    dataset : Dataset
        A declaration.
    config, key_file, columns, samples, out
        As for `build_held_out`; there need not be a key in the file yet.

    Returns
    -------
    tuple of str
        The columns, in the order in which the dataset stores them.

    Raises
    ------
    UsageError
        If a name is unknown or given twice, every column would be published, the number of samples
        is not positive, the key file lies in the folder, or an answer is the same with any key.
    """
    dataset.config(config)
    names = _check_columns(dataset, config, columns)
    if len(names) == len(dataset.columns(config)):
        raise UsageError(
            f"All columns of {dataset.name}/{config} were named, so nothing would be held out. "
            "Name the index and the inputs of the tasks alone."
        )
    if not isinstance(samples, int) or samples < 1:
        raise UsageError(f"samples must be an integer of 1 or more, not {samples!r}.")
    _check_secret(dataset, config, names)
    if Path(key_file).resolve().is_relative_to(Path(out).resolve()):
        raise UsageError(
            f"The key file {Path(key_file)} lies in {Path(out)}, which is to be published. "
            "Keep it elsewhere."
        )
    return names


def _check_secret(dataset: Dataset, config: str, published: Sequence[str]) -> None:
    """Refuse samples that can be known without the key: drawn with another, they are the same."""
    indices = np.arange(_TRIED, dtype=np.int64)
    try:
        one, other = (
            dataset.draw(config, stream_of(dataset, config, HELD_OUT, salt), indices)
            for salt in (b"one key", b"another key")
        )
    except Exception:  # noqa: BLE001  (the build fails there too, and says in which samples)
        return
    known = [
        name
        for name, values in one.items()
        if name not in published
        and np.array_equal(values, other[name])
        and any(not np.array_equal(values[0], value) for value in values)
    ]
    if known:
        raise UsageError(
            f"A held-out split of {dataset.name}/{config} would hide nothing: with any key, its "
            f"samples have the same {', '.join(known)}."
        )


def _check_columns(dataset: Dataset, config: str, columns: Sequence[str]) -> tuple[str, ...]:
    declared = [column.name for column in dataset.columns(config)]
    if isinstance(columns, str) or not columns or len(set(columns)) != len(columns):
        raise UsageError(
            f"columns must be a list of different names, not {columns!r}. "
            f"Allowed: {', '.join(declared)}."
        )
    for name in columns:
        if name not in declared:
            raise unknown_name(f"column of {dataset.name}/{config}", name, declared)
    return tuple(name for name in declared if name in columns)


def held_out_samples(
    dataset: str | Dataset,
    config: str,
    key: bytes,
    indices: Iterable[int],
    columns: Sequence[str] | None = None,
    *,
    device: str = "cpu",
) -> Batch:
    r"""Compute samples of a held-out split, with their answers, by random access.

    Parameters
    ----------
    dataset : str or Dataset
        A name of `list_datasets`, ``"package.module:OBJECT"``, or a declaration.
    config : str
        The declared configuration, without ``-held-out``.
    key : bytes
        From `read_key`.
    indices : iterable of int
        Samples, in any order.
    columns : sequence of str, optional
        Which columns; all of them by default.
    device : str
        ``"cpu"`` or ``"cuda"``.

    Returns
    -------
    dict of str to array
        Column -> array of shape (number of indices, \\*shape of the column), not rounded, as
        `mesoinv.generate` gives them.

    Raises
    ------
    UsageError
        If a name is unknown, an index negative or not an integer, or the key is not one.
    """
    declared = resolve_dataset(dataset)
    declared.config(config)
    names = None if columns is None else _check_columns(declared, config, columns)
    return compute_samples(
        declared, config, HELD_OUT, indices, device=device, salt=check_key(key), columns=names
    )
