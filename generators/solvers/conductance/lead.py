"""The modes of the ideal lead at either end of a wire.

Square lattice with hopping -1, on-site energy 0, as wide as the wire.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: |cos κ| this close to 1 is a mode at the edge of its band: energies are not known better.
EDGE = 4 * np.finfo(float).eps


@dataclass(frozen=True)
class Lead:
    """The modes of an ideal lead at one energy.

    Attributes
    ----------
    basis : (W, W) array
        Transverse sine modes, one a column; symmetric.
    factor : (W,) complex array
        λ of each mode: an outgoing wave is λⁿ at the n-th slice, |λ| ≤ 1.
    velocity : (W,) array
        sin κ of an open mode with λ = e^{iκ}; 0 for a closed one.
    """

    basis: RealArray
    factor: ComplexArray
    velocity: RealArray

    @property
    def num_open(self) -> int:
        """How many modes carry current."""
        return int((self.velocity > 0).sum())

    @property
    def surface(self) -> ComplexArray:
        """ψ of a slice from ψ of the slice before it, going outwards: U λ Uᵀ, shape (W, W)."""
        return (self.basis * self.factor) @ self.basis


def lead(width: int, energy: float) -> Lead:
    """Return the modes of a lead.

    A mode n of the transverse energy ε_n = -2 cos(πn/(W+1)) has the band ε_n - 2 … ε_n + 2. One
    exactly at an end of its band does not move: it counts as closed.

    Parameters
    ----------
    width : int
        Sites across.
    energy : float
        Fermi energy [t].

    Returns
    -------
    Lead
    """
    number = np.arange(1, width + 1)
    angle = np.pi * number / (width + 1)
    basis = np.sqrt(2 / (width + 1)) * np.sin(np.outer(number, angle))
    # sin, not cos: its zeros are where they belong, also that of the middle mode
    cosine = -np.sin(np.pi / 2 - angle) - energy / 2
    size = abs(cosine)
    is_open = size < 1 - EDGE
    velocity = np.sqrt(np.where(is_open, (1 - size) * (1 + size), 0))
    # x - √(x² - 1), but without the difference
    outside = np.maximum(size, 1)
    closed = np.copysign(1 / (outside + np.sqrt((outside - 1) * (outside + 1))), cosine)
    factor = np.where(is_open, cosine + 1j * velocity, closed)
    return Lead(basis, factor, velocity)
