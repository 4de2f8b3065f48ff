"""Bright-field patterns: which beams, which Bloch states, which pixels, and how exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.lacbed.bloch_states import tile_intensity
from mesoinv.generators.solvers.lacbed.propagation import intensity
from mesoinv.generators.solvers.lacbed.scattering_matrix import Beams, beams_of
from mesoinv.generators.solvers.lacbed.structure_factors import pattern_symmetry, reflections

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal

#: Steps of the search: of the largest |g|/2π, and the windows of the Bloch states [1/Å].
_STEP = 1.15
_WINDOWS = (0.05, 0.08, 0.12, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5)
#: The search begins and ends here: [1/Å], without 2π.
_NEAREST, _FARTHEST = 2.0, 12.0
#: Width of a tile of directions that share Bloch states [1/Å], without 2π.
_TILE = 0.2228
#: Directions at which errors are estimated, in units of the half-width: three places of four.
_PLACES = ((0.13, 0.06), (0.56, 0.37), (0.94, 0.93))
_AROUND = ((-0.05, -0.03), (-0.02, 0.05), (0.03, -0.06), (0.05, 0.04))
#: A matrix of more beams than this is refused: it and its copies take 8 GB in double precision.
MOST_BEAMS = 12_000


@dataclass(frozen=True)
class Pattern:
    """A pattern and how it was computed.

    Attributes
    ----------
    intensity : (T, n, n) array
        Of the (000) beam; the first axis of a picture along [100], the second along [010].
    beams : int
        Beams that took part.
    error : float
        Estimated relative L2 error, the larger of those of the thicknesses; NaN where the beams
        were given, for then all of these and no others were wanted.
    """

    intensity: NDArray[np.float64]
    beams: int
    error: float


@dataclass(frozen=True)
class Microscope:
    """Electrons and directions.

    Attributes
    ----------
    voltage : float
        [kV].
    half_width : float
        Largest transverse wave vector of the incident beam [1/Å], without 2π.
    absorption : float
        κ, imaginary over real part of the potential.
    """

    voltage: float = 200.0
    half_width: float = 0.891
    absorption: float = 0.1


def given_pattern(
    crystal: Crystal,
    thickness: NDArray[np.float64],
    pixels: int,
    microscope: Microscope,
    g_max: float,
) -> Pattern:
    """Compute a pattern with all beams of |g|/2π ≤ `g_max` [1/Å] and no others."""
    beams = _beams(crystal, microscope, g_max)
    symmetry = pattern_symmetry(crystal)
    rows, columns = np.nonzero(_needed(symmetry, pixels))
    vectors = _wave_vectors(pixels, microscope)
    directions = np.stack([vectors[rows], vectors[columns]], axis=1)
    values = intensity(beams, directions, thickness, microscope.absorption)
    pattern = np.zeros((len(thickness), pixels, pixels))
    pattern[:, rows, columns] = values
    return Pattern(_unfolded(pattern, symmetry), len(beams.orders), float("nan"))


def chosen_pattern(
    crystal: Crystal,
    thickness: NDArray[np.float64],
    pixels: int,
    microscope: Microscope,
    tolerance: float,
) -> Pattern:
    """Compute a pattern with as many beams and Bloch states as the tolerance needs.

    Parameters
    ----------
    crystal, thickness, pixels, microscope
        As for `given_pattern`.
    tolerance : float
        Estimated relative L2 error allowed at each thickness.
    """
    beams, window, error = _choose(crystal, thickness, microscope, tolerance)
    symmetry = pattern_symmetry(crystal)
    needed = _needed(symmetry, pixels)
    vectors = _wave_vectors(pixels, microscope)
    pattern = np.zeros((len(thickness), pixels, pixels))
    pieces = 2 * int(np.ceil(microscope.half_width / _TILE))
    for rows in np.array_split(np.arange(pixels), pieces):
        for columns in np.array_split(np.arange(pixels), pieces):
            if not needed[np.ix_(rows, columns)].any():
                continue
            grid = np.meshgrid(vectors[rows], vectors[columns], indexing="ij")
            directions = np.stack(grid, axis=-1).reshape(-1, 2)
            values = tile_intensity(beams, directions, thickness, microscope.absorption, window)
            pattern[:, rows[:, None], columns] = values.reshape(-1, len(rows), len(columns))
    return Pattern(_unfolded(pattern, symmetry), len(beams.orders), error)


def _choose(
    crystal: Crystal,
    thickness: NDArray[np.float64],
    microscope: Microscope,
    tolerance: float,
) -> tuple[Beams, float, float]:
    """Return beams, window and estimated error."""
    places = (np.array(_PLACES)[:, None] + np.array(_AROUND)) * microscope.half_width * 2 * np.pi
    directions = places.reshape(-1, 2)
    absorption = microscope.absorption
    beams = _beams(crystal, microscope, _NEAREST)
    values = intensity(beams, directions, thickness, absorption, single=True)
    while True:
        farther = _beams(crystal, microscope, _reach(crystal, beams) * _STEP)
        truth = intensity(farther, directions, thickness, absorption, single=True)
        if _error(values, truth) < 0.7 * tolerance:
            break
        beams, values = farther, truth
    for window in _WINDOWS:
        tiles = [tile_intensity(beams, p, thickness, absorption, window) for p in places]
        error = _error(np.concatenate(tiles, axis=1), truth)
        if error < 0.9 * tolerance:
            return beams, window, error
    return beams, np.inf, _error(values, truth)


def _error(values: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    norms = np.linalg.norm(truth, axis=1)
    return float(np.max(np.linalg.norm(values - truth, axis=1) / norms, initial=0))


def _reach(crystal: Crystal, beams: Beams) -> float:
    return float(np.sqrt((beams.orders**2).sum(axis=1).max())) / crystal.lattice_parameter


def _beams(crystal: Crystal, microscope: Microscope, g_max: float) -> Beams:
    if g_max > _FARTHEST:
        raise UsageError(
            f"The search for enough beams ended at {_FARTHEST} 1/Å: give g_max or larger B factors."
        )
    orders = reflections(crystal, g_max)
    if len(orders) > MOST_BEAMS:
        raise UsageError(
            f"{len(orders)} beams of |g| ≤ {g_max:.3g} 1/Å need matrices of "
            f"{len(orders) ** 2 * 8 / 1e9:.0f} GB; at most {MOST_BEAMS} are allowed."
        )
    return beams_of(crystal, microscope.voltage, orders)


def _wave_vectors(pixels: int, microscope: Microscope) -> NDArray[np.float64]:
    centred = np.arange(pixels) - pixels / 2 + 0.5
    return np.asarray(2 * np.pi * centred * (2 * microscope.half_width / pixels))


def _needed(symmetry: str, pixels: int) -> NDArray[np.bool_]:
    """Return which pixels are computed, the rest follow by symmetry."""
    if symmetry == "1":
        return np.ones((pixels, pixels), dtype=bool)
    upper = np.arange(pixels) >= pixels // 2
    quadrant = upper[:, None] & upper[None, :]
    return quadrant if symmetry == "2mm" else np.asarray(np.tril(quadrant))


def _unfolded(pattern: NDArray[np.float64], symmetry: str) -> NDArray[np.float64]:
    if symmetry == "1":
        return pattern
    half = pattern.shape[1] // 2
    if symmetry == "4mm":
        pattern = np.tril(pattern) + np.tril(pattern, -1).transpose(0, 2, 1)
    pattern[:, :half] = pattern[:, : half - 1 : -1]
    pattern[:, :, :half] = pattern[:, :, : half - 1 : -1]
    return pattern
