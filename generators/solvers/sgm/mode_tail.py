r"""What the transverse modes that a solve leaves out add to the diagonal of the Green's function.

A closed mode m decays over less than a site or two, so that in the bulk it sees the potential of
its own site alone:

.. math:: [L^{-1}](r, r) \mathrel{+}= \sum_{m > M} \frac{\chi_m(y)^2}{2 \sinh κ_m}, \qquad
          2 \cosh κ_m = 2 + ε_m - E + V(r).

The sum is smooth in V. It is tabulated at Chebyshev points of the sample's range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import StripModes

RealArray = NDArray[np.float64]

#: Chebyshev points over the range of a potential: the table's error is far below the truncation's.
POINTS = 12


def mode_tail(
    potential: RealArray,
    counts: NDArray[np.int64],
    energy: float,
    modes: StripModes,
    *,
    derivative: bool = False,
) -> RealArray:
    """Return what the modes that are not kept add to the diagonal of L⁻¹, or its derivative.

    Parameters
    ----------
    potential : (L, W) array
        V of one sample [t].
    counts : (L,) array of int
        Modes kept in each column, all that are allowed somewhere among them.
    energy : float
        Fermi energy [t].
    modes : StripModes
        Of the strip.
    derivative : bool
        Return how it changes with V(r).

    Returns
    -------
    (L, W) array
        [1/t], or [1/t²]; zero where every mode is kept.
    """
    low, high = float(potential.min()), float(potential.max())
    middle, half = (high + low) / 2, max((high - low) / 2, 1e-12)
    nodes = chebyshev.chebpts1(POINTS)
    cosh = 1 + (modes.kinetic - energy + (middle + half * nodes)[:, None]) / 2
    # a mode that is allowed somewhere is kept, so that the bound only guards against rounding
    square = np.maximum(cosh**2 - 1, 1e-12)
    decaying = -cosh / (4 * square**1.5) if derivative else 1 / (2 * np.sqrt(square))
    transform = np.linalg.inv(chebyshev.chebvander(nodes, POINTS - 1))
    scaled = (potential - middle) / half
    out = np.zeros_like(potential)
    for n in np.unique(counts[counts < len(modes.kinetic)]):
        columns = counts == n
        table = transform @ (decaying[:, n:] @ (modes.basis[:, n:] ** 2).T)
        out[columns] = _evaluate(table, scaled[columns])
    return out


def _evaluate(table: RealArray, at: RealArray) -> RealArray:
    """Clenshaw's sum of Chebyshev polynomials with coefficients (points, W) at (columns, W)."""
    ahead, here = np.zeros_like(at), np.zeros_like(at)
    for coefficients in table[:0:-1]:
        ahead, here = here, 2 * at * here - ahead + coefficients
    made: RealArray = at * here - ahead + table[0]
    return made
