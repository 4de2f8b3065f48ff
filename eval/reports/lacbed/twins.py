"""Crystals that no pattern and no picture tells apart: solved, not asserted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mesoinv.generators.lacbed import Crystal, bright_field, projected_potential

#: A crystal without any mirror plane through the beam, and a shift of its cell.
SIDE, G_MAX, THICKNESS = 5.0, 1.5, 300.0
SHIFT = (0.25, 0.125, 0.0)
#: Lattice parameters [Å] of gold, its own and a stretched one.
STRETCHED = (4.078, 4.5)


@dataclass(frozen=True)
class Twins:
    """How far potentials and patterns of two crystals differ, as 1 - R.

    Attributes
    ----------
    shifted_potential, shifted_pattern : float
        Of a crystal and the same one with its cell shifted.
    stretched_picture, stretched_pattern : float
        Of gold with two lattice parameters: the normalised potential, and the pattern.
    """

    shifted_potential: float
    shifted_pattern: float
    stretched_picture: float
    stretched_pattern: float


def twins() -> Twins:
    """Solve both pairs."""
    positions = np.array([(0, 0, 0), (0.21, 0.33, 0.13), (0.6, 0.1, 0.5)])
    pair = [
        Crystal(SIDE, ["Sr", "Ti", "O"], positions + shift, [0.5, 0.5, 0.7])
        for shift in (np.zeros(3), np.array(SHIFT))
    ]
    face = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
    # the same picture of the potential needs B in proportion to a², and the same elements
    gold = [Crystal(a, ["Au"] * 4, face, [0.6 * (a / STRETCHED[0]) ** 2] * 4) for a in STRETCHED]
    return Twins(
        _apart(*(projected_potential(c) for c in pair)),
        _apart(*(bright_field(c, THICKNESS, pixels=32, g_max=G_MAX) for c in pair)),
        _apart(*(_picture(projected_potential(c)) for c in gold)),
        _apart(*(bright_field(c, THICKNESS, pixels=32) for c in gold)),
    )


def _picture(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / np.ptp(values)


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    return float((1 - np.corrcoef(first.ravel(), second.ravel())[0, 1]) / 2)
