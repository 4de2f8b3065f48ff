"""Generated samples, kept in a store: what it lacks is computed, a part at a time.

Only the samples that are asked for are computed: the last part of a request may hold fewer. A
later, larger request adds a longer file and leaves the shorter one to processes that read it.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.numbers import duration
from mesoinv.generators.common.records import canonical, digest_of
from mesoinv.generators.pipeline.compute import compute_rows
from mesoinv.generators.pipeline.costs import sample_seconds
from mesoinv.generators.pipeline.loading.store import Store
from mesoinv.generators.pipeline.plan import parameters_of
from mesoinv.generators.pipeline.storage import to_storage
from mesoinv.generators.pipeline.workers import completed, open_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Batch, Column, Dataset
    from mesoinv.generators.pipeline.loading.request import Request

_log = logging.getLogger(__name__)
#: Says beside the samples what they are.
ABOUT = "store.json"


def generated_store(
    request: Request,
    cache: Path,
    *,
    workers: int = 1,
    device: str = "cpu",
    scheduler: str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Store:
    """Return a store that holds a request, computing what it lacks.

    Parameters
    ----------
    request : Request
        What is needed.
    cache : Path
        Folder of all stores.
    workers : int
        Processes that compute.
    device : str
        ``"cpu"`` or ``"cuda"`` (then in this process).
    scheduler : str, optional
        Address of a dask scheduler whose workers compute instead; they need not see the cache.
    progress : callable, optional
        Called with (samples there, samples in all), first before anything is computed.
    """
    columns = request.checked_columns()
    store = store_of(request, cache)
    spans = [(first, stop) for first, stop in store.spans(request.count)
             if any(store.kept(c.name, first) < stop - first for c in columns)]  # fmt: skip
    if not spans:
        return store
    done = request.count - sum(stop - first for first, stop in spans)
    _log.info("%s/%s/%s: generating %d of %d samples into %s%s", request.dataset, request.config,
              request.split, request.count - done, request.count, store.folder,
              _how_long(request, request.count - done))  # fmt: skip
    if progress:
        progress(done, request.count)
    starts = {span: _start(store, columns, span) for span in spans}
    call = partial(_compute, request, check_device(device))
    ranges = ((starts[span], span[1]) for span in spans)
    with open_pool(workers if device == "cpu" else 1, scheduler) as (executor, window):
        for (start, stop), rows in completed(executor, call, ranges, window):
            first = start - start % store.part_rows
            _keep(store, columns, (first, stop), start, rows)
            done += stop - first
            if progress:
                progress(done, request.count)
    return store


def _how_long(request: Request, samples: int) -> str:
    each = sample_seconds(request.declared, request.config)
    return f", about {duration(samples * each)} of one core" if each else ""


def store_of(request: Request, cache: Path) -> Store:
    """Return the store of a split: another solver, parameter or version has another folder."""
    dataset = request.declared
    about = _identity(dataset, request)
    name = f"{request.config}-{request.split}-{digest_of(about)[:8]}"
    folder = cache / f"{dataset.name}-{dataset.version}" / name
    if not (folder / ABOUT).exists():
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / ABOUT, json.dumps(canonical(about), indent=1) + "\n")
    return Store(folder, dataset.part_rows(request.config))


def _identity(dataset: Dataset, request: Request) -> dict[str, object]:
    return {
        "dataset": dataset.name,
        "version": dataset.version,
        "config": request.config,
        "split": request.split,
        "parameters": parameters_of(dataset.config(request.config)),
        "solver": dataset.solvers[0],
        "part_rows": dataset.part_rows(request.config),
    }


def _start(store: Store, columns: Sequence[Column], span: tuple[int, int]) -> int:
    """Return the first sample of a part that not every column has."""
    return span[0] + min(store.kept(column.name, span[0]) for column in columns)


def _compute(request: Request, device: str, span: tuple[int, int]) -> Batch:
    """Return some samples as they are stored; this may run on another machine."""
    dataset = request.declared
    batch = compute_rows(
        dataset, request.config, request.split, np.arange(*span), solver=dataset.solvers[0],
        device=device,
    )  # fmt: skip
    return {c.name: to_storage(c, batch[c.name]) for c in request.checked_columns()}


def _keep(
    store: Store, columns: Sequence[Column], span: tuple[int, int], start: int, rows: Batch
) -> None:
    """Write the longer files of a part whose samples from `start` on were computed."""
    first, stop = span
    for column in columns:
        # meanwhile another process may have written the same
        there = max(first + store.kept(column.name, first), start)
        if there < stop:
            old = [store.read(column.name, first, there)] if there > first else []
            new = rows[column.name][there - start :]
            store.write(column.name, first, np.concatenate([*old, new]))
