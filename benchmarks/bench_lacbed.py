"""Diffraction patterns beside diagonalised structure matrices, and beside a dense exponential."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.lacbed import DATASET, Crystal, Microscope, bright_field, pattern
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.lacbed.dense_reference import dense_intensity
from mesoinv.generators.solvers.lacbed.materials import materials
from mesoinv.generators.solvers.lacbed.scattering_factors import elements
from mesoinv.generators.solvers.lacbed.scattering_matrix import Beams, beams_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

THICKNESSES = [300.0, 600.0]
#: Pixels along an axis of the patterns that are compared: 64 of them. An eighth is computed.
PIXELS = 8
#: Beams of the reference [1/Å]: more than those chosen by this factor, at least so far.
FARTHER, FAR = 1.4, 3.5
TITANATE = Crystal(
    3.905,
    ["Sr", "Ti", "O", "O", "O"],
    [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
    [0.6, 0.4, 0.7, 0.7, 0.7],
)


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    yield accuracy(4 if quick else 20)
    yield beside_eigenvectors(2 if quick else 6)
    for config in ("cubic", "balanced"):
        yield generation(config, 4 if quick else 72)


def accuracy(count: int) -> str:
    """Errors of crystals from light to heavy, in one line."""
    chosen, given, estimates = [], [], []
    for crystal in real_crystals(count):
        ours = pattern(crystal, THICKNESSES, pixels=PIXELS)
        reach = np.sqrt(ours.beams / np.pi * repeats(crystal)) / crystal.lattice_parameter
        chosen.append(error_beside_dense(crystal, ours.intensity, max(FAR, FARTHER * reach)))
        same = bright_field(crystal, THICKNESSES, pixels=PIXELS, g_max=2.0)
        given.append(error_beside_dense(crystal, same, 2.0))
        estimates.append(ours.error)
    return (
        f"lacbed, {count} crystals from light to heavy, {PIXELS}² pixels, 300 and 600 Å, relative "
        f"L2 error beside a dense exponential: median {np.median(chosen):.1e}, largest "
        f"{max(chosen):.1e} (estimated {np.median(estimates):.1e} and {max(estimates):.1e}); same "
        f"beams: largest {max(given):.1e}"
    )


def real_crystals(count: int) -> list[Crystal]:
    """Return materials of few atoms, evenly from the lightest to the heaviest."""
    crystals = [material.crystal() for material in materials()]
    small = [c for c in crystals if c.lattice_parameter < 6.5]
    small.sort(key=lambda c: float(np.mean([elements().index(s) for s in c.symbols])))
    return [small[i] for i in np.linspace(0, len(small) - 1, count).round().astype(int)]


def repeats(crystal: Crystal) -> float:
    """Return how many times the projection of a cell repeats within it."""
    within = 4 / crystal.lattice_parameter
    every = np.pi * (within * crystal.lattice_parameter) ** 2
    return float(every / len(beams_within(crystal, 200.0, within).orders))


def error_beside_dense(crystal: Crystal, solved: NDArray[np.float64], g_max: float) -> float:
    """Return the larger relative L2 error of the thicknesses, over all pixels."""
    rows, columns = np.tril_indices(PIXELS // 2)
    rows, columns = rows + PIXELS // 2, columns + PIXELS // 2
    along = Microscope().wave_vectors(PIXELS)
    vectors = np.stack([along[rows], along[columns]], axis=1)
    dense = dense_intensity(crystal, THICKNESSES, vectors, g_max=g_max)
    # a pixel off the diagonal stands for two
    weight = np.where(rows == columns, 1, 2)
    difference = (weight * (solved[:, rows, columns] - dense) ** 2).sum(axis=1)
    return float(np.sqrt(difference / (weight * dense**2).sum(axis=1)).max())


def beside_eigenvectors(count: int) -> str:
    """Seconds a pattern of SrTiO3, and those of its structure matrices' eigenvectors."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        ours = pattern(TITANATE, 600.0)
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    rough = pattern(TITANATE, 600.0, tolerance=1e-2)
    loose = time.perf_counter() - start
    beams = beams_within(TITANATE, 200.0, reach_of(ours.beams))
    pixels = 64 * 65 // 2
    damped, plain = (eigenvectors(beams, k, count) * pixels for k in (0.1, 0.0))
    best = min(seconds)
    return (
        f"lacbed SrTiO3, 600 Å, 128² pixels, one thread: {best:.2f} s to {max(seconds):.2f} s to "
        f"1e-3 with {ours.beams} beams ({loose:.2f} s to 1e-2 with {rough.beams}); eigenvectors of "
        f"the same beams, an eighth of the pixels: {damped:.0f} s ({damped / best:.0f} ×), without "
        f"absorption {plain:.0f} s ({plain / best:.0f} ×)"
    )


def reach_of(beams: int) -> float:
    """Return |g|/2π [1/Å] of that many beams of SrTiO3, whose projection repeats nowhere."""
    return float(np.sqrt(beams / np.pi)) / TITANATE.lattice_parameter


def eigenvectors(beams: Beams, absorption: float, count: int) -> float:
    """Return seconds a direction for all eigenvectors of its structure matrix."""
    along = Microscope().wave_vectors(128)[64 : 64 + count]
    vectors = np.stack([along, along[::-1]], axis=1)
    diagonals = beams.excitation(vectors).T
    matrices = (1 + 1j * absorption) * beams.coupling if absorption else beams.coupling
    batch = matrices + diagonals[:, :, None] * np.eye(len(beams.orders))
    solve = np.linalg.eig if absorption else np.linalg.eigh
    start = time.perf_counter()
    solve(batch)
    return (time.perf_counter() - start) / count


def generation(config: str, count: int) -> str:
    """Seconds a sample, drawn and solved by one process, and the time of the full size."""
    indices = np.arange(count)
    start = time.perf_counter()
    drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), indices)
    drawing = (time.perf_counter() - start) / count
    DATASET.solve(config, drawn)
    seconds = (time.perf_counter() - start) / count
    samples = sum(DATASET.config(config).sizes["full"].values())
    return (
        f"lacbed {config} generated: {seconds:.2f} s a sample, {drawing:.2f} s of it to draw the "
        f"crystal; full size of {samples}: {seconds * samples / 3600:.1f} h on one core"
    )
