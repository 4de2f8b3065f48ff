"""Loading samples for torch: our loaders beside the torch format of `datasets`, in the same run.

Rows are maps of 256 × 192 in half precision, as those of `pldos`, from a built folder; each case
reads all of them in batches of 32 tensors in single precision.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from mesoinv.generators import get_dataset
from mesoinv.generators.pipeline.storage import arrow_schema, shard_writer, to_table
from mesoinv.loaders import SampleDataset, SampleStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CONFIG, COLUMN, GROUP, BATCH = "landscape", "pldos", 64, 32


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    rows = 256 if quick else 4096
    with tempfile.TemporaryDirectory() as name:
        folder = _folder(Path(name) / "pldos", rows)
        cases = _cases(folder, Path(name), rows)
        rates = {case: _rate(call, rows, 1 if quick else 3) for case, call in cases.items()}
    slowest = rates["datasets, torch format, shuffled"]
    for case, rate in rates.items():
        yield f"{case}: {rate:.0f} rows/s of 256 × 192, {rate / slowest:.1f} × datasets"


def _folder(folder: Path, rows: int) -> Path:
    """Write a folder that is laid out as a build, with made-up maps."""
    columns = [c for c in get_dataset("pldos").columns(CONFIG) if c.name in {"index", COLUMN}]
    (folder / CONFIG).mkdir(parents=True)
    rng = np.random.default_rng(0)
    path = folder / CONFIG / "train-00000-of-00001.parquet"
    with shard_writer(path, arrow_schema(columns)) as writer:
        for first in range(0, rows, GROUP):
            maps = rng.random((GROUP, 256, 192))
            writer.write_table(to_table(columns, {"index": np.arange(first, first + GROUP),
                                                  COLUMN: maps}))  # fmt: skip
    return folder


def _cases(folder: Path, cache: Path, rows: int) -> dict[str, Callable[[], Iterable[Any]]]:
    from datasets import load_dataset  # noqa: PLC0415

    chosen: dict[str, Any] = {"columns": [COLUMN], "dataset": "pldos"}
    data = SampleDataset(folder, CONFIG, cache=cache, **chosen)
    assert len(data) == rows
    stream = SampleStream(folder, CONFIG, seed=0, **chosen)
    files = str(folder / CONFIG / "train-*.parquet")
    theirs = load_dataset("parquet", data_files=files, split="train", cache_dir=str(cache))
    theirs = theirs.select_columns([COLUMN]).with_format("torch", dtype=torch.float32)
    return {
        "SampleDataset, shuffled": lambda: DataLoader(data, BATCH, shuffle=True),
        "SampleDataset, shuffled, 2 workers": lambda: DataLoader(
            data, BATCH, shuffle=True, num_workers=2
        ),
        "SampleStream": lambda: DataLoader(stream, BATCH),
        "SampleStream, 2 workers": lambda: DataLoader(stream, BATCH, num_workers=2),
        "datasets, torch format, shuffled": lambda: DataLoader(theirs, BATCH, shuffle=True),
        "datasets, torch format, shuffled, 2 workers": lambda: DataLoader(
            theirs, BATCH, shuffle=True, num_workers=2
        ),
    }


def _rate(call: Callable[[], Iterable[Any]], rows: int, repeats: int) -> float:
    """Return the rows a second of the fastest of some passes."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        seen = sum(len(batch[COLUMN]) for batch in call())
        best = min(best, time.perf_counter() - start)
        assert seen == rows
    return rows / best
