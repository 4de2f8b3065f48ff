"""The strip solved by the plain complex recursion: a second way, short and without shortcuts.

Every mode, complex arithmetic, from the drain to the source: G_x = (N_x - G_{x+1})⁻¹ with the leads
in place from the start, then ψ_x = G_x ψ_{x-1}. Nothing here is shared with the fast elimination
but the modes of the strip, so that each is a test of the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.strip import Strip, StripModes, lead_factor, strip_modes
from mesoinv.generators.solvers.pldos.transport import SolvedBy, Transport

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


def scatter_complex(potential: RealArray, strip: Strip | None = None) -> Transport:
    """Solve the scattering problem for a batch of potentials, one after the other.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential [t].
    strip : Strip, optional
        Geometry; the paper's by default.

    Returns
    -------
    Transport
        ``error_estimate`` is 0: every mode is kept.
    """
    strip = strip or Strip()
    modes = strip_modes(strip)
    out = Transport.unfilled(potential.shape, SolvedBy.RECURSION)
    for row, sample in enumerate(potential):
        states = _states(sample, strip, modes)
        density = (np.abs(states @ modes.basis.T) ** 2).sum(axis=1)
        out.partial_ldos[row] = 2 * np.pi * density
        out.transmission[row] = (np.abs(states[-1]) ** 2 * 2 * modes.drain.imag).sum()
        scattered = states[0] @ modes.source * np.sqrt(2 * modes.source_sin)
        reflected = scattered - np.eye(len(modes.source_sin))
        out.reflection[row] = (np.abs(reflected) ** 2).sum()
    return out


def _states(potential: RealArray, strip: Strip, modes: StripModes) -> ComplexArray:
    """States (L, q, W) in transverse modes."""
    inverses: list[Any] = []
    coupling: Any = np.diag(modes.drain)
    for column in potential[:0:-1]:
        inverses.append(np.linalg.inv(column_block(column, strip, modes) - coupling))
        coupling = inverses[-1]
    first = column_block(potential[0], strip, modes) - coupling - source_self_energy(strip, modes)
    incoming = -1j * np.sqrt(2 * modes.source_sin) * modes.source
    states = [np.linalg.solve(first, incoming)]
    for inverse in reversed(inverses):
        states.append(inverse @ states[-1])
    return np.stack(states).swapaxes(1, 2)


def column_block(
    potential: RealArray, strip: Strip, modes: StripModes, count: int | None = None
) -> ComplexArray:
    """Return h - E [t] of a column (W,) in its first `count` modes, by default in all."""
    basis = modes.basis[:, :count]
    in_modes = (basis.T * potential) @ basis
    return in_modes + np.diag(2 + modes.kinetic[:count] - strip.energy).astype(complex)


def source_self_energy(strip: Strip, modes: StripModes) -> ComplexArray:
    """Minus the self-energy of the source lead, Σ e^{ik} χ χᵀ over all its modes."""
    number = np.arange(1, strip.source_width + 1)
    angle = np.pi * number / (strip.source_width + 1)
    chi = np.sqrt(2 / (strip.source_width + 1)) * np.sin(np.outer(number, angle))
    rows = slice(strip.source_start, strip.source_start + strip.source_width)
    overlap = modes.basis[rows].T @ chi
    energy: ComplexArray = (overlap * lead_factor(2 - 2 * np.cos(angle), strip.energy)) @ overlap.T
    return energy
