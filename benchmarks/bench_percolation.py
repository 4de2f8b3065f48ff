"""Percolation: samples drawn and labelled a second beside scipy's labels, and loaded back."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from benchmarks.machine import interleaved
from mesoinv.generators.percolation import DATASET, DENSITIES
from mesoinv.generators.pipeline.build import build
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.storage import read_rows
from mesoinv.generators.solvers.percolation.clusters import find_clusters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Samples in a turn: every density as often.
TURN = 20 * len(DENSITIES)


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    for config in ("L100", "L200"):
        yield speed(config, 1 if quick else 7)
    yield loading()


def speed(config: str, repeats: int) -> str:
    """Compare drawing, labelling, and labelling by scipy on one core, in one line."""
    stream, indices = stream_of(DATASET, config, "train"), np.arange(TURN)
    occupied = DATASET.draw(config, stream, indices)["occupied"]

    def draw() -> int:
        DATASET.draw(config, stream, indices)
        return TURN

    def ours() -> int:
        find_clusters(occupied)
        return TURN

    def scipy() -> int:
        for sites in occupied:
            by_scipy(sites)
        return TURN

    times = interleaved({"drawn": draw, "labelled": ours, "scipy": scipy}, repeats)
    text = ", ".join(
        f"{name} {1 / median:.0f} ({1 / slow:.0f} to {1 / fast:.0f})"
        for name, (median, fast, slow) in times.items()
    )
    ratio = times["scipy"][0] / times["labelled"][0]
    return f"percolation {config} [samples/s, one core]: {text}; {ratio:.2f} × scipy"


def by_scipy(sites: NDArray[np.uint8]) -> tuple[bool, bool, int, int]:
    """Label one lattice with scipy: the same four numbers."""
    labels, count = ndimage.label(sites)
    largest = int(np.bincount(labels.ravel())[1:].max(initial=0))
    ends = ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1]))
    vertical, horizontal = (bool(np.intersect1d(a, b).max(initial=0)) for a, b in ends)
    return vertical, horizontal, largest, count


def loading() -> str:
    """Build a few samples and read them back, in one line."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        target = build("percolation", ["L100"], size="small", out=Path(folder) / "p", workers=1)
        seconds = time.perf_counter() - start
        rows = sum(DATASET.config("L100").sizes["small"].values())
        shard = next((Path(target) / "L100").glob("train-*.parquet"))
        count = DATASET.num_samples("L100", "small", "train")
        start = time.perf_counter()
        read_rows(shard, 0, count, DATASET.columns("L100"))
        reading = time.perf_counter() - start
        size = shard.stat().st_size / count
    return (
        f"percolation L100: built and written {rows / seconds:.0f} samples/s (one worker, start "
        f"included), {size:.0f} bytes a sample, read to numpy {count / reading:.0f} samples/s"
    )
