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
NOISE = (None, 0.01, 0.1)


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per level of noise; starts are the network's from the map without noise."""
    count = 1 if quick else 12
    samples = mesoinv.generate("pldos", "landscape", "test", range(count))
    stored = samples["pldos"].astype(np.float16).astype(np.float64)
    model = mesoinv.load_model("pldos-landscape-unet.16k")
    starts = np.asarray(model.predict(stored.astype(np.float32)), dtype=np.float64)
    mesoinv.invert("pldos", stored[:1], start=starts[:1])  # compiles
    for noise in NOISE[:1] if quick else NOISE:
        yield _line(noise, _noisy(stored, noise), starts, samples["potential"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    yield f"inversion: {memory:.2f} GB in the process at most, the network and torch included"


def _noisy(maps: np.ndarray, noise: float | None) -> np.ndarray:
    if noise is None:
        return maps
    stream = noise_stream("pldos", DATASET.version, "landscape", "test", "pldos")
    return with_noise(maps, noise, stream, np.arange(len(maps))).astype(np.float64)


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
        f"inversion, noise {noise or 'of the storage'}: {seconds:.2f} s a sample, "
        f"{made.steps.mean():.0f} steps, {made.fits.sum()} of {len(maps)} fit, "
        f"1 - r median {np.median(left):.2g}, largest {max(left):.2g}, "
        f"95 % intervals cover {100 * covered:.1f} %"
    )
