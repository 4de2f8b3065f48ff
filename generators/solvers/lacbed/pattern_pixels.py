"""Patterns of given beams and of as many as a tolerance needs; pixels follow by symmetry."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.solvers.lacbed.bloch_states import tile_intensity
from mesoinv.generators.solvers.lacbed.convergence import enough_beams, enough_states
from mesoinv.generators.solvers.lacbed.propagation import intensity
from mesoinv.generators.solvers.lacbed.scattering_matrix import beams_within
from mesoinv.generators.solvers.lacbed.structure_factors import pattern_symmetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal
    from mesoinv.generators.solvers.lacbed.microscope import Microscope


@dataclass(frozen=True, repr=False)
class Pattern(ArrayResult):
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


def given_pattern(
    crystal: Crystal,
    thickness: NDArray[np.float64],
    pixels: int,
    microscope: Microscope,
    g_max: float,
    device: str = "cpu",
) -> Pattern:
    """Compute a pattern with all beams of |g|/2π ≤ `g_max` [1/Å] and no others."""
    beams = beams_within(crystal, microscope.voltage, g_max)
    symmetry = pattern_symmetry(crystal)
    rows, columns = np.nonzero(_needed(symmetry, pixels))
    directions = _directions(microscope, pixels, rows, columns)
    pattern = np.zeros((len(thickness), pixels, pixels))
    pattern[:, rows, columns] = intensity(
        beams, directions, thickness, microscope.absorption, device=device
    )
    return Pattern(_unfolded(pattern, symmetry), len(beams.orders), float("nan"))


def chosen_pattern(
    crystal: Crystal,
    thickness: NDArray[np.float64],
    pixels: int,
    microscope: Microscope,
    tolerance: float,
    device: str = "cpu",
) -> Pattern:
    """Compute a pattern with as many beams and Bloch states as the tolerance needs.

    A GPU multiplies large matrices faster than it diagonalises many small ones: there all beams
    are propagated.

    Parameters
    ----------
    crystal, thickness, pixels, microscope, device
        As for `given_pattern`.
    tolerance : float
        Estimated relative L2 error allowed at each thickness.
    """
    choice = enough_beams(crystal, thickness, microscope, tolerance, device)
    beams, error, absorption = choice.beams, choice.error, microscope.absorption
    symmetry = pattern_symmetry(crystal)
    needed = _needed(symmetry, pixels)
    pattern = np.zeros((len(thickness), pixels, pixels))
    if device == "cpu":
        window, error = enough_states(choice, thickness, absorption, tolerance)
        for rows, columns in _tiles(needed, 2 * microscope.tiles):
            directions = _directions(microscope, pixels, rows, columns)
            values = tile_intensity(beams, directions, thickness, absorption, window)
            pattern[:, rows, columns] = values
    else:
        rows, columns = np.nonzero(needed)
        directions = _directions(microscope, pixels, rows, columns)
        pattern[:, rows, columns] = intensity(
            beams, directions, thickness, absorption, single=True, device=device
        )
    return Pattern(_unfolded(pattern, symmetry), len(beams.orders), error)


def _directions(
    microscope: Microscope, pixels: int, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    vectors = microscope.wave_vectors(pixels)
    return np.stack([vectors[rows], vectors[columns]], axis=1)


def _tiles(
    needed: NDArray[np.bool_], count: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield rows and columns of all pixels of each tile that has pixels which are needed."""
    parts = np.array_split(np.arange(len(needed)), count)
    for rows, columns in product(parts, parts):
        if needed[np.ix_(rows, columns)].any():
            grid = np.meshgrid(rows, columns, indexing="ij")
            yield grid[0].ravel(), grid[1].ravel()


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
