"""Generated samples, kept in a store: what it lacks is computed, a part at a time.

Only the samples that are asked for are computed: the last part of a request may hold fewer. A
later, larger request adds a longer file and leaves the shorter one to processes that read it.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.records import canonical, digest_of
from mesoinv.generators.pipeline.compute import compute_rows
from mesoinv.generators.pipeline.loading.store import Store
from mesoinv.generators.pipeline.plan import parameters_of
from mesoinv.generators.pipeline.storage import to_storage
from mesoinv.generators.pipeline.workers import completed, open_pool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Dataset
    from mesoinv.generators.pipeline.loading.request import Request

#: Says beside the samples what they are.
ABOUT = "store.json"


def generated_store(
    request: Request,
    cache: Path,
    *,
    workers: int = 1,
    device: str = "cpu",
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
    progress : callable, optional
        Called with (samples there, samples in all).
    """
    columns = [column.name for column in request.checked_columns()]
    store = store_of(request, cache)
    spans = [(first, stop) for first, stop in store.spans(request.count)
             if any(store.kept(name, first) < stop - first for name in columns)]  # fmt: skip
    done = request.count - sum(stop - first for first, stop in spans)
    call = partial(_compute, request, store, check_device(device))
    with open_pool(workers if device == "cpu" else 1) as (executor, window):
        for (first, stop), _ in completed(executor, call, spans, window):
            done += stop - first
            if progress:
                progress(done, request.count)
    return store


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


def _compute(request: Request, store: Store, device: str, span: tuple[int, int]) -> None:
    """Compute the samples of one part that not every column has, and write the longer files."""
    first, stop = span
    dataset, columns = request.declared, request.checked_columns()
    kept = {column.name: store.kept(column.name, first) for column in columns}
    start = first + min(kept.values())
    if start >= stop:  # another process was faster
        return
    batch = compute_rows(
        dataset, request.config, request.split, np.arange(start, stop),
        solver=dataset.solvers[0], device=device,
    )  # fmt: skip
    for column in columns:
        if (there := first + kept[column.name]) < stop:
            new = to_storage(column, batch[column.name])[there - start :]
            old = [store.read(column.name, first, there)] if there > first else []
            store.write(column.name, first, np.concatenate([*old, new]))
