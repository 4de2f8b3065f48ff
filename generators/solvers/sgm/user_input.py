"""Strengths of tips and temperatures as people pass them: checked, and turned into energies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos.measurement import REACH, thermal_energy, thermal_strips

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]

#: Largest step between the energies of a thermal average [meV], and how many there are at least.
STEP, FEWEST = 0.012, 19


def strips_at(
    temperature: float, strip: Strip, energies: int | None = None
) -> list[tuple[Strip, float]]:
    """Return the strips of the energies of a thermal average, and their weights.

    By default there are so many energies that they are at most `STEP` apart.

    Raises
    ------
    UsageError
        If the temperature is not 0 K or more, or so high that the band's edge is in reach.
    """
    if not (np.isfinite(temperature) and temperature >= 0):
        raise UsageError(f"temperature is 0 K or more; got {temperature}.")
    reach = REACH * thermal_energy(temperature)
    if reach >= strip.fermi_energy:
        raise UsageError(
            f"At {temperature:g} K the electrons' energies reach {reach:.3g} meV below the Fermi "
            f"energy of {strip.fermi_energy:g} meV, past the edge of the band."
        )
    count = max(FEWEST, 2 * math.ceil(reach / STEP) + 1)
    return thermal_strips(temperature, strip, energies or count)


def checked_strengths(tip_strength: float | ArrayLike) -> RealArray:
    """Return strengths as an array (U,), or raise a UsageError that says what is allowed."""
    try:
        strengths = np.atleast_1d(np.asarray(tip_strength, dtype=np.float64))
    except (TypeError, ValueError):
        strengths = np.array([np.nan])
    if strengths.ndim != 1 or not strengths.size or np.isnan(strengths).any():
        raise UsageError(
            "tip_strength is a number of t, or several; it may be negative or infinite, not NaN; "
            f"got {tip_strength!r}."
        )
    return strengths
