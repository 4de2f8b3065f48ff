"""Samples of a built dataset: a folder, or the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.files import given_path, is_folder
from mesoinv.generators.common.records import digest_of
from mesoinv.generators.hub.download import download
from mesoinv.generators.pipeline.loading.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Batch
    from mesoinv.generators.pipeline.loading.request import Request

#: The source that is no build: samples are computed here.
GENERATE = "generate"


def built_folder(request: Request, source: str) -> Path:
    """Return the folder of a source, downloading the files of the split where it is on the Hub."""
    folder = given_path(source)
    return folder if is_folder(folder) else _download(request, source)


def _download(request: Request, source: str) -> Path:
    repo, _, revision = source.partition("@")
    patterns = [f"{request.config}/{request.split}-*.parquet"]
    try:
        return download(repo, revision or None, patterns, kind="dataset")
    except MesoinvError as error:
        raise MesoinvError(f"{source!r} is neither {GENERATE!r} nor a folder. {error}") from error


def files_of(request: Request, folder: Path) -> dict[Path, int]:
    """Return the files of a split with their samples, once it is known that they hold enough.

    Raises
    ------
    MesoinvError
        If they hold fewer samples than asked for.
    """
    request.checked_columns()
    rows = split_files(request, folder)
    if sum(rows.values()) < request.count:
        raise MesoinvError(
            f"{folder} holds {sum(rows.values())} samples of {request.config}/{request.split}; "
            f"{request.count} are needed. Take fewer samples, build a larger size, or use "
            f"--data {GENERATE}."
        )
    return rows


def split_files(request: Request, folder: Path) -> dict[Path, int]:
    """Return the files of a split, in their order, with how many samples each holds."""
    from mesoinv.generators.pipeline.shard_files import count_rows  # noqa: PLC0415

    files = sorted((folder / request.config).glob(f"{request.split}-*.parquet"))
    return {path: count_rows(path) for path in files}


def read_batches(request: Request, files: dict[Path, int]) -> Iterator[Batch]:
    """Yield the samples of a request, one row group in memory at a time."""
    from mesoinv.generators.pipeline.storage import iter_tables, to_numpy  # noqa: PLC0415

    columns, left = request.checked_columns(), request.count
    for path, there in files.items():
        for table in iter_tables(path, 0, min(left, there), columns):
            yield to_numpy(table, columns)
        left -= min(left, there)


def unpacked_store(request: Request, folder: Path, cache: Path) -> Store:
    """Return a store with the samples of a built folder, to read them in any order.

    It is unpacked once: parquet can only be read a row group at a time.
    """
    files = files_of(request, folder)
    about = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    name = f"{request.config}-{request.split}-{digest_of(about)[:16]}"
    dataset = request.declared
    target = cache / f"{dataset.name}-unpacked" / name
    store = Store(target, dataset.part_rows(request.config))
    spans = store.spans(request.count)
    if all(store.kept(c, a) >= b - a for a, b in spans for c in request.columns):
        return store
    parts = regrouped(read_batches(request, files), store.part_rows)
    for (first, stop), part in zip(spans, parts, strict=True):
        for name, values in part.items():
            if store.kept(name, first) < stop - first:
                store.write(name, first, values)
    return store


def regrouped(batches: Iterable[Batch], rows: int) -> Iterator[Batch]:
    """Cut batches anew, into ones of `rows` samples; the last one may have fewer."""
    waiting: list[Batch] = []
    there = 0
    for batch in batches:
        waiting.append(batch)
        there += len(next(iter(batch.values())))
        while there >= rows:
            joined = {name: np.concatenate([b[name] for b in waiting]) for name in batch}
            yield {name: values[:rows] for name, values in joined.items()}
            waiting, there = [{n: v[rows:] for n, v in joined.items()}], there - rows
    if there:
        yield {name: np.concatenate([b[name] for b in waiting]) for name in waiting[0]}
