"""The compiled sweeps: many lattices side by side, each with random numbers of its own.

Lattices lie on the last axis, so that one instruction works on several of them; what happens to one
depends on no other. The generator is xoshiro128++ 1.0 [1]_ with four words of 32 bits a lattice.
Every result of an operation is cast to 32 bits: numba would go on in 64.

References
----------
.. [1] D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM Trans.
   Math. Softw. 47, 36 (2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def generator_state(words: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Turn seeds (R, 2) into the states of R generators, (4, R): the same on every machine."""
    halves = np.stack([words & np.uint64(0xFFFFFFFF), words >> np.uint64(32)], axis=-1)
    return np.ascontiguousarray(halves.reshape(len(words), 4).T.astype(np.uint32))


@compiled(error_model="numpy")
def next_words(state: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    """Draw one word a lattice: `state` (4, R) moves on, `out` is (R,)."""
    a, b, c, d = state
    for r in range(out.size):
        t = np.uint32(a[r] + d[r])
        out[r] = np.uint32(
            np.uint32(np.uint32(t << np.uint32(7)) | np.uint32(t >> np.uint32(25))) + a[r]
        )
        shifted = np.uint32(b[r] << np.uint32(9))
        third, fourth = np.uint32(c[r] ^ a[r]), np.uint32(d[r] ^ b[r])
        b[r] = np.uint32(b[r] ^ third)
        a[r] = np.uint32(a[r] ^ fourth)
        c[r] = np.uint32(third ^ shifted)
        d[r] = np.uint32(np.uint32(fourth << np.uint32(11)) | np.uint32(fourth >> np.uint32(21)))


@compiled(error_model="numpy")
def random_spins(spins: NDArray[np.int8], state: NDArray[np.uint32]) -> None:
    """Set every spin (L, L, R) to +1 or -1: the state at infinite temperature."""
    length, width, lattices = spins.shape
    words = np.empty(lattices, dtype=np.uint32)
    for x in range(length):
        for y in range(width):
            next_words(state, words)
            for r in range(lattices):
                spins[x, y, r] = 1 if words[r] >> np.uint32(31) else -1


@compiled(error_model="numpy")
def sweep(
    spins: NDArray[np.int8], state: NDArray[np.uint32], table: NDArray[np.uint32], sweeps: int
) -> None:
    """Offer every site a flip, `sweeps` times, row after row.

    Parameters
    ----------
    spins : (L, L, R) array of int8
        +1 or -1, changed in place.
    state : (4, R) array of uint32
        Of the random numbers, changed in place.
    table : (25, R) array of uint32
        Thresholds of each lattice.
    sweeps : int
    """
    length, width, lattices = spins.shape
    a, b, c, d = state
    for _ in range(sweeps):
        for x in range(length):
            row = spins[x]
            above = spins[x - 1 if x else length - 1]
            below = spins[x + 1 if x + 1 < length else 0]
            for y in range(width):
                left, right = y - 1 if y else width - 1, y + 1 if y + 1 < width else 0
                n0, n1, n2, n3 = above[y], below[y], row[left], row[right]
                m0, m1, m2, m3 = above[left], above[right], below[left], below[right]
                here = row[y]
                for r in range(lattices):
                    # `next_words` written out: a function for both costs 6 % of the speed
                    t = np.uint32(a[r] + d[r])
                    word = np.uint32(
                        np.uint32(np.uint32(t << np.uint32(7)) | np.uint32(t >> np.uint32(25)))
                        + a[r]
                    )
                    shifted = np.uint32(b[r] << np.uint32(9))
                    third, fourth = np.uint32(c[r] ^ a[r]), np.uint32(d[r] ^ b[r])
                    b[r] = np.uint32(b[r] ^ third)
                    a[r] = np.uint32(a[r] ^ fourth)
                    c[r] = np.uint32(third ^ shifted)
                    d[r] = np.uint32(
                        np.uint32(fourth << np.uint32(11)) | np.uint32(fourth >> np.uint32(21))
                    )
                    spin = np.int32(here[r])
                    near = np.int32(n0[r]) + n1[r] + n2[r] + n3[r]
                    far = np.int32(m0[r]) + m1[r] + m2[r] + m3[r]
                    limit = table[(spin * (5 * near + far) + 24) >> 1, r]
                    here[r] = np.int8(-spin if word < limit else spin)
