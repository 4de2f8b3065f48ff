"""Landscapes from densities of states: seconds a sample, what is found, memory; one thread."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING

import numpy as np

import mesoinv
from mesoinv.eval.scoring.noise import noise_stream, with_noise
from mesoinv.generators.pldos import DATASET

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Standard deviations of the noise over the mean of a map; None is the rounding of the storage.
NOISE = (None, 0.01, 0.03, 0.1)
#: What an inversion begins with where noise is given, and for how many maps its errors are told.
START, STARTS = "pldos-landscape-unet.noisy-88k", 300


def run(*, quick: bool) -> Iterator[str]:
    """Yield two lines per level of noise: the network's starts, and the inversions from them."""
    count, shown = (1, 2) if quick else (12, STARTS)
    samples = mesoinv.generate("pldos", "landscape", "test", range(shown))
    stored = samples["pldos"].astype(np.float16).astype(np.float64)
    model = mesoinv.load_model(START)
    mesoinv.invert("pldos", stored[:1], start=samples["potential"][:1])  # compiles
    for noise in NOISE[:1] if quick else NOISE:
        maps = _noisy(stored, noise)
        seen = model.predict(maps.astype(np.float32), check_range=False)
        starts = np.asarray(seen, dtype=np.float64)
        yield _start_line(noise, starts, samples["potential"])
        yield _line(noise, maps[:count], starts[:count], samples["potential"][:count])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield f"inversion: {memory:.2f} GB in the process at most, the network and torch included"


def _noisy(maps: np.ndarray, noise: float | None) -> np.ndarray:
    if noise is None:
        return maps
    stream = noise_stream("pldos", DATASET.version, "landscape", "test", "pldos")
    return with_noise(maps, noise, stream, np.arange(len(maps))).astype(np.float64)


def _named(noise: float | None) -> str:
    return f"noise {noise or 'of the storage'}"


def relative_errors(made: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the norm of each sample's error over that of its truth, (B,)."""
    difference = np.linalg.norm((made - truth).reshape(len(truth), -1), axis=1)
    return difference / np.linalg.norm(truth.reshape(len(truth), -1), axis=1)


def _start_line(noise: float | None, starts: np.ndarray, truth: np.ndarray) -> str:
    errors = relative_errors(starts, truth)
    middle, most = np.quantile(errors, [0.5, 0.99])
    return (
        f"starts of {len(truth)} maps, {_named(noise)}: relative error {middle:.3f} (median), "
        f"{most:.3f} (99 %); at most 0.1 in {100 * (errors <= 0.1).mean():.1f} %"
    )


def _line(noise: float | None, maps: np.ndarray, starts: np.ndarray, truth: np.ndarray) -> str:
    start = time.perf_counter()
    made = mesoinv.invert("pldos", maps, start=starts, noise=noise)
    seconds = (time.perf_counter() - start) / len(maps)
    left = [
        1 - np.corrcoef(v.ravel(), t.ravel())[0, 1]
        for v, t in zip(made.potential, truth, strict=True)
    ]
    covered = (abs(made.potential - truth) < 1.96 * made.deviation).mean()
    return (
        f"inversion, {_named(noise)}: {seconds:.2f} s a sample, "
        f"{made.steps.mean():.0f} steps, {made.fits.sum()} of {len(maps)} fit, "
        f"1 - r median {np.median(left):.2g}, largest {max(left):.2g}, "
        f"95 % intervals cover {100 * covered:.1f} %"
    )
