"""On-site energies that are uniform in an interval, from random words: bit-exact everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]

#: Bits of a uniform on-site energy: as many as float32 holds with a sign and an odd last bit.
BITS = 22


def uniform_energies(words: NDArray[np.uint64], disorder: float) -> RealArray:
    """Return on-site energies uniform in [-w/2, w/2] (model I).

    They are the odd multiples of w/2²³: symmetric about 0, never at an end, and exact in float32
    where w is a power of two.

    Parameters
    ----------
    words : array of uint64
        Random words; the upper 22 bits are used.
    disorder : float
        w [t].

    Returns
    -------
    array
        Of the shape of `words` [t].
    """
    odd = 2 * (words >> np.uint64(64 - BITS)).astype(np.int64) + 1 - 2**BITS
    return odd * (disorder / 2 ** (BITS + 1))
