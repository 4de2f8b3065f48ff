"""Elimination of the strip column by column on the CPU: compiled, real but for the drain.

With N_x = h_x - E the equations N_x ψ_x - ψ_{x-1} - ψ_{x+1} = f_x are reduced from the source to
the drain by G_x = (N_x - G_{x-1})⁻¹; only the drain's open modes make the last block complex. The
source's open modes are left out here and put in afterwards (a problem of their own number, 3).
Columns may hold different numbers of modes; a mode that the next column lacks ends there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled
from mesoinv.generators.solvers.pldos.symmetric_inverse import (
    FASTMATH,
    negative_inverse,
    padded,
    pivoted_negative_inverse,
    subtract_product,
)

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import StripModes

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Largest relative error of uᵀ N G v = uᵀ v, and largest G here or in the column before, that need
#: no row exchanges.
INVERSE_ERROR, LARGE = 1e-10, 300.0


@compiled(fastmath=FASTMATH, error_model="numpy")
def _column(g: RealArray, c: RealArray, onsite: RealArray, n: int, size: int) -> None:
    """Lower triangle of N_x: Toeplitz + Hankel potential, kinetic diagonal, unit padding."""
    for i in range(n):
        for j in range(i + 1):
            g[i, j] = c[i - j] - c[i + j + 2]
        g[i, i] += onsite[i]
    for i in range(n, size):
        g[i, :size] = 0.0
        g[i, i] = 1.0


@compiled(fastmath=FASTMATH, error_model="numpy")
def _subtract_triangle(g: RealArray, h: RealArray, n: int, sign: float) -> None:
    for i in range(n):
        for j in range(i + 1):
            g[i, j] -= sign * h[i, j]


@compiled()
def _square(store: RealArray, start: int, size: int) -> RealArray:
    return store[start : start + size * size].reshape(size, size)


@compiled(fastmath=FASTMATH, error_model="numpy")
def _load(
    x: int,
    c: RealArray,
    onsite: RealArray,
    closed_source: RealArray,
    layout: IntArray,
    store: RealArray,
) -> RealArray:
    """Write N_x - G_{x-1} into column x of the store, and return that square."""
    counts, sizes, starts = layout
    g = _square(store, starts[x], sizes[x])
    _column(g, c[x], onsite, counts[x], sizes[x])
    if x == 0:
        _subtract_triangle(g, closed_source, counts[x], 1.0)
    else:
        h = _square(store, starts[x - 1], sizes[x - 1])
        _subtract_triangle(g, h, min(counts[x], counts[x - 1]), -1.0)
    return g


@compiled(fastmath=FASTMATH, error_model="numpy")
def _factorise(
    c: RealArray,
    onsite: RealArray,
    closed_source: RealArray,
    layout: IntArray,
    store: RealArray,
    rows: RealArray,
    used: int,
) -> float:
    """Fill `store` with -G_x (the last one: with N_x - G_{x-1}), reduce the used rows with it.

    Returns the largest diagonal element of all G_x.
    """
    counts, sizes, _ = layout
    work = np.empty((max(16, used), sizes.max()))
    probe = np.cos(np.arange(sizes.max()) ** 2.0).reshape(1, -1)
    image = np.empty_like(probe)
    growth = largest = 0.0
    for x in range(counts.size):
        n, size = counts[x], sizes[x]
        g = _load(x, c, onsite, closed_source, layout, store)
        if x == counts.size - 1:
            break
        _multiply(g, size, probe, image)
        negative_inverse(g, size, work[:8], work[8:16])
        _multiply(g, size, rows[x, :used], work)
        error = _inverse_error(probe[0], image[0], rows[x, 0], work[0], size)
        before, largest = largest, _largest_diagonal(g, n)
        if not (error < INVERSE_ERROR and max(before, largest) < LARGE):
            g = _load(x, c, onsite, closed_source, layout, store)
            pivoted_negative_inverse(g, size)
            _multiply(g, size, rows[x, :used], work)
            largest = _largest_diagonal(g, n)
        growth = max(growth, largest)
        _add(work, min(n, counts[x + 1]), rows[x + 1, :used])
    return growth


@compiled(fastmath=FASTMATH, error_model="numpy")
def _inverse_error(
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
def _largest_diagonal(g: RealArray, n: int) -> float:
    largest = 0.0
    for i in range(n):
        largest = max(largest, abs(g[i, i]))
    return largest


@compiled(fastmath=FASTMATH, error_model="numpy")
def _multiply(g: RealArray, size: int, rows: RealArray, out: RealArray) -> None:
    """Write -rows g to the first rows of out: G rows where g = -G."""
    out[: rows.shape[0], :size] = 0.0
    subtract_product(g, size, rows, out)


@compiled(fastmath=FASTMATH, error_model="numpy")
def _add(rows: RealArray, n: int, there: RealArray) -> None:
    """there[:, :n] += rows[:, :n], for as many rows as there are."""
    for q in range(there.shape[0]):
        for i in range(n):
            there[q, i] += rows[q, i]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _forward(layout: IntArray, store: RealArray, rows: RealArray) -> None:
    counts, sizes, starts = layout
    work = np.empty((rows.shape[1], sizes.max()))
    for x in range(counts.size - 1):
        g = _square(store, starts[x], sizes[x])
        _multiply(g, sizes[x], rows[x], work)
        _add(work, min(counts[x], counts[x + 1]), rows[x + 1])


@compiled(fastmath=FASTMATH, error_model="numpy")
def _backward(layout: IntArray, store: RealArray, rows: RealArray) -> None:
    """Replace the reduced right-hand sides, whose last column is solved, by the solution."""
    counts, sizes, starts = layout
    work = np.empty((rows.shape[1], sizes.max()))
    k = rows.shape[1]
    for x in range(counts.size - 2, -1, -1):
        n, size = counts[x], sizes[x]
        common = min(n, counts[x + 1])
        for q in range(k):
            for i in range(common):
                rows[x, q, i] += rows[x + 1, q, i]
            work[q, :size] = rows[x, q, :size]
            rows[x, q, :size] = 0.0
        subtract_product(_square(store, starts[x], size), size, work[:k], rows[x])


@dataclass(frozen=True)
class ColumnFactors:
    """One sample's eliminated columns and what it takes to solve with them.

    Attributes
    ----------
    layout : (3, L) array of int
        Modes a column, the same padded to the pivot block, and where its square begins.
    store : array
        The squares, one after another.
    drain_inverse : (n, n) complex array
        G of the last column, with the drain.
    growth : float
        The largest element of the real G_x, by their diagonals.
    """

    layout: IntArray
    store: RealArray
    drain_inverse: NDArray[np.complex128]
    growth: float

    def substitute(self, rhs: RealArray) -> RealArray:
        """Solve for right-hand sides (L, 2q, M), real parts first, M = max(counts)."""
        padding = ((0, 0), (0, 0), (0, int(self.layout[1].max()) - rhs.shape[-1]))
        rows = np.pad(rhs, padding)
        _forward(self.layout, self.store, rows)
        return self.back_substitute(rows)

    def back_substitute(self, rows: RealArray) -> RealArray:
        """Finish reduced right-hand sides (L, 2q, P), P padded, real parts first; overwritten."""
        n, q = self.layout[0, -1], rows.shape[1] // 2
        last = (rows[-1, :q, :n] + 1j * rows[-1, q:, :n]) @ self.drain_inverse
        rows[-1, :q, :n], rows[-1, q:, :n] = last.real, last.imag
        _backward(self.layout, self.store, rows)
        return rows[..., : self.layout[0].max()]


def factorise(
    cosine_sums: RealArray, counts: IntArray, energy: float, modes: StripModes, store: RealArray
) -> tuple[ColumnFactors, RealArray]:
    """Eliminate the columns of one sample and solve for the source's open modes.

    Parameters
    ----------
    cosine_sums : (L, K) array
        c_k of every column, K > 2 max(counts) [t].
    counts : (L,) array of int
        Modes kept in each column.
    energy : float
        Fermi energy [t].
    modes : StripModes
        Of the strip.
    store : array
        Work space of `store_size` numbers, which the result refers to.

    Returns
    -------
    ColumnFactors
        For further right-hand sides.
    (L, 2q, M) array
        Solution for the q open modes of the source as right-hand sides of the first column, real
        parts first; M = max(counts).
    """
    sizes = np.array([padded(int(n)) for n in counts])
    starts = np.concatenate([[0], np.cumsum(sizes**2)[:-1]])
    onsite = 2.0 + modes.kinetic - energy
    n_open = modes.source.shape[1]
    # the imaginary parts stay zero until the drain
    rows = np.zeros((counts.size, 2 * n_open, sizes.max()))
    rows[0, :n_open, : counts[0]] = modes.source[: counts[0]].T
    layout = np.stack([counts, sizes, starts])
    growth = _factorise(cosine_sums, onsite, modes.closed_source, layout, store, rows, n_open)
    n = int(counts[-1])
    lower = store[starts[-1] : starts[-1] + sizes[-1] ** 2].reshape(sizes[-1], -1)[:n, :n]
    last = np.tril(lower) + np.tril(lower, -1).T - np.diag(modes.drain[:n])
    factors = ColumnFactors(layout, store, np.asarray(np.linalg.inv(last), complex), growth)
    return factors, factors.back_substitute(rows)


def store_size(counts: IntArray) -> int:
    """Return how many numbers the work space of `factorise` holds."""
    return int(sum(padded(int(n)) ** 2 for n in counts))
