r"""How the transmission of a wire follows its on-site energies, compiled.

T = N - Tr r r† with the reflection r of waves from the right. With ψ_n the state that comes in from
the right in mode n (flux 1), whose field the sweep from left to right determines, first-order
perturbation theory gives δr_mn = -(i/2) Σ ψ_m ψ_n δε, and so

.. math:: \frac{\partial T}{\partial \varepsilon} = -\mathrm{Im} \sum_{mn} r_{mn}^* \psi_m \psi_n .

ψ is followed back from the right end: by the recursion of slices within a stride, whose growth is
bounded, and by ψ_{i-1} = g_i ψ_i from one stride to the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled
from mesoinv.generators.solvers.conductance.cpu_sweep import (
    GROWTH,
    PIVOT,
    _match_lead,
    _propagate,
    _step,
    _stride,
    _to_modes,
    _transmitted,
    stride_length,
)
from mesoinv.generators.solvers.conductance.inverse import FASTMATH

if TYPE_CHECKING:
    from mesoinv.generators.solvers.conductance.lead import Lead

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
#: Basis, factor (real, imaginary), velocity of `Lead`, and the numbers of its open modes.
Modes = tuple[RealArray, RealArray, RealArray, IntArray]
#: The first slice of each stride, and g there.
Trail = tuple[IntArray, RealArray]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _sweep(
    onsite: RealArray, energy: float, modes: Modes, g: RealArray, work: RealArray, limit: float,
    trail: Trail,
) -> int:  # fmt: skip
    """Go from left to right as `cpu_sweep` does, and keep g where strides start.

    M of `_match_lead` is left in work[6], work[7]; returns the number of strides.
    """
    basis, factor, _, _ = modes
    starts, kept = trail
    first, number = 0, 0
    while True:
        starts[number] = first
        kept[number] = g
        rest = onsite[first:]
        length = stride_length(rest, energy, limit)
        if length == rest.shape[0]:
            later = _propagate(rest, energy, g[0], g[1], work[:4])
            last, before = (work[:2], work[2:4]) if later else (work[2:4], work[:2])
            pivot = _match_lead(basis, factor, last, before, work[4:])
            if pivot > PIVOT or length == 1:
                return number + 1
            length -= 1
        first += _stride(rest, energy, length, g, work[:4])
        number += 1


@compiled(fastmath=FASTMATH, error_model="numpy")
def _states_at_the_end(m: RealArray, modes: Modes, psi: RealArray, after: RealArray) -> None:
    """Write ψ of the last slice and of the one after it, from M (2, W, W).

    Rows are the real parts of the states, then their imaginary parts.
    """
    basis, factor, velocity, open_modes = modes
    count = open_modes.size
    in_modes = np.zeros((2, 2 * count, basis.shape[0]))
    for row in range(count):
        n = open_modes[row]
        root = 2 * np.sqrt(velocity[n])
        for k in range(basis.shape[0]):
            # ψ_L = -2i M √s
            real, imag = root * m[1, k, n], -root * m[0, k, n]
            in_modes[0, row, k], in_modes[0, count + row, k] = real, imag
            # ψ_{L+1} = λ ψ_L + (1/λ - λ) × the wave that comes in
            in_modes[1, row, k] = factor[0, k] * real - factor[1, k] * imag
            in_modes[1, count + row, k] = factor[0, k] * imag + factor[1, k] * real
        in_modes[1, count + row, n] -= root
    _to_modes(basis, in_modes[0], psi)
    _to_modes(basis, in_modes[1], after)


@compiled(fastmath=FASTMATH, error_model="numpy")
def _reflected(m: RealArray, velocity: RealArray, open_modes: IntArray, rows: RealArray) -> None:
    """Write the rows of r* ψ below those of ψ, with r = -1 - 2i √s M √s."""
    count, width = open_modes.size, rows.shape[1]
    for a in range(count):
        real, imag = rows[2 * count + a], rows[3 * count + a]
        for k in range(width):
            real[k], imag[k] = -rows[a, k], -rows[count + a, k]
        for b in range(count):
            i, j = open_modes[a], open_modes[b]
            root = 2 * np.sqrt(velocity[i] * velocity[j])
            x, y = root * m[1, i, j], -root * m[0, i, j]
            p, q = rows[b], rows[count + b]
            for k in range(width):
                real[k] += x * p[k] + y * q[k]
                imag[k] += x * q[k] - y * p[k]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _of_slice(rows: RealArray, count: int, out: RealArray) -> None:
    """Write -Im ψᵀ r* ψ of every site of a slice."""
    out[:] = 0.0
    for a in range(count):
        p, q = rows[a], rows[count + a]
        real, imag = rows[2 * count + a], rows[3 * count + a]
        for k in range(out.size):
            out[k] -= p[k] * imag[k] + q[k] * real[k]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _times_g(g: RealArray, rows: RealArray, count: int, out: RealArray) -> None:
    """Write g applied to all functions, g complex and symmetric."""
    real, imag = np.dot(rows, g[0]), np.dot(rows, g[1])
    for first in (0, 2 * count):
        for row in range(first, first + count):
            for k in range(rows.shape[1]):
                out[row, k] = real[row, k] - imag[count + row, k]
                out[count + row, k] = real[count + row, k] + imag[row, k]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _back(
    onsite: RealArray, energy: float, trail: Trail, stride: int, rows: RealArray, after: RealArray,
    out: RealArray,
) -> None:  # fmt: skip
    """Follow the states from the last slice to the first, and write the gradient of each."""
    starts, kept = trail
    count = rows.shape[0] // 4
    for i in range(onsite.shape[0] - 1, -1, -1):
        _of_slice(rows, count, out[i])
        if i == 0:
            return
        if i == starts[stride]:
            _times_g(kept[stride], rows, count, after)
            stride -= 1
        else:
            _step(onsite[i], energy, rows, after)
        rows, after = after, rows


@compiled(nogil=True)
def _gradients(
    onsite: RealArray, energy: float, surface: RealArray, modes: Modes, values: RealArray,
    out: RealArray, limit: float,
) -> None:  # fmt: skip
    _, _, velocity, open_modes = modes
    n, length, count = onsite.shape[2], onsite.shape[1], open_modes.size
    g, work = np.empty((2, n, n)), np.empty((8, n, n))
    trail = np.empty(length, dtype=np.int64), np.empty((length, 2, n, n))
    rows, after = np.empty((4 * count, n)), np.empty((4 * count, n))
    for row in range(onsite.shape[0]):
        g[:] = surface
        strides = _sweep(onsite[row], energy, modes, g, work, limit, trail)
        values[row] = _transmitted(work[6], work[7], velocity)
        _states_at_the_end(work[6:8], modes, rows[: 2 * count], after[: 2 * count])
        _reflected(work[6:8], velocity, open_modes, rows)
        _reflected(work[6:8], velocity, open_modes, after)
        _back(onsite[row], energy, trail, strides - 1, rows, after, out[row])


def gradient(
    onsite_energy: RealArray, energy: float, modes: Lead, growth: float = GROWTH
) -> tuple[RealArray, RealArray]:
    """Compute the transmission of wires at one energy, and its derivatives.

    Parameters
    ----------
    onsite_energy, energy, modes, growth
        As for `cpu_sweep.transmission`.

    Returns
    -------
    (B,) array
        Transmission.
    (B, L, W) array
        Its derivative with respect to every on-site energy [1/t].
    """
    surface, factor = (
        np.stack([values.real, values.imag]) for values in (modes.surface, modes.factor)
    )
    sites = np.ascontiguousarray(onsite_energy)
    values, out = np.empty(len(sites)), np.empty(sites.shape)
    open_modes = np.flatnonzero(modes.velocity > 0)
    arrays = modes.basis, factor, modes.velocity, open_modes
    _gradients(sites, energy, surface, arrays, values, out, growth)
    return values, out
