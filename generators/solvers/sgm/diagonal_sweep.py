r"""The diagonal of the Green's function of a strip on all its sites, compiled, in real arithmetic.

L = A - U Γ Uᵀ, where A lacks the open modes of the leads and is real. In the blocks of the columns

.. math:: [A^{-1}]_{xx} = (N_x - G_{x-1} - H_{x+1})^{-1},

with G_x from the source (`cpu_sweep`) and H_x, the same recursion from the drain, which runs here.
The drain's open modes are put in by Woodbury's identity; the source's are left to the caller.

With χ_m(y) χ_n(y) = (cos (m-n)θ_y - cos (m+n)θ_y)/(W+1) the diagonal in sites of a block in modes
is a cosine sum over the sums along its diagonals and antidiagonals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled
from mesoinv.generators.solvers.pldos.columns import (
    invert,
    largest_diagonal,
    probes,
    square,
    subtract_triangle,
    write_column,
)
from mesoinv.generators.solvers.pldos.symmetric_inverse import FASTMATH

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.cpu_sweep import ColumnFactors
    from mesoinv.generators.solvers.sgm.drain import Drain

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ComplexArray = NDArray[np.complex128]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _symmetric(g: RealArray, size: int, out: RealArray) -> None:
    """Write G in full, from the lower triangle of -G."""
    for i in range(size):
        for j in range(i + 1):
            out[i, j] = out[j, i] = -g[i, j]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _sum_diagonals(g: RealArray, n: int, out: RealArray) -> None:
    """Write the sums of G over i - j = ±k, less those over i + j = k, modes counted from 1."""
    for i in range(n):
        for j in range(i):
            twice = -2.0 * g[i, j]
            out[i - j] += twice
            out[i + j + 2] -= twice
        out[0] -= g[i, i]
        out[2 * i + 2] += g[i, i]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _let_decay(g: RealArray, twice_cosh: RealArray, start: int, stop: int) -> None:
    """Let the closed modes that the next column lacks decay there, instead of ending at a wall."""
    for i in range(start, stop):
        half = twice_cosh[i] / 2
        g[i, i] -= half - np.sqrt(half * half - 1.0)


@compiled(fastmath=FASTMATH, error_model="numpy")
def _subtract_left(
    g: RealArray, x: int, closed_source: RealArray, layout: IntArray, store: RealArray
) -> float:
    """Subtract G_{x-1}, or the source, from a block of column x; return the largest element."""
    counts, sizes, starts = layout
    if x == 0:
        subtract_triangle(g, closed_source, counts[0], 1.0)
        return 0.0
    left, common = square(store, starts[x - 1], sizes[x - 1]), min(counts[x], counts[x - 1])
    subtract_triangle(g, left, common, -1.0)
    return largest_diagonal(left, common)


@compiled(fastmath=FASTMATH, error_model="numpy")
def _load(x: int, c: RealArray, onsite: RealArray, layout: IntArray, g: RealArray) -> None:
    """Write N_x, whose modes decay in the next column where it lacks them."""
    counts, sizes, _ = layout
    write_column(g, c[x], onsite, counts[x], sizes[x])
    if x < counts.size - 1:
        _let_decay(g, c[x, 0] + onsite, counts[x + 1], counts[x])


@compiled(fastmath=FASTMATH, error_model="numpy")
def _carry(x: int, counts: IntArray, full: RealArray, rows: RealArray) -> None:
    """Carry the drain's rows (L, d, P) from column x + 1 to x, by its G in full."""
    size = full.shape[0]
    common = min(counts[x], counts[x + 1])
    carried = np.zeros((rows.shape[1], size))
    carried[:, :common] = rows[x + 1, :, :common]
    rows[x, :, :size] = np.dot(carried, full)


@compiled(fastmath=FASTMATH, error_model="numpy")
def _from_the_drain(  # noqa: PLR0913, PLR0917  (compiled code takes no objects)
    c: RealArray,
    onsite: RealArray,
    closed: tuple[RealArray, RealArray],
    is_open: IntArray,
    layout: IntArray,
    store: RealArray,
    sums: RealArray,
    drain_rows: RealArray,
    limits: tuple[float, float],
) -> float:
    """Fill the sums (L, K) of [A⁻¹]_xx and the rows (L, d, P) of A⁻¹ U for the drain's open modes.

    `closed` is the part of the source and of the drain in A. Returns the largest element met.
    """
    counts, sizes, starts = layout
    most, last = sizes.max(), counts.size - 1
    h, d, spare = np.zeros((most, most)), np.empty((most, most)), np.empty((most, most))
    work = np.empty((20, most))
    work[:2] = probes(most)
    growth = before = 0.0
    for x in range(last, -1, -1):
        n, size = counts[x], sizes[x]
        full = np.empty((size, size))
        _load(x, c, onsite, layout, d)
        if x < last and n > counts[x + 1]:  # the sweep from the source lets no modes decay here
            entered = _subtract_left(d, x, closed[0], layout, store)
            invert(d, n, size, spare, work, entered, limits)
            _symmetric(d, size, full)
            _load(x, c, onsite, layout, d)
        elif x < last:
            _symmetric(square(store, starts[x], size), size, full)
        if x < last:
            subtract_triangle(d, h, min(n, counts[x + 1]), -1.0)
            _carry(x, counts, full, drain_rows)
        else:
            for i in range(n):
                d[i, i] -= closed[1][i]
        for i in range(size):
            for j in range(i + 1):
                h[i, j] = d[i, j]
        entered = max(before, _subtract_left(d, x, closed[0], layout, store))
        growth = max(growth, invert(d, n, size, spare, work, entered, limits))
        before = invert(h, n, size, spare, work, before, limits)
        growth = max(growth, before)
        _sum_diagonals(d, n, sums[x])
        if x == last:
            _symmetric(d, size, full)
            for q in range(is_open.size):
                drain_rows[x, q, :n] = full[is_open[q], :n]
    return growth


@compiled(fastmath=FASTMATH, error_model="numpy")
def _add_form(
    rows: RealArray, counts: IntArray, basis: RealArray, form: RealArray, out: RealArray
) -> None:
    """Add Σ_qr X_q C_qr X_r on the sites to `out` (2, L, W), its real and its imaginary part.

    `rows` (L, d, P) are the X in modes, `basis` (P, W) the modes; `form` (2d, d) is C, real part
    first.
    """
    d = rows.shape[1]
    most = 0
    on_modes = basis[:most].copy()
    for x in range(rows.shape[0]):
        n = counts[x]
        if n != most:
            most = n
            on_modes = basis[:n].copy()
        on_sites = np.dot(rows[x, :, :n].copy(), on_modes)
        image = np.dot(form, on_sites)
        for q in range(d):
            for y in range(out.shape[2]):
                out[0, x, y] += on_sites[q, y] * image[q, y]
                out[1, x, y] += on_sites[q, y] * image[d + q, y]


def diagonal(
    cosine_sums: RealArray,
    factors: ColumnFactors,
    onsite: RealArray,
    closed_source: RealArray,
    drain: Drain,
    basis: RealArray,
    cosines: RealArray,
    limits: tuple[float, float],
) -> tuple[ComplexArray, float]:
    """Return the diagonal of L⁻¹ without the source's open modes, and the largest element met.

    Parameters
    ----------
    cosine_sums : (L, K) array
        c_k of every column, K > 2 max(counts) [t].
    factors : ColumnFactors
        From the same sums and the same closed source.
    onsite : (W,) array
        2 + kinetic energy - E [t].
    closed_source : (W, W) array
        Of `StripModes`.
    drain : Drain
        The lead over the right edge.
    basis, cosines : (W, W) and (W, 2W+1) arrays
        Of `StripModes`.
    limits : (float, float)
        As for `cpu_sweep.factorise`.

    Returns
    -------
    (L, W) complex array
        [1/t].
    float
        Digits are lost about as its square.
    """
    layout = factors.layout
    counts, most = layout[0], int(layout[1].max())
    length, width = counts.size, basis.shape[0]
    sums = np.zeros((length, cosine_sums.shape[1]))
    rows = np.zeros((length, drain.is_open.size, most))
    closed = (closed_source, drain.closed)
    growth = _from_the_drain(
        cosine_sums, onsite, closed, drain.is_open, layout, factors.store, sums, rows, limits
    )
    form = drain.form(rows[-1][:, drain.is_open])
    out = np.zeros((2, length, width))
    out[0] = sums @ cosines[:, : sums.shape[1]].T
    _add_form(rows, counts, np.ascontiguousarray(basis.T), form, out)
    return out[0] + 1j * out[1], max(growth, factors.growth)
