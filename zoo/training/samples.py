"""Samples for training as arrays: generated here and kept, read from a built folder, or the Hub.

All three give the same numbers, because a sample is a function of its index alone. Generated ones
are kept in files of `ROWS` samples, so that an interrupted run continues and a larger one adds.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.pipeline.compute import compute_rows
from mesoinv.generators.pipeline.errors import UsageError
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.generators.pipeline.workers import completed, open_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

ROWS = 256


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
    for first in range(0, request.count, ROWS):
        rows = slice(0, request.count - first)
        yield {name: np.load(_file(folder, name, first))[rows] for name in request.columns}


def _complete(
    request: Request,
    cache: Path,
    *,
    workers: int,
    device: str,
    progress: Callable[[int, int], object] | None,
) -> Path:
    """Compute what the cache lacks and return the folder of the split."""
    dtypes = request.dtypes()
    dataset = resolve_dataset(request.dataset)
    folder = cache / f"{dataset.name}-{dataset.version}"
    folder = folder / f"{request.config}-{request.split}"
    firsts = range(0, request.count, ROWS)
    missing = [f for f in firsts if any(not _file(folder, c, f).exists() for c in dtypes)]
    done = len(firsts) - len(missing)
    with open_pool(workers if device == "cpu" else 1) as (executor, window):
        tasks = [(request, folder, first, device) for first in missing]
        for _ in completed(executor, _compute, tasks, window):
            done += 1
            if progress:
                progress(min(done * ROWS, request.count), request.count)
    return folder


def _compute(task: tuple[Request, Path, int, str]) -> None:
    request, folder, first, device = task
    dataset = resolve_dataset(request.dataset)
    parts = [
        compute_rows(
            dataset, request.config, request.split, rows, solver=dataset.solvers[0], device=device
        )
        for rows in np.split(np.arange(first, first + ROWS), ROWS // 64)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for name, dtype in request.dtypes().items():
        _write(_file(folder, name, first), np.concatenate([p[name] for p in parts]).astype(dtype))


def _write(path: Path, values: NDArray[Any]) -> None:
    """Write a file whole or not at all; another process may write the same one meanwhile."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            np.save(file, values)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _file(folder: Path, column: str, first: int) -> Path:
    return folder / f"{column}-{first:07d}.npy"


def _load(folder: Path, column: str, count: int) -> NDArray[Any]:
    chunks = [np.load(_file(folder, column, f), mmap_mode="r") for f in range(0, count, ROWS)]
    out = np.empty((count, *chunks[0].shape[1:]), dtype=chunks[0].dtype)
    for first, chunk in zip(range(0, count, ROWS), chunks, strict=True):
        out[first : first + ROWS] = chunk[: count - first]
    return out
