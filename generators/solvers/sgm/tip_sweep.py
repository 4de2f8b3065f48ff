"""Conductance under a tip of finite size: only the columns under it are eliminated again, compiled.

The strip to the left of the tip and that to its right are eliminated once. What a tip needs of them
is a block of each, the right-hand sides of the leads' open modes reduced to its edges, and the part
of Uᵀ A⁻¹ U that lies outside. Uᵀ A⁻¹ U gives the reflection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled
from mesoinv.generators.solvers.pldos.columns import (
    LIMITS,
    invert,
    multiply,
    probes,
    square,
    subtract_triangle,
    write_column,
)
from mesoinv.generators.solvers.pldos.cpu_sweep import layout_of, store_size
from mesoinv.generators.solvers.pldos.symmetric_inverse import FASTMATH

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import StripModes
    from mesoinv.generators.solvers.sgm.drain import Drain

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ComplexArray = NDArray[np.complex128]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _eliminate(  # noqa: PLR0913, PLR0917  (compiled code takes no objects)
    c: RealArray,
    onsite: RealArray,
    ends: tuple[RealArray, RealArray],
    layout: IntArray,
    order: IntArray,
    limits: tuple[float, float],
    store: RealArray,
    rows: RealArray,
    sums: RealArray,
) -> None:
    """Eliminate the columns in an order, from the source or from the drain.

    `ends` are the parts of source (W, W) and drain (W,) in A. `rows` (L, q, P) begins with the
    right-hand sides in the first column of the order and becomes those reduced to every column;
    `sums` (L, q, q) becomes Σ yᵀ G y over the columns before.
    """
    counts, sizes, starts = layout
    most = sizes.max()
    spare = np.empty((most, most))
    q = rows.shape[1]
    work, image = np.empty((20, most)), np.empty((q, most))
    work[:2] = probes(most)
    before, last = 0.0, -1
    for x in order:
        n, size = counts[x], sizes[x]
        g = square(store, starts[x], size)
        write_column(g, c[x], onsite, n, size)
        if x == 0:
            subtract_triangle(g, ends[0], n, 1.0)
        if x == counts.size - 1:
            for i in range(n):
                g[i, i] -= ends[1][i]
        if last >= 0:
            common = min(n, counts[last])
            subtract_triangle(g, square(store, starts[last], sizes[last]), common, -1.0)
            rows[x, :, :common] += image[:, :common]
            sums[x] = sums[last] + _products(rows[last], image, counts[last])
        before = invert(g, n, size, spare, work, before, limits)
        multiply(g, size, rows[x], image)
        last = x


@compiled(fastmath=FASTMATH, error_model="numpy")
def _products(left: RealArray, right: RealArray, n: int) -> RealArray:
    out = np.zeros((left.shape[0], right.shape[0]))
    for p in range(left.shape[0]):
        for q in range(right.shape[0]):
            for i in range(n):
                out[p, q] += left[p, i] * right[q, i]
    return out


@compiled(fastmath=FASTMATH, error_model="numpy")
def _sides(  # noqa: PLR0913, PLR0917  (compiled code takes no objects)
    place: tuple[int, int],
    tips: RealArray,
    c: RealArray,
    onsite: RealArray,
    ends: tuple[RealArray, RealArray],
    layout: IntArray,
    stores: tuple[RealArray, RealArray],
    reduced: tuple[RealArray, RealArray],
    sums: tuple[RealArray, RealArray],
    limits: tuple[float, float],
) -> RealArray:
    """Return B = Uᵀ A⁻¹ U, source before drain, for each tip (columns, Y, K) over some columns."""
    counts, sizes, starts = layout
    first, stop = place
    most, used, d = sizes.max(), reduced[0].shape[1], reduced[1].shape[1]
    g, h, spare = np.empty((most, most)), np.empty((most, most)), np.empty((most, most))
    work, image = np.empty((20, most)), np.empty((used, most))
    work[:2] = probes(most)
    out = np.empty((tips.shape[1], used + d, used + d))
    for y in range(tips.shape[1]):
        before = 0.0
        rows = reduced[0][first].copy()
        total = sums[0][first].copy()
        for x in range(first, stop):
            n, size = counts[x], sizes[x]
            write_column(g, c[x] + tips[x - first, y], onsite, n, size)
            if x == 0:
                subtract_triangle(g, ends[0], n, 1.0)
            elif x == first:
                left = square(stores[0], starts[x - 1], sizes[x - 1])
                subtract_triangle(g, left, min(n, counts[x - 1]), -1.0)
            else:
                common = min(n, counts[x - 1])
                subtract_triangle(g, h, common, -1.0)
                total += _products(rows, image, counts[x - 1])
                rows[:, :] = 0.0
                rows[:, :common] = image[:, :common]
            if x == counts.size - 1:
                for i in range(n):
                    g[i, i] -= ends[1][i]
            elif x == stop - 1:
                right = square(stores[1], starts[x + 1], sizes[x + 1])
                subtract_triangle(g, right, min(n, counts[x + 1]), -1.0)
            before = invert(g, n, size, spare, work, before, limits)
            multiply(g, size, rows, image)
            g, h = h, g
        n, size = counts[stop - 1], sizes[stop - 1]
        for i in range(n):
            for j in range(i + 1):
                g[i, j] = g[j, i] = -h[i, j]
        drain = reduced[1][stop - 1][:, :n].copy()
        out[y, :used, :used] = total + _products(rows, image, n)
        across = _products(image, drain, n)
        out[y, :used, used:] = across
        out[y, used:, :used] = across.T
        inner = np.dot(np.dot(drain, g[:n, :n].copy()), drain.T)
        out[y, used:, used:] = sums[1][stop - 1] + inner
    return out


class TipSweep:
    """One sample eliminated from both sides, ready for tips anywhere.

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
    drain : Drain
        The lead over the right edge.
    """

    def __init__(
        self, cosine_sums: RealArray, counts: IntArray, energy: float, modes: StripModes,
        drain: Drain,
    ) -> None:  # fmt: skip
        self._layout = layout_of(counts)
        self._onsite = 2.0 + modes.kinetic - energy
        self._ends = modes.closed_source, drain.closed
        self._sums_of_columns = cosine_sums
        self._coupling = np.concatenate([modes.coupling, drain.coupling])
        self._root = np.sqrt(2 * modes.source_sin)
        length, most = len(counts), self._layout[1].max()
        source = np.zeros((length, modes.source.shape[1], most))
        source[0, :, : counts[0]] = modes.source[: counts[0]].T
        outgoing = np.zeros((length, drain.is_open.size, most))
        outgoing[-1, np.arange(drain.is_open.size), drain.is_open] = 1.0
        along = np.arange(length)
        eliminated = [self._eliminated(source, along), self._eliminated(outgoing, along[::-1])]
        self._stores, self._rows, self._sums = zip(*eliminated, strict=True)

    def _eliminated(
        self, rows: RealArray, order: IntArray
    ) -> tuple[RealArray, RealArray, RealArray]:
        store = np.empty(store_size(self._layout[0]))
        sums = np.zeros((len(rows), rows.shape[1], rows.shape[1]))
        _eliminate(
            self._sums_of_columns, self._onsite, self._ends, self._layout, order.copy(), LIMITS,
            store, rows, sums,
        )  # fmt: skip
        return store, rows, sums

    def transmission(self, first: int, tips: RealArray) -> RealArray:
        """Return the transmission with each of some tips.

        Parameters
        ----------
        first : int
            The first column that they change.
        tips : (columns, Y, K) array
            c_k of what each of Y tips adds [t].

        Returns
        -------
        (Y,) array
            [2e²/h]
        """
        place = (first, first + len(tips))
        overlap = _sides(
            place, tips, self._sums_of_columns, self._onsite, self._ends, self._layout,
            self._stores, self._rows, self._sums, LIMITS,
        )  # fmt: skip
        used = len(self._root)
        block = np.eye(overlap.shape[-1]) - overlap * self._coupling
        phi = np.linalg.solve(block, overlap[..., :used].astype(complex))[:, :used]
        reflection = -1j * self._root[:, None] * phi * self._root - np.eye(used)
        made: RealArray = used - (np.abs(reflection) ** 2).sum(axis=(1, 2))
        return made
