"""Landscapes from maps under a tip: seconds a sample and what is found, one thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

import mesoinv
from benchmarks.bench_inversion import relative_errors
from mesoinv.generators.sgm import POINT_TIPS, invert_map

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What an inversion begins with: it sees the maps without noise.
START = "sgm-landscape-unet.8k"
#: Standard deviation of each reading [2e²/h] that is added, and how many samples are inverted.
NOISE, SAMPLES = (0.01, 0.001), 12
#: The map that is inverted.
COLUMN = "conductance_change"


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per level of noise."""
    count = 1 if quick else SAMPLES
    samples = mesoinv.generate("sgm", "point", "test", range(count))
    stored = {name: samples[name].astype(np.float16).astype(np.float64) for name in POINT_TIPS}
    starts = mesoinv.load_model(START).predict(stored, check_range=False)
    for noise in NOISE[1:] if quick else NOISE:
        error = np.random.default_rng(0).normal(0, noise, stored[COLUMN].shape)
        yield _line(stored[COLUMN] + error, starts, samples["potential"], noise)


def _line(maps: np.ndarray, starts: np.ndarray, truth: np.ndarray, noise: float) -> str:
    strength = POINT_TIPS[COLUMN][0]
    start = time.perf_counter()
    made = invert_map(maps, starts, tip_strength=strength, noise=noise)
    seconds = (time.perf_counter() - start) / len(maps)
    before, after = (relative_errors(v, truth) for v in (starts, made.potential))
    fits = made.fits
    covered = (abs(made.potential - truth) < 1.96 * made.deviation)[fits].mean()
    return (
        f"inversion of maps under a tip of {strength:g} t, noise {noise:g} × 2e²/h: "
        f"{seconds:.1f} s a sample, {made.steps.mean():.0f} steps, "
        f"{fits.sum()} of {len(maps)} fit; relative error of the starts "
        f"{np.median(before):.3f} (median), of what fits {np.median(after[fits]):.4f}, "
        f"at most {after[fits].max():.4f}; 95 % intervals cover {100 * covered:.1f} %"
    )
