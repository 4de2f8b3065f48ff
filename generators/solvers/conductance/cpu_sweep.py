"""The compiled method for wires: from one end to the other in strides, one thread, no library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.compiled import compiled
from mesoinv.generators.solvers.conductance.inverse import FASTMATH, solve_symmetric

if TYPE_CHECKING:
    from mesoinv.generators.solvers.conductance.lead import Lead

RealArray = NDArray[np.float64]

#: Bound on the growth of ψ within a stride. Some ψ may decay as much while others grow, so that at
#: worst twice as many digits are lost; in nearly all samples it is fewer than these three.
GROWTH = 1e3
#: A smaller pivot is a sign of that, or of a resonance: the stride ends one slice earlier.
PIVOT = 0.1


@compiled(fastmath=FASTMATH, error_model="numpy")
def slice_growth(onsite: RealArray, energy: float) -> float:
    """Norm of the step of one slice, (ψ_{i-1}, ψ_i) to (ψ_i, ψ_{i+1}); a bound of it."""
    h = 0.0
    for v in onsite:
        h = max(h, abs(v - energy))
    # |H_i - E| ≤ max |v - E| + 2; the step has the singular values s and 1/s, s - 1/s = |H_i - E|
    h += 2.0
    return 0.5 * (h + np.sqrt(h * h + 4.0))


@compiled(fastmath=FASTMATH, error_model="numpy")
def stride_length(onsite: RealArray, energy: float, limit: float) -> int:
    """Return how many of the slices (L, W) the growth allows, at least one."""
    growth, length = slice_growth(onsite[0], energy), 1
    while length < onsite.shape[0]:
        growth *= slice_growth(onsite[length], energy)
        if growth > limit:
            break
        length += 1
    return length


@compiled(fastmath=FASTMATH, error_model="numpy")
def _first_step(
    onsite: RealArray, energy: float, g: RealArray, sign: float, out: RealArray
) -> None:
    """Write (H - E) - g, or -g alone for the imaginary part (sign 0)."""
    n = g.shape[0]
    for c in range(n):
        for y in range(n):
            out[c, y] = -g[c, y]
        out[c, c] += sign * (onsite[c] - energy)
        if c > 0:
            out[c, c - 1] -= sign
        if c < n - 1:
            out[c, c + 1] -= sign


@compiled(fastmath=FASTMATH, error_model="numpy")
def _step(onsite: RealArray, energy: float, psi: RealArray, before: RealArray) -> None:
    """Overwrite ψ_{i-1} by (H - E) ψ_i - ψ_{i-1}, rows of functions; sites are the last axis."""
    n = psi.shape[1]
    for c in range(psi.shape[0]):
        p, b = psi[c], before[c]
        if n == 1:
            b[0] = (onsite[0] - energy) * p[0] - b[0]
            continue
        b[0] = (onsite[0] - energy) * p[0] - p[1] - b[0]
        for y in range(1, n - 1):
            b[y] = (onsite[y] - energy) * p[y] - p[y - 1] - p[y + 1] - b[y]
        b[n - 1] = (onsite[n - 1] - energy) * p[n - 1] - p[n - 2] - b[n - 1]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _propagate(
    onsite: RealArray, energy: float, gr: RealArray, gi: RealArray, work: RealArray
) -> bool:
    """Apply the slices of one stride to (g, 1).

    The last two ψ are left in work[0], work[1] (real, imaginary) and work[2], work[3]; returns
    whether the later one is in the first pair.
    """
    n, length = gr.shape[0], onsite.shape[0]
    _first_step(onsite[0], energy, gr, 1.0, work[0])
    _first_step(onsite[0], energy, gi, 0.0, work[1])
    work[2:] = 0.0
    for c in range(n):
        work[2, c, c] = 1.0
    for i in range(1, length):
        new, old = (2, 0) if i % 2 else (0, 2)
        _step(onsite[i], energy, work[old], work[new])
        _step(onsite[i], energy, work[old + 1], work[new + 1])
    return length % 2 == 1


@compiled(fastmath=FASTMATH, error_model="numpy")
def _to_modes(basis: RealArray, x: RealArray, out: RealArray) -> None:
    """Write x @ basis, for any number of rows."""
    n = basis.shape[0]
    for c in range(x.shape[0]):
        row = out[c]
        row[:] = 0.0
        for y in range(0, n - 3, 4):
            f0, f1, f2, f3 = x[c, y], x[c, y + 1], x[c, y + 2], x[c, y + 3]
            u0, u1, u2, u3 = basis[y], basis[y + 1], basis[y + 2], basis[y + 3]
            for m in range(n):
                row[m] += f0 * u0[m] + f1 * u1[m] + f2 * u2[m] + f3 * u3[m]
        for y in range(n - n % 4, n):
            f, u = x[c, y], basis[y]
            for m in range(n):
                row[m] += f * u[m]


@compiled(fastmath=FASTMATH, error_model="numpy")
def _match_lead(
    basis: RealArray, factor: RealArray, last: RealArray, before: RealArray, work: RealArray
) -> float:
    """Write M = ψ_L (ψ_{L+1} - λ ψ_L)⁻¹, in modes, to work[2], work[3]; return the last pivot.

    `last` is ψ_{L+1}, `before` ψ_L, `factor` λ, each real and imaginary.
    """
    n = basis.shape[0]
    for part in range(2):
        _to_modes(basis, last[part], work[part])
        _to_modes(basis, before[part], work[2 + part])
    for c in range(n):
        for m in range(n):
            x, y = work[2, c, m], work[3, c, m]
            work[0, c, m] -= x * factor[0, m] - y * factor[1, m]
            work[1, c, m] -= x * factor[1, m] + y * factor[0, m]
    return solve_symmetric(work[0], work[1], work[2], work[3])


@compiled(fastmath=FASTMATH, error_model="numpy")
def _transmitted(real: RealArray, imag: RealArray, velocity: RealArray) -> float:
    """T = N - Tr r r† with r = -1 - 2i √s M √s and s = sin κ, from M."""
    total = 0.0
    for m in range(velocity.shape[0]):
        inner = 0.0
        for k in range(velocity.shape[0]):
            inner += velocity[k] * (real[m, k] ** 2 + imag[m, k] ** 2)
        total += 4.0 * velocity[m] * (imag[m, m] - inner)
    return total


@compiled(fastmath=FASTMATH, error_model="numpy")
def _stride(onsite: RealArray, energy: float, length: int, g: RealArray, work: RealArray) -> int:
    """Carry g over as many of the next `length` slices as keep the digits; return how many."""
    while True:
        later = _propagate(onsite[:length], energy, g[0], g[1], work)
        new, old = (0, 2) if later else (2, 0)
        pivot = solve_symmetric(work[new], work[new + 1], work[old], work[old + 1])
        if pivot > PIVOT or length == 1:
            break
        length -= 1
    g[0], g[1] = work[old], work[old + 1]
    return length


@compiled(fastmath=FASTMATH, error_model="numpy")
def _wire(
    onsite: RealArray, energy: float, basis: RealArray, factor: RealArray, velocity: RealArray,
    g: RealArray, work: RealArray, limit: float,
) -> float:  # fmt: skip
    """Transmission of one sample; g is the lead's at first and is overwritten."""
    rest = onsite
    while True:
        length = stride_length(rest, energy, limit)
        if length == rest.shape[0]:
            later = _propagate(rest, energy, g[0], g[1], work[:4])
            last, before = (work[:2], work[2:4]) if later else (work[2:4], work[:2])
            pivot = _match_lead(basis, factor, last, before, work[4:])
            if pivot > PIVOT or length == 1:
                return _transmitted(work[6], work[7], velocity)
            length -= 1
        rest = rest[_stride(rest, energy, length, g, work[:4]) :]


@compiled(nogil=True)
def _transmissions(
    onsite: RealArray, energy: float, surface: RealArray, basis: RealArray, factor: RealArray,
    velocity: RealArray, out: RealArray, limit: float,
) -> None:  # fmt: skip
    n = basis.shape[0]
    g, work = np.empty((2, n, n)), np.empty((8, n, n))
    for row in range(onsite.shape[0]):
        g[:] = surface
        out[row] = _wire(onsite[row], energy, basis, factor, velocity, g, work, limit)


def transmission(
    onsite_energy: RealArray, energy: float, modes: Lead, growth: float = GROWTH
) -> RealArray:
    """Compute the transmission of wires at one energy.

    Parameters
    ----------
    onsite_energy : (B, L, W) array
        On-site energies [t].
    energy : float
        Fermi energy [t].
    modes : Lead
        Of both leads, at this energy.
    growth : float
        Bound on the growth within a stride; 1 takes every slice by itself, slower and safer.

    Returns
    -------
    (B,) array
    """
    surface, factor = (
        np.stack([values.real, values.imag]) for values in (modes.surface, modes.factor)
    )
    out = np.empty(len(onsite_energy))
    sites = np.ascontiguousarray(onsite_energy)
    _transmissions(sites, energy, surface, modes.basis, factor, modes.velocity, out, growth)
    return out
