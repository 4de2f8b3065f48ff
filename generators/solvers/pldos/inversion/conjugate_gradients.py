"""Conjugate gradients that stop early, for the normal equations of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

RealArray = NDArray[np.float64]


def conjugate_gradients(
    apply: Callable[[RealArray], RealArray],
    right: RealArray,
    precondition: Callable[[RealArray], Any],
    *,
    iterations: int,
    enough: float = 0.0,
) -> tuple[RealArray, RealArray]:
    """Solve a positive definite system roughly, from zero.

    Parameters
    ----------
    apply, precondition : callable
        The matrix, and about its inverse, times a vector.
    right : (n,) array
        The right-hand side.
    iterations : int
        At most.
    enough : float
        It ends when the squared residual, in the norm of `precondition`, is this share of what it
        was.

    Returns
    -------
    (n,) array, (n,) array
        The solution and the residual that is left.
    """
    x, left = np.zeros_like(right), right.copy()
    direction = precondition(left)
    size = first = float(left @ direction)
    for _ in range(iterations):
        if not size > enough * first:
            break
        applied = apply(direction)
        length = size / float(direction @ applied)
        x, left = x + length * direction, left - length * applied
        guess = precondition(left)
        before, size = size, float(left @ guess)
        direction = guess + size / before * direction
    return x, left
