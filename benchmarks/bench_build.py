"""The way to disk and back: samples a second with two workers, rows a second when loaded."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKERS = 2


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    import mesoinv  # noqa: PLC0415 - after the number of threads is set

    size = "mini" if quick else "small"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pldos"
        start = time.perf_counter()
        mesoinv.build("pldos", ["landscape"], size, out=folder, workers=WORKERS)
        seconds = time.perf_counter() - start
        files = sorted(folder.glob("landscape/*.parquet"))
        rows, megabytes = _rows(files), sum(file.stat().st_size for file in files) / 1e6
        yield (
            f"pldos build, {WORKERS} workers of one thread: {rows / seconds:.1f} samples/s "
            f"({rows} in {seconds:.0f} s with start, files, `mini` and `preview`), "
            f"{megabytes / rows * 1e3:.0f} kB a sample"
        )
        yield from loading(folder, Path(name) / "cache", 50 if quick else 500)


def _rows(files: list[Path]) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415

    return sum(pq.ParquetFile(file).metadata.num_rows for file in files)


def loading(folder: Path, cache: Path, count: int) -> Iterator[str]:
    """Rows a second from ``load_dataset`` to numpy, at random and in batches."""
    import datasets  # noqa: PLC0415 - optional, slow

    datasets.disable_progress_bars()
    start = time.perf_counter()
    loaded = datasets.load_dataset(
        str(folder), "landscape", split="train", cache_dir=str(cache)
    ).with_format("numpy")
    yield (
        f"load_dataset, first time (converts to arrow): {time.perf_counter() - start:.1f} s for "
        f"{len(loaded)} rows of train"
    )
    chosen = np.random.default_rng(0).integers(0, len(loaded), count)
    start = time.perf_counter()
    for row in chosen.tolist():
        loaded[row]
    seconds = time.perf_counter() - start
    yield f"load_dataset, rows at random to numpy: {count / seconds:.0f} rows/s"
    start = time.perf_counter()
    for _ in loaded.iter(64):
        pass
    seconds = time.perf_counter() - start
    yield f"load_dataset, iter(64) to numpy: {len(loaded) / seconds:.0f} rows/s"
