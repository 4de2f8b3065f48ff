"""Linear equations with complex matrices whose solution is symmetric, compiled.

Real and imaginary parts are separate arrays, so that the inner loops are plain sums of real rows
that fill vector registers. Four pivot rows are eliminated at a time, with row exchanges. Of a
symmetric solution only the lower triangle is substituted back: n³ complex multiplications in all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled

BLOCK = 4
#: Contraction and reassociation only: infinities and NaN keep their meaning.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}
#: Stands for a pivot that is exactly zero.
SMALLEST_PIVOT = 1e-16

RealArray = NDArray[np.float64]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _subtract_four(
    xr: RealArray, xi: RealArray, i: int, fr: RealArray, fi: RealArray, k: int, low: int, high: int
) -> None:
    """Subtract f[k:k+4] @ x[k:k+4] from row i of x, for the columns low … high - 1."""
    f0, f1, f2, f3 = fr[k], fr[k + 1], fr[k + 2], fr[k + 3]
    g0, g1, g2, g3 = fi[k], fi[k + 1], fi[k + 2], fi[k + 3]
    r0, r1, r2, r3 = xr[k], xr[k + 1], xr[k + 2], xr[k + 3]
    s0, s1, s2, s3 = xi[k], xi[k + 1], xi[k + 2], xi[k + 3]
    real, imag = xr[i], xi[i]
    for j in range(low, high):
        real[j] -= (
            (f0 * r0[j] + f1 * r1[j] + f2 * r2[j] + f3 * r3[j])
            - (g0 * s0[j] + g1 * s1[j] + g2 * s2[j] + g3 * s3[j])
        )  # fmt: skip
        imag[j] -= (
            (f0 * s0[j] + f1 * s1[j] + f2 * s2[j] + f3 * s3[j])
            + (g0 * r0[j] + g1 * r1[j] + g2 * r2[j] + g3 * r3[j])
        )  # fmt: skip


@compiled(fastmath=FASTMATH, error_model="numpy")
def _subtract_four_twice(
    xr: RealArray, xi: RealArray, i: int, fr: RealArray, fi: RealArray, k: int, low: int, high: int
) -> None:
    """Do the same for the rows i and i + 1, with their own rows of f."""
    f0, f1, f2, f3 = fr[i, k], fr[i, k + 1], fr[i, k + 2], fr[i, k + 3]
    g0, g1, g2, g3 = fi[i, k], fi[i, k + 1], fi[i, k + 2], fi[i, k + 3]
    p0, p1, p2, p3 = fr[i + 1, k], fr[i + 1, k + 1], fr[i + 1, k + 2], fr[i + 1, k + 3]
    q0, q1, q2, q3 = fi[i + 1, k], fi[i + 1, k + 1], fi[i + 1, k + 2], fi[i + 1, k + 3]
    r0, r1, r2, r3 = xr[k], xr[k + 1], xr[k + 2], xr[k + 3]
    s0, s1, s2, s3 = xi[k], xi[k + 1], xi[k + 2], xi[k + 3]
    real, imag, real2, imag2 = xr[i], xi[i], xr[i + 1], xi[i + 1]
    for j in range(low, high):
        a0, a1, a2, a3 = r0[j], r1[j], r2[j], r3[j]
        b0, b1, b2, b3 = s0[j], s1[j], s2[j], s3[j]
        real[j] -= (f0 * a0 + f1 * a1 + f2 * a2 + f3 * a3) - (g0 * b0 + g1 * b1 + g2 * b2 + g3 * b3)
        imag[j] -= (f0 * b0 + f1 * b1 + f2 * b2 + f3 * b3) + (g0 * a0 + g1 * a1 + g2 * a2 + g3 * a3)
        real2[j] -= (p0 * a0 + p1 * a1 + p2 * a2 + p3 * a3) - (
            q0 * b0 + q1 * b1 + q2 * b2 + q3 * b3
        )
        imag2[j] -= (p0 * b0 + p1 * b1 + p2 * b2 + p3 * b3) + (
            q0 * a0 + q1 * a1 + q2 * a2 + q3 * a3
        )


@compiled(fastmath=FASTMATH, error_model="numpy")
def _subtract_one(
    xr: RealArray, xi: RealArray, i: int, f: float, g: float, k: int, low: int, high: int
) -> None:
    """Subtract (f + ig) times row k of x from row i, for the columns low … high - 1."""
    r, s, real, imag = xr[k], xi[k], xr[i], xi[i]
    for j in range(low, high):
        real[j] -= f * r[j] - g * s[j]
        imag[j] -= f * s[j] + g * r[j]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _exchange(x: RealArray, i: int, k: int, low: int) -> None:
    for j in range(low, x.shape[1]):
        x[i, j], x[k, j] = x[k, j], x[i, j]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _pivot_row(ar: RealArray, ai: RealArray, k: int) -> int:
    best, row = -1.0, k
    for i in range(k, ar.shape[0]):
        size = abs(ar[i, k]) + abs(ai[i, k])
        if size > best:
            best, row = size, i
    return row


@compiled(fastmath=FASTMATH, error_model="numpy")
def _factorise_panel(
    ar: RealArray, ai: RealArray, br: RealArray, bi: RealArray, k0: int, k1: int
) -> float:
    """Factorise columns k0 … k1 - 1 below row k0; pivots are replaced by their inverses.

    Returns the square of the smallest pivot.
    """
    n, smallest = ar.shape[0], np.inf
    for k in range(k0, k1):
        row = _pivot_row(ar, ai, k)
        if row != k:
            _exchange(ar, row, k, k0)
            _exchange(ai, row, k, k0)
            _exchange(br, row, k, 0)
            _exchange(bi, row, k, 0)
        real, imag = ar[k, k], ai[k, k]
        if real == 0.0 and imag == 0.0:
            real = SMALLEST_PIVOT
        square = real * real + imag * imag
        smallest = min(smallest, square)
        pr, pi = real / square, -imag / square
        ar[k, k], ai[k, k] = pr, pi
        for i in range(k + 1, n):
            f, g = ar[i, k] * pr - ai[i, k] * pi, ar[i, k] * pi + ai[i, k] * pr
            ar[i, k], ai[i, k] = f, g
            for j in range(k + 1, k1):
                ar[i, j] -= f * ar[k, j] - g * ai[k, j]
                ai[i, j] -= f * ai[k, j] + g * ar[k, j]
    return smallest


@compiled(fastmath=FASTMATH, error_model="numpy")
def _eliminate(ar: RealArray, ai: RealArray, br: RealArray, bi: RealArray) -> float:
    n, smallest = ar.shape[0], np.inf
    for k0 in range(0, n, BLOCK):
        k1 = min(k0 + BLOCK, n)
        smallest = min(smallest, _factorise_panel(ar, ai, br, bi, k0, k1))
        for i in range(k0 + 1, k1):
            for k in range(k0, i):
                _subtract_one(ar, ai, i, ar[i, k], ai[i, k], k, k1, n)
                _subtract_one(br, bi, i, ar[i, k], ai[i, k], k, 0, n)
        # a whole block, if rows are left below it
        for i in range(k1, n - 1, 2):
            _subtract_four_twice(ar, ai, i, ar, ai, k0, k1, n)
            _subtract_four_twice(br, bi, i, ar, ai, k0, 0, n)
        for i in range(max(k1, n - (n - k1) % 2), n):
            _subtract_four(ar, ai, i, ar[i], ai[i], k0, k1, n)
            _subtract_four(br, bi, i, ar[i], ai[i], k0, 0, n)
    return float(np.sqrt(smallest))


@compiled(fastmath=FASTMATH, error_model="numpy")
def _substitute(ar: RealArray, ai: RealArray, br: RealArray, bi: RealArray) -> None:
    """Back substitution: rows of the solution up to the diagonal (and a little beyond)."""
    n = ar.shape[0]
    for k0 in range((n - 1) // BLOCK * BLOCK, -1, -BLOCK):
        k1 = min(k0 + BLOCK, n)
        for k in range(k1 - 1, k0 - 1, -1):
            pr, pi = ar[k, k], ai[k, k]
            for j in range(k1):
                real = br[k, j]
                br[k, j] = real * pr - bi[k, j] * pi
                bi[k, j] = real * pi + bi[k, j] * pr
            for i in range(k0, k):
                _subtract_one(br, bi, i, ar[i, k], ai[i, k], k, 0, k1)
        for i in range(0, k0, 2):
            high = (i // BLOCK + 1) * BLOCK
            if k1 - k0 == BLOCK:
                _subtract_four_twice(br, bi, i, ar, ai, k0, 0, high)
            else:
                for k in range(k0, k1):
                    _subtract_one(br, bi, i, ar[i, k], ai[i, k], k, 0, high)
                    _subtract_one(br, bi, i + 1, ar[i + 1, k], ai[i + 1, k], k, 0, high)


@compiled(fastmath=FASTMATH, error_model="numpy")
def solve_symmetric(ar: RealArray, ai: RealArray, br: RealArray, bi: RealArray) -> float:
    """Solve a x = b in place where x is known to be symmetric.

    Parameters
    ----------
    ar, ai : (n, n) arrays
        Real and imaginary part of a; overwritten.
    br, bi : (n, n) arrays
        Real and imaginary part of b; become those of x.

    Returns
    -------
    float
        The smallest pivot, by its absolute value: about the distance of a from a singular matrix.
    """
    smallest = _eliminate(ar, ai, br, bi)
    _substitute(ar, ai, br, bi)
    for i in range(ar.shape[0]):
        for j in range(i):
            br[j, i], bi[j, i] = br[i, j], bi[i, j]
    return smallest
