"""Eigenstates by number beside a dense solver for one level: seconds a sample, errors."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.wavefunctions import DATASET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.generators.pipeline.base import Batch

#: One configuration of each model; the dense solver takes half a minute a sample.
MODELS = ("su2", "ando", "chern")
#: Strengths of the disorder that a turn takes, out of the grid of 100.
SAMPLES = range(4, 100, 10)


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    for config in MODELS:
        yield beside_dense(config, 1 if quick else 3)
    yield from generation(quick=quick)


def solved(config: str, indices: range, solver: str) -> tuple[float, Batch]:
    """Solve samples of the test split; return seconds a sample and the samples."""
    drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), np.array(indices))
    start = time.perf_counter()
    samples = DATASET.solve(config, drawn, solver=solver)
    return (time.perf_counter() - start) / len(indices), samples


def beside_dense(config: str, repeats: int) -> str:
    """Seconds a sample of both solvers, in turns, and how far they differ, in one line."""
    solved(config, SAMPLES, "inertia")
    ours, dense, energy, density = [], [], [], []
    for turn in range(repeats):
        seconds, solutions = solved(config, SAMPLES, "inertia")
        ours.append(seconds)
        row = (turn * 3 + 2) % len(SAMPLES)
        seconds, expected = solved(config, SAMPLES[row : row + 1], "dense")
        dense.append(seconds)
        assert solutions["level"][row] == expected["level"][0]
        energy.append(abs(solutions["energy"][row] - expected["energy"][0]))
        difference = solutions["density"][row] - expected["density"][0]
        density.append(np.linalg.norm(difference) / np.linalg.norm(expected["density"][0]))
    median = statistics.median(ours), statistics.median(dense)
    return (
        f"wavefunctions {config}, s for a sample: ours {_range(ours)}, dense {_range(dense)}, "
        f"{median[1] / median[0]:.0f} × dense (best of each: {min(dense) / min(ours):.0f} ×); "
        f"differences: energy {max(energy):.0e}, density {max(density):.0e} (relative)"
    )


def _range(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3g} ({min(seconds):.3g}–{max(seconds):.3g})"


def generation(*, quick: bool) -> Iterator[str]:
    """Yield samples a second, drawn and solved by one process, and the time of the full size."""
    total = 0.0
    for config, parameters in DATASET.configs.items():
        count = 64 if parameters.levels > 1 else 10 if parameters.side > 40 or quick else 50
        indices = np.arange(count) * (1 if parameters.levels > 1 else 100 // count)
        start = time.perf_counter()
        drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), indices)
        DATASET.solve(config, drawn)
        seconds = (time.perf_counter() - start) / count
        samples = sum(parameters.sizes["full"].values())
        total += seconds * samples
        yield (
            f"wavefunctions {config} generated: {1 / seconds:.1f} samples/s, full size of "
            f"{samples}: {seconds * samples / 60:.1f} min on one core"
        )
    yield f"wavefunctions, full size of all configurations: {total / 60:.0f} min on one core"
