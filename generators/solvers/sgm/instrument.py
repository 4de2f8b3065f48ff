"""What an instrument makes of a map of the conductance: noise and a drifting offset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]


def as_measured(
    maps: RealArray, noise: RealArray, drift: RealArray, normal: RealArray
) -> RealArray:
    """Return maps as they are recorded, line by line along the strip.

    Parameters
    ----------
    maps : (B, X, Y) array
        Conductance [2e²/h].
    noise : (B,) array
        Standard deviation of each reading [2e²/h].
    drift : (B,) array
        How far the offset moves, evenly in time, from the first reading to the last, with mean
        zero [2e²/h].
    normal : (B, X, Y) array
        Standard normal numbers.

    Returns
    -------
    (B, X, Y) array
        Not cut to what conductances can be: instruments have offsets.
    """
    time = np.linspace(-0.5, 0.5, maps[0].size).reshape(maps.shape[1:])
    made: RealArray = maps + drift[:, None, None] * time + noise[:, None, None] * normal
    return made
