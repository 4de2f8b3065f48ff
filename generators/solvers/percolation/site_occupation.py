"""Random subsets of a given size, exactly uniform, from raw words: no number is rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Words beyond one for every two sites. A 32-bit number is thrown away with a probability below
#: sites/2³², so that 32 in a sample never happens.
SPARE = 16
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_RANGE = np.uint64(1 << 32)


def words_needed(occupied: int, sites: int) -> int:
    """Return the words that `occupy` takes for a sample: occupied or empty sites, which are fewer.

    Parameters
    ----------
    occupied, sites : int
        Occupied sites, and all.
    """
    chosen = min(occupied, sites - occupied)
    return -(-chosen // 2) + SPARE


def occupy(words: NDArray[np.uint64], occupied: NDArray[np.int64], sites: int) -> NDArray[np.uint8]:
    """Occupy sites at random, every subset of the size with the same probability.

    The first steps of a Fisher–Yates shuffle choose the occupied sites or, if these are fewer, the
    empty ones; each takes a 32-bit number by Lemire's method [1]_, whose rejections leave no bias.

    Parameters
    ----------
    words : (B, K) array of uint64
        Random; K at least `words_needed` of every sample.
    occupied : (B,) array of int
        Occupied sites of each sample, 0 to `sites`.
    sites : int
        At most 65536.

    Returns
    -------
    (B, sites) array of uint8
        1 where occupied, else 0.

    References
    ----------
    .. [1] D. Lemire, "Fast random integer generation in an interval", ACM Trans. Model. Comput.
       Simul. 29, 3 (2019).
    """
    counts = np.asarray(occupied, dtype=np.int64)
    if not 0 < sites <= 2**16 or counts.min(initial=0) < 0 or counts.max(initial=0) > sites:
        raise ValueError(f"{counts} of {sites} sites cannot be occupied")
    out = np.empty((len(counts), sites), dtype=np.uint8)
    if not _occupy(np.ascontiguousarray(words), counts, out):
        raise ArithmeticError("too few random words for so many sites")
    return out


@numba.njit(cache=True)
def _occupy(words: NDArray[np.uint64], occupied: NDArray[np.int64], out: NDArray[np.uint8]) -> bool:
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
