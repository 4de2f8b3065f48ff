"""Inverse of a real symmetric matrix by block elimination without row exchanges, compiled.

Pivot blocks of 8 rows are eliminated from the last to the first. In the strip's Schur recursion
the last modes are the strongly evanescent ones, whose block is definite, so that small pivots can
only appear among the propagating modes, at the end. They cost digits, about 1e-16 times the square
of all growth: the caller tests the inverse, and takes the pivoted one where it matters.

Only the lower triangle is read and written: n³ flops, in rows that fill vector registers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled

BLOCK = 8
#: Contraction and reassociation only: infinities and NaN keep their meaning.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}

RealArray = NDArray[np.float64]


def padded(n: int) -> int:
    """Return the smallest multiple of the pivot block that is not below n."""
    return -(-n // BLOCK) * BLOCK


@compiled(fastmath=FASTMATH, error_model="numpy")
def _invert_pivot(b: RealArray) -> None:
    for k in range(BLOCK):
        pivot = 1.0 / b[k, k]
        b[k, k] = 1.0
        for j in range(BLOCK):
            b[k, j] *= pivot
        for i in range(BLOCK):
            if i != k:
                f = b[i, k]
                b[i, k] = 0.0
                for j in range(BLOCK):
                    b[i, j] -= f * b[k, j]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _gather_panel(a: RealArray, n: int, k0: int, u: RealArray) -> None:
    """Copy the eight columns that start at k0 into the rows of u, from the lower triangle."""
    for q in range(BLOCK):
        for j in range(k0):
            u[q, j] = a[k0 + q, j]
    for i in range(k0, k0 + BLOCK):
        for q in range(BLOCK):
            u[q, i] = a[i, k0 + q] if k0 + q <= i else a[k0 + q, i]
    for i in range(k0 + BLOCK, n):
        for q in range(BLOCK):
            u[q, i] = a[i, k0 + q]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _scatter_panel(a: RealArray, n: int, k0: int, r: RealArray, b: RealArray) -> None:
    for i in range(k0 + BLOCK, n):
        for q in range(BLOCK):
            a[i, k0 + q] = r[q, i]
    for q in range(BLOCK):
        for j in range(k0):
            a[k0 + q, j] = r[q, j]
        for j in range(q + 1):
            a[k0 + q, k0 + j] = -b[q, j]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _combine(f: RealArray, x: RealArray, n: int, out: RealArray) -> None:
    """out[:, :n] = f @ x[:, :n] for eight rows, written out so that it stays in registers."""
    for q in range(BLOCK):
        f0, f1, f2, f3 = f[q, 0], f[q, 1], f[q, 2], f[q, 3]
        f4, f5, f6, f7 = f[q, 4], f[q, 5], f[q, 6], f[q, 7]
        for j in range(n):
            out[q, j] = (
                (f0 * x[0, j] + f1 * x[1, j] + f2 * x[2, j] + f3 * x[3, j])
                + f4 * x[4, j] + f5 * x[5, j] + f6 * x[6, j] + f7 * x[7, j]
            )  # fmt: skip


@compiled(fastmath=FASTMATH, error_model="numpy")
def _subtract_rows(a: RealArray, i: int, width: int, u: RealArray, r: RealArray) -> None:
    """a[i:i+2, :width] -= u[:, i:i+2]ᵀ @ r[:, :width]."""
    f0, f1, f2, f3 = u[0, i], u[1, i], u[2, i], u[3, i]
    f4, f5, f6, f7 = u[4, i], u[5, i], u[6, i], u[7, i]
    g0, g1, g2, g3 = u[0, i + 1], u[1, i + 1], u[2, i + 1], u[3, i + 1]
    g4, g5, g6, g7 = u[4, i + 1], u[5, i + 1], u[6, i + 1], u[7, i + 1]
    for j in range(width):
        r0, r1, r2, r3 = r[0, j], r[1, j], r[2, j], r[3, j]
        r4, r5, r6, r7 = r[4, j], r[5, j], r[6, j], r[7, j]
        a[i, j] -= (f0 * r0 + f1 * r1 + f2 * r2 + f3 * r3) + (f4 * r4 + f5 * r5 + f6 * r6 + f7 * r7)
        a[i + 1, j] -= (g0 * r0 + g1 * r1 + g2 * r2 + g3 * r3) + (
            g4 * r4 + g5 * r5 + g6 * r6 + g7 * r7
        )


@compiled(fastmath=FASTMATH, error_model="numpy")
def negative_inverse(a: RealArray, n: int, u: RealArray, r: RealArray) -> None:
    """Replace the lower triangle of a symmetric matrix by that of minus its inverse.

    Parameters
    ----------
    a : (≥n, ≥n) array
        Only the lower triangle of the first n rows is used.
    n : int
        A multiple of 8.
    u, r : (8, ≥n) arrays
        Work space.
    """
    b = np.empty((BLOCK, BLOCK))
    for block in range(n // BLOCK - 1, -1, -1):
        k0 = block * BLOCK
        _gather_panel(a, n, k0, u)
        for p in range(BLOCK):
            for q in range(BLOCK):
                b[p, q] = u[q, k0 + p]
        _invert_pivot(b)
        _combine(b, u, n, r)
        for i in range(0, n, 2):
            if i // BLOCK != block:
                _subtract_rows(a, i, (i // BLOCK + 1) * BLOCK, u, r)
        _scatter_panel(a, n, k0, r, b)


@compiled()
def pivoted_negative_inverse(a: RealArray, n: int) -> None:
    """Do the same with row exchanges, slower; a singular matrix gives about 1e14."""
    full = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            full[i, j] = full[j, i] = a[i, j]
        full[i, i] += 1e-14
    inverse = np.linalg.inv(full)
    for i in range(n):
        for j in range(i + 1):
            a[i, j] = -0.5 * (inverse[i, j] + inverse[j, i])


@compiled(fastmath=FASTMATH, error_model="numpy")
def subtract_product(g: RealArray, n: int, x: RealArray, y: RealArray) -> None:
    """Y -= x g for a few row vectors x (q, n) and a symmetric g given by its lower triangle."""
    for q in range(x.shape[0]):
        xq, yq = x[q], y[q]
        for i in range(n):
            row, xi, total = g[i], xq[i], 0.0
            for j in range(i):
                total += row[j] * xq[j]
                yq[j] -= row[j] * xi
            yq[i] -= total + row[i] * xi
