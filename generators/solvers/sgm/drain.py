"""The drain's modes: what the real elimination takes of them, and what is put in afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import StripModes

RealArray = NDArray[np.float64]


@dataclass(frozen=True)
class Drain:
    """The lead over the whole right edge, in the modes of the strip.

    Attributes
    ----------
    is_open : (d,) array of int
        Its open modes.
    closed : (W,) array
        What the elimination takes: e^{ik} of closed modes, β + cos k of open ones [t].
    coupling : (d,) complex array
        The rest of the open modes, i sin k - β.
    """

    is_open: NDArray[np.int64]
    closed: RealArray
    coupling: NDArray[np.complex128]

    @classmethod
    def of(cls, modes: StripModes, shift: float = 0.0) -> Drain:
        """Return the drain of a strip; results do not depend on the shift β, rounding errors do."""
        is_open = np.flatnonzero(modes.drain.imag > 0)
        closed = modes.drain.real.copy()
        closed[is_open] += shift
        coupling = np.asarray(1j * modes.drain.imag[is_open] - shift, np.complex128)
        return cls(is_open, closed, coupling)

    def form(self, overlap: RealArray) -> RealArray:
        """Return C = (1 - Γ B)⁻¹ Γ, real part above the imaginary one, (2d, d).

        Parameters
        ----------
        overlap : (d, d) array
            B = Uᵀ A⁻¹ U over the open modes U.

        Returns
        -------
        (2d, d) array
            L⁻¹ = A⁻¹ + A⁻¹ U C Uᵀ A⁻¹.
        """
        block = np.eye(self.is_open.size) - self.coupling[:, None] * overlap
        form = np.linalg.solve(block, np.diag(self.coupling))
        return np.concatenate([form.real, form.imag])
