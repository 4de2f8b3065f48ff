"""The compiled loop of `mesoinv.generators.solvers.percolation.site_occupation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_RANGE = np.uint64(1 << 32)


@compiled()
def occupy(words: NDArray[np.uint64], occupied: NDArray[np.int64], out: NDArray[np.uint8]) -> bool:
    """Fill `out`; False if the words were too few."""
    samples, sites = out.shape
    pool = np.empty(sites, dtype=np.uint16)
    halves = 2 * words.shape[1]
    for b in range(samples):
        mark = np.uint8(1)
        chosen = occupied[b]
        if 2 * chosen > sites:
            mark, chosen = np.uint8(0), sites - chosen
        for i in range(sites):
            pool[i] = i
            out[b, i] = 1 - mark
        used = 0
        for i in range(chosen):
            left = np.uint64(sites - i)
            while True:
                if used == halves:
                    return False
                word = words[b, used >> 1]
                half = word >> _HALF if used & 1 else word & _LOW
                used += 1
                product = half * left
                rest = product & _LOW
                # the division is rare: it decides only for a rest that is small
                if rest >= left or rest >= _RANGE % left:
                    break
            j = i + np.int64(product >> _HALF)
            site = pool[j]
            pool[j] = pool[i]
            out[b, site] = mark
    return True
