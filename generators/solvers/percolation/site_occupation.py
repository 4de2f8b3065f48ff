"""Random subsets of a given size, exactly uniform, from raw words: no number is rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Words beyond one for every two sites. A 32-bit number is thrown away with a probability below
#: sites/2³², so that 32 in a sample never happens.
SPARE = 16


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
    from mesoinv.generators.solvers.percolation import (  # noqa: PLC0415  (numba is slow to import)
        occupation_kernel,
    )

    counts = np.asarray(occupied, dtype=np.int64)
    if not 0 < sites <= 2**16 or counts.min(initial=0) < 0 or counts.max(initial=0) > sites:
        raise ValueError(f"{counts} of {sites} sites cannot be occupied")
    out = np.empty((len(counts), sites), dtype=np.uint8)
    if not occupation_kernel.occupy(np.ascontiguousarray(words), counts, out):
        raise ArithmeticError("too few random words for so many sites")
    return out
