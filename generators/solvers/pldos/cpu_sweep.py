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
from mesoinv.generators.solvers.pldos.columns import (
    LIMITS,
    inverse_error,
    largest_diagonal,
    multiply,
    square,
    subtract_triangle,
    write_column,
)
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
    g = square(store, starts[x], sizes[x])
    write_column(g, c[x], onsite, counts[x], sizes[x])
    if x == 0:
        subtract_triangle(g, closed_source, counts[x], 1.0)
    else:
        h = square(store, starts[x - 1], sizes[x - 1])
        subtract_triangle(g, h, min(counts[x], counts[x - 1]), -1.0)
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
    limits: tuple[float, float],
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
        multiply(g, size, probe, image)
        negative_inverse(g, size, work[:8], work[8:16])
        multiply(g, size, rows[x, :used], work)
        error = inverse_error(probe[0], image[0], rows[x, 0], work[0], size)
        before, largest = largest, largest_diagonal(g, n)
        if not (error < limits[0] and max(before, largest) < limits[1]):
            g = _load(x, c, onsite, closed_source, layout, store)
            pivoted_negative_inverse(g, size)
            multiply(g, size, rows[x, :used], work)
            largest = largest_diagonal(g, n)
        growth = max(growth, largest)
        _add(work, min(n, counts[x + 1]), rows[x + 1, :used])
    return growth


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
        g = square(store, starts[x], sizes[x])
        multiply(g, sizes[x], rows[x], work)
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
        subtract_product(square(store, starts[x], size), size, work[:k], rows[x])


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
    cosine_sums: RealArray,
    counts: IntArray,
    energy: float,
    modes: StripModes,
    store: RealArray,
    limits: tuple[float, float] = LIMITS,
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
    limits : (float, float)
        Where rows are exchanged, as `columns.LIMITS`: smaller numbers lose fewer digits.

    Returns
    -------
    ColumnFactors
        For further right-hand sides.
    (L, 2q, M) array
        Solution for the q open modes of the source as right-hand sides of the first column, real
        parts first; M = max(counts).
    """
    layout = layout_of(counts)
    _, sizes, starts = layout
    onsite = 2.0 + modes.kinetic - energy
    n_open = modes.source.shape[1]
    # the imaginary parts stay zero until the drain
    rows = np.zeros((counts.size, 2 * n_open, sizes.max()))
    rows[0, :n_open, : counts[0]] = modes.source[: counts[0]].T
    growth = _factorise(
        cosine_sums, onsite, modes.closed_source, layout, store, rows, n_open, limits
    )
    n = int(counts[-1])
    lower = store[starts[-1] : starts[-1] + sizes[-1] ** 2].reshape(sizes[-1], -1)[:n, :n]
    last = np.tril(lower) + np.tril(lower, -1).T - np.diag(modes.drain[:n])
    factors = ColumnFactors(layout, store, np.asarray(np.linalg.inv(last), complex), growth)
    return factors, factors.back_substitute(rows)


def layout_of(counts: IntArray) -> IntArray:
    """Return the layout of `ColumnFactors` for so many modes a column, (3, L)."""
    sizes = np.array([padded(int(n)) for n in counts])
    return np.stack([counts, sizes, np.concatenate([[0], np.cumsum(sizes**2)[:-1]])])


def store_size(counts: IntArray) -> int:
    """Return how many numbers the work space of `factorise` holds."""
    return int(sum(padded(int(n)) ** 2 for n in counts))
