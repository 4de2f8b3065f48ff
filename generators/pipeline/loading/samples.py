"""Samples for training as arrays: generated here and kept, read from a built folder, or the Hub.

All three give the same numbers, because a sample is a function of its index alone. Generated ones
are kept in files of `ROWS` samples, so that an interrupted run continues and a larger one adds.
Only the samples that are asked for are computed: the last file of a request may hold fewer, and
then its name says how many. A later, larger request adds a longer file and leaves the shorter one
to processes that may be reading it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.files import replacing
from mesoinv.generators.pipeline.compute import compute_rows
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.generators.pipeline.workers import completed, open_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

#: Samples in a whole file, and in what is solved at once.
ROWS, BATCH = 256, 64


@dataclass(frozen=True)
class Request:
    """Which samples, and which of their columns.

    Attributes
    ----------
    dataset, config, split : str
        Names.
    count : int
        The first so many samples of the split.
    columns : tuple of str
        Columns to load.
    """

    dataset: str
    config: str
    split: str
    count: int
    columns: tuple[str, ...]

    def dtypes(self) -> dict[str, str]:
        """Return the storage type of each requested column, refusing unknown ones."""
        declared = {c.name: c.dtype for c in resolve_dataset(self.dataset).columns(self.config)}
        if unknown := [name for name in self.columns if name not in declared]:
            raise UsageError(
                f"{self.dataset}/{self.config} has no column {', '.join(unknown)}. "
                f"Allowed: {', '.join(declared)}."
            )
        return {name: declared[name] for name in self.columns}


def generate_samples(
    request: Request,
    cache: Path,
    *,
    workers: int = 1,
    device: str = "cpu",
    progress: Callable[[int, int], object] | None = None,
) -> dict[str, NDArray[Any]]:
    """Return samples, computing those that the cache does not hold yet.

    Parameters
    ----------
    request : Request
        What to return.
    cache : Path
        Folder that keeps the samples.
    workers : int
        Processes that compute.
    device : str
        ``"cpu"`` or ``"cuda"`` (then in this process).
    progress : callable, optional
        Called with (samples there, samples in all).

    Returns
    -------
    dict of str to array
        Column -> (count, …) array in its storage type.
    """
    folder = _complete(request, cache, workers=workers, device=device, progress=progress)
    return {name: _load(folder, name, request.count) for name in request.columns}


def iter_generated(
    request: Request,
    cache: Path,
    *,
    workers: int = 1,
    device: str = "cpu",
    progress: Callable[[int, int], object] | None = None,
) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the samples of `generate_samples` in pieces of `ROWS`, one in memory at a time."""
    folder = _complete(request, cache, workers=workers, device=device, progress=progress)
    for first, stop in _spans(request.count):
        yield {name: np.array(_read(folder, name, first, stop)) for name in request.columns}


def _complete(
    request: Request,
    cache: Path,
    *,
    workers: int,
    device: str,
    progress: Callable[[int, int], object] | None,
) -> Path:
    """Compute what the cache lacks and return the folder of the split."""
    columns = tuple(request.dtypes())
    dataset = resolve_dataset(request.dataset)
    folder = cache / f"{dataset.name}-{dataset.version}"
    folder = folder / f"{request.config}-{request.split}"
    spans = _spans(request.count)
    missing = [s for s in spans if any(_kept(folder, c, s[0]) < s[1] - s[0] for c in columns)]
    done = request.count - sum(stop - first for first, stop in missing)
    with open_pool(workers if device == "cpu" else 1) as (executor, window):
        tasks = [(request, folder, span, device) for span in missing]
        for task, _ in completed(executor, _compute, tasks, window):
            first, stop = task[2]
            done += stop - first
            if progress:
                progress(done, request.count)
    return folder


def _spans(count: int) -> list[tuple[int, int]]:
    """Return for each file the first of its samples and the one after the last."""
    return [(first, min(first + ROWS, count)) for first in range(0, count, ROWS)]


def _compute(task: tuple[Request, Path, tuple[int, int], str]) -> None:
    """Compute the samples of one file that not every column has, and write the longer files."""
    request, folder, (first, stop), device = task
    dataset = resolve_dataset(request.dataset)
    kept = {name: _kept(folder, name, first) for name in request.columns}
    start = first + min(kept.values())
    batches = [
        compute_rows(
            dataset, request.config, request.split, np.arange(row, min(row + BATCH, stop)),
            solver=dataset.solvers[0], device=device,
        )
        for row in range(start, stop, BATCH)
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, dtype in request.dtypes().items():
        if (there := first + kept[name]) < stop:
            new = np.concatenate([batch[name] for batch in batches]).astype(dtype)
            old = [_read(folder, name, first, there)] if kept[name] else []
            _write(_file(folder, name, first, stop), np.concatenate([*old, new[there - start :]]))


def _write(path: Path, values: NDArray[Any]) -> None:
    """Write a file whole or not at all; another process may write the same one meanwhile."""
    with replacing(path) as temporary, temporary.open("xb") as file:
        np.save(file, values)


def _file(folder: Path, column: str, first: int, stop: int) -> Path:
    """Return the place of samples; what once stands under such a name never becomes shorter."""
    part = "" if stop - first == ROWS else f"-{stop - first:03d}"
    return folder / f"{column}-{first:07d}{part}.npy"


def _longest(folder: Path, column: str, first: int) -> NDArray[Any] | None:
    """Return what is kept of a column from `first` on, not yet in memory; None if nothing is."""
    whole = _file(folder, column, first, first + ROWS)
    files = [np.load(whole, mmap_mode="r")] if whole.exists() else []
    if not files or len(files[0]) < ROWS:
        files += [np.load(path, mmap_mode="r") for path in folder.glob(f"{whole.stem}-*.npy")]
    return max(files, key=len, default=None)


def _kept(folder: Path, column: str, first: int) -> int:
    """Return how many samples of a column are kept from `first` on."""
    there = _longest(folder, column, first)
    return 0 if there is None else len(there)


def _read(folder: Path, column: str, first: int, stop: int) -> NDArray[Any]:
    """Return samples that are kept, not yet in memory."""
    there = _longest(folder, column, first)
    assert there is not None
    return np.asarray(there[: stop - first])


def _load(folder: Path, column: str, count: int) -> NDArray[Any]:
    return np.concatenate([_read(folder, column, *span) for span in _spans(count)])
