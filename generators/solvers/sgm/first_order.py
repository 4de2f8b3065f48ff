"""The map of an empty strip, and how it follows weak landscapes: perturbation theory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.sgm.linearise import linearise

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.inversion.waves import Waves

RealArray = NDArray[np.float64]


def first_order_response(
    waves: Waves, tip_strength: float, square: int
) -> tuple[RealArray, RealArray]:
    """Return the conductance change of the empty strip, and its derivative for every wave.

    Parameters
    ----------
    waves : Waves
        What landscapes are made of.
    tip_strength : float
        Of the point-like tip [t].
    square : int
        Sites of a square over which maps are averaged; it divides length and width.

    Returns
    -------
    (L/square, W/square) array
        T(r) - T₀ without a landscape [2e²/h].
    (L/square, W/square, 2n) array
        Its derivatives with respect to the unknowns of `waves` [2e²/h].
    """
    empty = np.zeros((1, waves.strip.length, waves.strip.width))
    # the map of no tip is T₀ everywhere
    linear = linearise(empty, tip_strength=[tip_strength, 0.0], strip=waves.strip)
    unknowns = np.eye(waves.count)
    columns = [
        averaged(_change(linear.product(waves.potential(one)[None])), square) for one in unknowns
    ]
    return averaged(_change(linear.value), square), np.stack(columns, axis=-1)


def _change(maps: RealArray) -> RealArray:
    """Return with minus without a tip, (L, W), from (1, 2, L, W)."""
    return maps[0, 0] - maps[0, 1]


def averaged(values: RealArray, square: int) -> RealArray:
    """Return the means over squares of so many sites, of a map (L, W)."""
    length, width = (n // square for n in values.shape)
    parts = values.reshape(length, square, width, square)
    return np.asarray(parts.mean(axis=(1, 3)), dtype=np.float64)
