"""Structure matrices of many directions, ready for Chebyshev polynomials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.lacbed.chebyshev import Generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True)
class ScaledMatrix:
    """The structure matrices of many directions, scaled to the interval of the polynomials.

    Attributes
    ----------
    coupling : (N, N) array
        The same for all of them, without absorption.
    damped : complex
        1 + iκ, which multiplies the coupling.
    diagonal : (N, P) array
        Excitation errors.
    centre, radius, growth
        As of `Generator`.
    kind : dtype
        complex64 or complex128.
    """

    coupling: NDArray[Any]
    damped: complex
    diagonal: NDArray[Any]
    centre: complex
    radius: float
    growth: float
    kind: np.dtype[Any]

    def generator(self, scaled: Callable[[Any], Any], **of_library: Any) -> Generator:
        """Return the generator whose product is `scaled`."""
        symmetric = not np.iscomplexobj(self.coupling)
        return Generator(
            scaled, self.centre, self.radius, self.growth, symmetric=symmetric, **of_library
        )
