"""Which beams and which Bloch states a tolerance needs.

Beams are added until the pattern no longer changes at a few directions. What is still missing then
follows from the last change: a beam left out shifts the others by |U_g|²/S_g, and the sum of these
over all that are still missing, beside the sum over those just added, extrapolates the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.lacbed.bloch_states import tile_intensity
from mesoinv.generators.solvers.lacbed.propagation import intensity
from mesoinv.generators.solvers.lacbed.scattering_matrix import Beams, beams_within
from mesoinv.generators.solvers.lacbed.structure_factors import coefficients, reflections

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal
    from mesoinv.generators.solvers.lacbed.microscope import Microscope

#: Steps of the search: of the largest |g|/2π, of the number of beams, and the windows of the Bloch
#: states [1/Å].
_STEP, _MORE = 1.15, 1.2
_WINDOWS = (0.05, 0.08, 0.12, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5)
#: The search begins and ends here: [1/Å], without 2π.
_NEAREST, _FARTHEST = 2.0, 12.0
#: Tiles at which errors are estimated, in units of the half-width, and directions of a tile, in
#: units of half its width: as far from its middle as all of its directions are on average.
_PLACES = ((0.13, 0.06), (0.56, 0.37), (0.94, 0.93))
_AROUND = np.array([(0.75, 0.4), (-0.4, 0.75), (-0.75, -0.4), (0.4, -0.75)])
#: Parts of the tolerance that the beams may take and that all may take: the estimates scatter.
_OF_BEAMS, _OF_ALL = 0.5, 0.8


@dataclass(frozen=True)
class Choice:
    """Beams that a tolerance needs, and what they give at a few directions.

    Attributes
    ----------
    beams : Beams
        The beams.
    error : float
        Estimated relative L2 error of leaving out all others.
    places : list of (4, 2) arrays
        Directions [1/Å], those of a tile together.
    truth : (T, 4 × places) array
        Intensities there.
    """

    beams: Beams
    error: float
    places: list[NDArray[np.float64]]
    truth: NDArray[np.float64]


def enough_beams(
    crystal: Crystal,
    thickness: NDArray[np.float64],
    microscope: Microscope,
    tolerance: float,
    device: str = "cpu",
) -> Choice:
    """Choose beams.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    thickness : (T,) array
        [Å].
    microscope : Microscope
        Electrons and directions.
    tolerance : float
        Relative L2 error allowed at each thickness, of which the beams take a part.
    device : str
        ``"cpu"`` or a device of torch.
    """
    places = _places(microscope)

    def solved(beams: Beams) -> NDArray[np.float64]:
        directions = np.concatenate(places)
        absorption = microscope.absorption
        return intensity(beams, directions, thickness, absorption, single=True, device=device)

    beams = beams_within(crystal, microscope.voltage, _NEAREST)
    values = solved(beams)
    while True:
        farther = _farther(crystal, microscope, beams)
        truth = solved(farther)
        error = _relative(values, truth) * _extrapolation(crystal, beams, farther)
        beams, values = farther, truth
        if error < _OF_BEAMS * tolerance:
            return Choice(beams, error, places, truth)


def enough_states(
    choice: Choice, thickness: NDArray[np.float64], absorption: float, tolerance: float
) -> tuple[float, float]:
    """Choose the window of the Bloch states.

    Returns
    -------
    window : float
        Bloch states are kept that lie at most this far below the incident beam [1/Å].
    error : float
        Estimated relative L2 error of leaving out all others, and all other beams.
    """
    for window in (*_WINDOWS, np.inf):
        tiles = [
            tile_intensity(choice.beams, place, thickness, absorption, window)
            for place in choice.places
        ]
        error = choice.error + _relative(np.concatenate(tiles, axis=1), choice.truth)
        if error < _OF_ALL * tolerance:
            break
    return window, error


def _places(microscope: Microscope) -> list[NDArray[np.float64]]:
    """Return directions [1/Å] of some tiles, each (4, 2)."""
    count = microscope.tiles
    tiles = {(int(x * count), int(y * count)) for x, y in _PLACES}
    unit = 2 * np.pi * microscope.half_width / count
    return [unit * (np.array(tile) + 0.5 + 0.5 * _AROUND) for tile in sorted(tiles)]


def _farther(crystal: Crystal, microscope: Microscope, beams: Beams) -> Beams:
    reach = _reach(crystal, beams)
    count = len(beams.orders)
    while count < _MORE * len(beams.orders):
        reach *= _STEP
        if reach > _FARTHEST:
            raise UsageError(
                f"The search for enough beams ended at {_FARTHEST} 1/Å: give g_max or larger "
                f"B factors."
            )
        count = len(reflections(crystal, reach))
    return beams_within(crystal, microscope.voltage, reach)


def _extrapolation(crystal: Crystal, beams: Beams, farther: Beams) -> float:
    """Return what is missing from the larger set, in units of what it added to the smaller one."""
    every = reflections(crystal, 2 * _reach(crystal, farther))
    sums = coefficients(crystal, int(np.abs(every).max()))
    most = len(sums) // 2
    square = (every**2).sum(axis=1)
    shifts = np.abs(sums[every[:, 0] + most, every[:, 1] + most]) ** 2 / np.maximum(square, 1)
    # reflections are sorted by length: those of the sets are the first
    near, far = len(beams.orders), len(farther.orders)
    added, missing = shifts[near:far].sum(), shifts[far:].sum()
    return float(missing / added) if missing else 0.0


def _relative(values: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    norms = np.linalg.norm(truth, axis=1)
    return float(np.max(np.linalg.norm(values - truth, axis=1) / norms, initial=0))


def _reach(crystal: Crystal, beams: Beams) -> float:
    return float(np.sqrt((beams.orders**2).sum(axis=1).max())) / crystal.lattice_parameter
