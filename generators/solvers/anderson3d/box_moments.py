r"""How a state's density is spread over boxes: generalised inverse participation ratios.

With μ the part of the density that lies in a box of l × l × l sites, and the mean over all M³ boxes
of that size (they overlap, and go around the periodic lattice),

.. math:: P_q(l) = (M/l)^3 \langle \mu^q \rangle .

At the transition P_q scales with a power of l/M that is not linear in q: the state is multifractal
(A. Rodriguez, L. J. Vasquez, K. Slevin and R. A. Römer, Phys. Rev. B 84, 134209 (2011)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

RealArray = NDArray[np.float64]

#: q of the moments.
ORDERS = (-1.0, -0.5, 0.5, 1.5, 2.0, 3.0, 4.0)


def box_sides(side: int) -> tuple[int, ...]:
    """Return the sides l of the boxes: the powers of 2 up to half of the lattice's."""
    return tuple(2**power for power in range(side.bit_length()) if 2 * 2**power <= side)


def box_densities(density: RealArray) -> Iterator[RealArray]:
    """Yield μ of all boxes of each size, of the shape of the density."""
    boxes = density
    for box in box_sides(len(density)):
        if box > 1:
            for axis in range(3):
                boxes = boxes + np.roll(boxes, -(box // 2), axis)
        yield boxes


def box_moments(density: RealArray) -> tuple[RealArray, RealArray]:
    """Return moments and entropies of one state.

    Parameters
    ----------
    density : (M, M, M) array
        |ψ|², its sum 1.

    Returns
    -------
    (sides, orders) array
        ln P_q(l), for l of `box_sides` and q of `ORDERS`.
    (sides, 2) array
        What q → 0 and q → 1 give: the mean of ln μ, and (M/l)³ times the mean of μ ln μ.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.anderson3d import box_moments
    >>> moments, _ = box_moments(np.full((8, 8, 8), 1 / 8**3))
    >>> moments.shape, bool(np.isfinite(moments).all())
    ((3, 7), True)
    """
    tiny = np.finfo(float).tiny
    orders = np.array(ORDERS)
    moments, entropies = [], []
    for box, boxes in zip(box_sides(len(density)), box_densities(density), strict=True):
        logarithm = np.log(np.maximum(boxes.ravel(), tiny))
        number = (len(density) / box) ** 3
        # of the largest term first, so that no power overflows
        exponents = orders[:, None] * logarithm
        largest = exponents.max(axis=1)
        mean = np.exp(exponents - largest[:, None]).mean(axis=1)
        moments.append(np.log(number * mean) + largest)
        weighted = number * (np.exp(logarithm) * logarithm).mean()
        entropies.append([logarithm.mean(), weighted])
    return np.array(moments), np.array(entropies)
