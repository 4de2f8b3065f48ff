"""On-site energies of disordered wires from random words and numbers.

Models I to IV of K. Li, J. Lu and F. Zhai, Phys. Rev. B 102, 064205 (2020).
"""

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


def impurity_energies(
    site: RealArray, concentration: RealArray, impurity: tuple[float, ...], kind: RealArray | None
) -> RealArray:
    """Return on-site energies of impurities on some sites, 0 elsewhere (models II to IV).

    Parameters
    ----------
    site : (B, S) array
        Uniform in (0, 1); an impurity sits where it is below the concentration.
    concentration : (B,) array
        n of each sample.
    impurity : tuple of float
        On-site energies of the kinds, all equally likely [t].
    kind : (B, S) array or None
        Uniform in (0, 1), chooses among several kinds.

    Returns
    -------
    (B, S) array
        [t]
    """
    values = np.array(impurity)
    chosen = values[:1] if kind is None else values[(kind * len(values)).astype(np.int64)]
    return np.where(site < concentration[:, None], chosen, 0.0)
