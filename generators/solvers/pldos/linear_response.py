r"""How the density of states follows a small change of the potential: exact derivatives.

The states obey L ψ = f with L = H - E + Σ, and a change of the potential changes L alone, by δV. So

.. math:: \delta\psi_n = -L^{-1} (\delta V\, \psi_n), \qquad
          \delta\rho = 4\pi\, \mathrm{Re} \sum_n \psi_n^* \delta\psi_n .

L is complex symmetric, hence the transposed map (the adjoint, which a gradient needs) takes the
same factors:

.. math:: J^T w = -4\pi\, \mathrm{Re} \sum_n \psi_n\, L^{-1} (w\, \psi_n^*) .

Each costs one substitution, a fraction of the factorisation. With truncated modes L is the
truncated one: these are the exact derivatives of what the solver computes. All is for numpy and
torch arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mesoinv.generators.solvers.pldos import source_states

# numpy.ndarray or torch.Tensor, the module it comes from, and integers
Array = Any
Namespace = Any


@dataclass(frozen=True)
class LinearResponse:
    """The derivative of some samples' density at their potentials.

    Attributes
    ----------
    states, solution : (B, L, 2q, M) arrays
        ψ and X of `source_states`.
    substitute : callable
        Solves the strip without the source's open modes.
    counts : (L,) array of int
        Modes kept in each column.
    tables : dict of arrays
        The fields of `StripModes`, of the same type and device.
    xp : module
        numpy or torch.
    """

    states: Array
    solution: Array
    substitute: source_states.Substitute
    counts: Any
    tables: dict[str, Array]
    xp: Namespace

    def product(self, change: Array) -> Array:
        """Return δρ of a change δV of the potential.

        Parameters
        ----------
        change : (B, L, W) array
            δV [t].

        Returns
        -------
        (B, L, W) array
            δρ [1/t].
        """
        moved = self._to_sites(self._inverse(self._to_modes(change[:, :, None] * self._on_sites)))
        return -4 * math.pi * (self._on_sites * moved).sum(-2)

    def adjoint(self, weight: Array) -> Array:
        """Return Jᵀw: the gradient of Σ w ρ with respect to the potential.

        Parameters
        ----------
        weight : (B, L, W) array
            w.

        Returns
        -------
        (B, L, W) array
            In units of w/t².
        """
        conjugate = self._on_sites * self._signs()
        moved = self._to_sites(self._inverse(self._to_modes(weight[:, :, None] * conjugate)))
        # Re ψ χ = Re ψ Re χ - Im ψ Im χ
        return -4 * math.pi * (conjugate * moved).sum(-2)

    @cached_property
    def _on_sites(self) -> Array:
        """ψ on the sites, (B, L, 2q, W)."""
        return self._to_sites(self.states)

    def wave_functions(self) -> Array:
        """Return ψ on the sites as complex numbers, (B, L, q, W)."""
        half = self._on_sites.shape[2] // 2
        return self._on_sites[:, :, :half] + 1j * self._on_sites[:, :, half:]

    def _signs(self) -> Array:
        """1 for real parts, -1 for imaginary ones: what complex conjugation does to the rows."""
        signs = self.xp.ones_like(self.states[0, 0, :, :1])
        signs[signs.shape[0] // 2 :] = -1
        return signs

    def _inverse(self, rhs: Array) -> Array:
        """Apply L⁻¹ to functions (B, L, 2q, M)."""
        return source_states.inverse(rhs, self.solution, self.substitute, self.tables, self.xp)

    def _parts(self) -> tuple[tuple[slice, int], tuple[slice, int]]:
        """Columns near the source with the most modes, and all others, with their modes."""
        wide = int((self.counts > self.counts[-1]).sum())
        return (slice(0, wide), int(self.counts.max())), (slice(wide, None), int(self.counts[-1]))

    def _to_sites(self, rows: Array) -> Array:
        basis = self.tables["basis"]
        return self.xp.concatenate(
            [
                _times(rows[:, part, :, :n], basis[:, :n].swapaxes(0, 1))
                for part, n in self._parts()
            ],
            axis=1,
        )

    def _to_modes(self, on_sites: Array) -> Array:
        """Return components of the modes that each column keeps, zeros beyond them."""
        basis, most = self.tables["basis"], int(self.counts.max())
        out = self.xp.zeros_like(on_sites[..., :most])
        for part, n in self._parts():
            out[:, part, :, :n] = _times(on_sites[:, part], basis[:, :n])
        for x in range(self._parts()[0][0].stop):
            out[:, x, :, int(self.counts[x]) :] = 0
        return out


def _times(rows: Array, matrix: Array) -> Array:
    """Multiply the last axis by a matrix, in one large product."""
    *shape, n = rows.shape
    return (rows.reshape(-1, n) @ matrix).reshape(*shape, matrix.shape[1])
