r"""The conductance under a point-like tip, for every place and every strength, from five real maps.

A tip adds u to the on-site energy of one site r. By Woodbury's identity the Green's function
G = (E - H - Σ)⁻¹ becomes G + G|r⟩ τ ⟨r|G with τ = u/(1 - u G(r,r)), so that the reflection matrix
of the source, for scattering states of unit flux, becomes r'_mn = r_mn - i τ ψ_m(r) ψ_n(r) and

.. math:: T(r) = T_0 + 2\, \mathrm{Re}[i τ α] - |τ|^2 ρ^2, \qquad
          ρ = \sum_n |ψ_n(r)|^2, \quad α = \sum_{mn} ψ_m(r)\, r_{mn}^*\, ψ_n(r).

The formula of a local tip is that of O. Ly, arXiv:2305.19224.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
# numpy.ndarray or torch.Tensor, and the module it comes from
Array = Any
Namespace = Any


@dataclass(frozen=True)
class TipResponse:
    """What the conductance under a tip is made of, for a batch of samples.

    Attributes
    ----------
    green : (B, L, W) complex array
        Diagonal of the retarded Green's function, G(r, r) [1/t].
    density : (B, L, W) array
        ρ [1/t]: the partial local density of states over 2π.
    overlap : (B, L, W) complex array
        α [1/t].
    transmission : (B,) array
        T₀, without tip [2e²/h].
    error_estimate : (B,) array
        Estimate of the relative L2 error of T - T₀ by the truncation of modes.
    solved_by : (B,) array of uint8
        A `SolvedBy` for each row.
    """

    green: ComplexArray
    density: RealArray
    overlap: ComplexArray
    transmission: RealArray
    error_estimate: RealArray
    solved_by: NDArray[np.uint8]

    @classmethod
    def unfilled(cls, shape: tuple[int, ...], solved_by: int) -> TipResponse:
        """Return arrays for potentials (B, L, W) that a solver writes its rows into."""
        return cls(
            green=np.empty(shape, complex),
            density=np.empty(shape),
            overlap=np.empty(shape, complex),
            transmission=np.empty(shape[0]),
            error_estimate=np.zeros(shape[0]),
            solved_by=np.full(shape[0], solved_by, np.uint8),
        )

    def put(self, row: int, other: TipResponse) -> None:
        """Replace one row by a result of a single sample."""
        for field in dataclasses.fields(self):
            getattr(self, field.name)[row] = getattr(other, field.name)[0]

    @property
    def partial_ldos(self) -> RealArray:
        """The partial local density of states 2πρ, (B, L, W) [1/t]."""
        return 2 * math.pi * self.density

    def change(self, strength: float) -> RealArray:
        """Return T(r) - T₀ for a tip of a strength [t], which may be infinite, (B, L, W)."""
        tau = t_matrix(self.green, strength)
        made: RealArray = -2 * (tau * self.overlap).imag - (np.abs(tau) * self.density) ** 2
        return made

    def conductance(self, strength: float) -> RealArray:
        """Return T(r) for a tip of a strength [t], which may be infinite, (B, L, W) [2e²/h]."""
        made: RealArray = self.transmission[:, None, None] + self.change(strength)
        return made


def t_matrix(green: ComplexArray, strength: float) -> ComplexArray:
    """Return τ = u/(1 - u G(r,r)) [t], -1/G where the tip is infinitely high."""
    if math.isinf(strength):
        # nothing reaches a site without a state: there a wall changes nothing
        made: ComplexArray = -1 / green
        return made
    weak: ComplexArray = strength / (1 - strength * green)
    return weak


def assembled(
    states: Array, source_overlap: Array, inner: Array, tables: dict[str, Array], xp: Namespace
) -> tuple[Array, Array, Array, Array]:
    """Return G(r, r), ρ, α and T₀ of a batch, for numpy and torch arrays.

    Parameters
    ----------
    states : (B, L, q, W) complex array
        Scattering states ψ of unit flux on the sites.
    source_overlap : (B, q, q) complex array
        Uᵀψ for the open modes U of the source.
    inner : (B, L, W) complex array
        Diagonal of L⁻¹ without those modes.
    tables : dict of arrays
        The fields of `StripModes`, of the same type and device.
    xp : module
        numpy or torch.
    """
    root = (2 * tables["source_sin"]) ** 0.5
    one = xp.eye(root.shape[0], device=root.device)
    reflection = root[:, None] * source_overlap - one
    # L⁻¹U = i ψ/√(2s), with which Woodbury's identity puts the source's modes in
    coupling, phi = tables["coupling"], source_overlap * (1j / root)
    form = coupling[:, None] * xp.linalg.inv(one + phi * coupling)
    form = form * (1j / root)[:, None] * (1j / root)
    green = -(inner + (states * (form[:, None] @ states)).sum(-2))
    density = (abs(states) ** 2).sum(-2)
    overlap = (states * (reflection.conj()[:, None] @ states)).sum(-2)
    transmission = root.shape[0] - (abs(reflection) ** 2).sum((-1, -2))
    return green, density, overlap, transmission
