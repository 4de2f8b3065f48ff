"""The incident beams of a pattern: electrons, directions, and tiles of directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Width of a tile of directions that share Bloch states [1/Å], without 2π.
_TILE = 0.2228


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

    @property
    def tiles(self) -> int:
        """Tiles along half an axis of the pattern."""
        return int(np.ceil(self.half_width / _TILE))

    def wave_vectors(self, pixels: int) -> NDArray[np.float64]:
        """Return the transverse wave vectors along an axis of the pattern [1/Å]."""
        centred = np.arange(pixels) - pixels / 2 + 0.5
        return np.asarray(2 * np.pi * centred * (2 * self.half_width / pixels))
