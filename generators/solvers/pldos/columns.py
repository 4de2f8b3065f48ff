"""Blocks of one column of a strip in transverse modes: written, compared and multiplied, compiled.

Of a symmetric block only the lower triangle is there. It is padded to whole pivot blocks with the
identity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled
from mesoinv.generators.solvers.pldos.symmetric_inverse import (
    FASTMATH,
    negative_inverse,
    pivoted_negative_inverse,
    subtract_product,
)

RealArray = NDArray[np.float64]

#: Largest relative error of uᵀ N G v = uᵀ v, and largest G here or in the column before, that need
#: no row exchanges.
LIMITS = (1e-10, 300.0)


@compiled(fastmath=FASTMATH, error_model="numpy")
def write_column(g: RealArray, c: RealArray, onsite: RealArray, n: int, size: int) -> None:
    """Lower triangle of N_x: Toeplitz + Hankel potential, kinetic diagonal, unit padding."""
    for i in range(n):
        for j in range(i + 1):
            g[i, j] = c[i - j] - c[i + j + 2]
        g[i, i] += onsite[i]
    for i in range(n, size):
        g[i, :size] = 0.0
        g[i, i] = 1.0


@compiled(fastmath=FASTMATH, error_model="numpy")
def subtract_triangle(g: RealArray, h: RealArray, n: int, sign: float) -> None:
    """G -= sign * h in the first n rows."""
    for i in range(n):
        for j in range(i + 1):
            g[i, j] -= sign * h[i, j]


@compiled()
def square(store: RealArray, start: int, size: int) -> RealArray:
    """Return the block that begins at a place of the store, as a view."""
    return store[start : start + size * size].reshape(size, size)


@compiled(fastmath=FASTMATH, error_model="numpy")
def inverse_error(
    u: RealArray, minus_nu: RealArray, v: RealArray, gv: RealArray, size: int
) -> float:
    """|uᵀ N G v - uᵀ v| / (|u| |v|), from N u with a minus sign and G v."""
    error, uu, vv = 0.0, 0.0, 0.0
    for i in range(size):
        error += minus_nu[i] * gv[i] + u[i] * v[i]
        uu += u[i] * u[i]
        vv += v[i] * v[i]
    return abs(error) / np.sqrt(uu * vv)


@compiled(fastmath=FASTMATH, error_model="numpy")
def largest_diagonal(g: RealArray, n: int) -> float:
    """Return the largest magnitude of the first n diagonal elements."""
    largest = 0.0
    for i in range(n):
        largest = max(largest, abs(g[i, i]))
    return largest


@compiled(fastmath=FASTMATH, error_model="numpy")
def multiply(g: RealArray, size: int, rows: RealArray, out: RealArray) -> None:
    """Write -rows g to the first rows of out: G rows where g = -G."""
    out[: rows.shape[0], :size] = 0.0
    subtract_product(g, size, rows, out)


@compiled()
def probes(size: int) -> RealArray:
    """Return two fixed vectors (2, size) that an inverse is tested with."""
    squares = np.arange(size) ** 2.0
    out = np.empty((2, size))
    out[0], out[1] = np.cos(squares), np.cos(1.0 + 0.7 * squares)
    return out


@compiled(fastmath=FASTMATH, error_model="numpy")
def invert(
    g: RealArray,
    n: int,
    size: int,
    spare: RealArray,
    work: RealArray,
    before: float,
    limits: tuple[float, float],
) -> float:
    """Replace a block N by -G = -N⁻¹, with row exchanges where digits would be lost.

    Parameters
    ----------
    g : (≥size, ≥size) array
        The block; its lower triangle.
    n, size : int
        Rows, and rows with padding.
    spare : array like `g`
        Work space.
    work : (≥20, ≥size) array
        Work space whose first two rows are `probes`.
    before : float
        Largest element of the blocks that entered N.
    limits : (float, float)
        As `LIMITS`.

    Returns
    -------
    float
        Largest diagonal element of G.
    """
    for i in range(size):
        for j in range(i + 1):
            spare[i, j] = g[i, j]
    multiply(g, size, work[:1], work[2:3])
    negative_inverse(g, size, work[4:12], work[12:20])
    multiply(g, size, work[1:2], work[3:4])
    error = inverse_error(work[0], work[2], work[1], work[3], size)
    largest = largest_diagonal(g, n)
    if not (error < limits[0] and max(before, largest) < limits[1]):
        for i in range(size):
            for j in range(i + 1):
                g[i, j] = spare[i, j]
        pivoted_negative_inverse(g, size)
        largest = largest_diagonal(g, n)
    return largest
