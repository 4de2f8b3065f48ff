r"""Factorisations of Anderson's Hamiltonian slice by slice, in torch: for large lattices on a GPU.

Slices of M × M sites are eliminated one after the other,

.. math:: S_{k+1} = D_{k+1} - S_k^{-1}, \qquad D_k = H_k - \sigma,

the hopping between them being 1; the last one, which the periodic lattice couples to the first as
well, comes at the end. By Haynsworth's formula the negative levels of all :math:`S_k` together are
as many as those of H - σ. Nearly all of the work are products of dense matrices, about
:math:`7 M^7` operations; two matrices a slice are kept, :math:`16 M^5` bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.solvers.anderson3d.cubic_lattice import hopping
from mesoinv.generators.solvers.eigenstates.inertia import PivotsLostError
from mesoinv.generators.solvers.eigenstates.probing import probed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy import sparse
    from torch import Tensor

    from mesoinv.generators.solvers.eigenstates.inertia import Factors


class Slices:
    """Factorisations on one device, one held at a time; that of another shift is made again.

    Parameters
    ----------
    side : int
        M, 3 or more.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    """

    def __init__(self, side: int, device: str) -> None:
        self.side, self.device = side, torch.device(device)
        sites = side**2
        plane = hopping(side)[:sites, :sites].toarray()
        self._plane = torch.from_numpy(plane).to(self.device)
        self._unit = torch.eye(sites, dtype=torch.float64, device=self.device)
        self._held: tuple[sparse.csc_matrix, float] | None = None
        self._inverses: list[Tensor] = []
        self._couplings: list[Tensor] = []
        self._last = self._unit
        self._check_memory()

    @property
    def bytes_needed(self) -> int:
        """Memory that a factorisation takes [bytes]."""
        return 16 * self.side**5 + 8 * 6 * self.side**4

    def _check_memory(self) -> None:
        if self.device.type != "cuda":
            return
        free, _ = torch.cuda.mem_get_info(self.device)
        if self.bytes_needed > free:
            raise MesoinvError(
                f"The factorisation of {self.side}³ sites needs {self.bytes_needed / 1e9:.1f} GB "
                f"of the GPU's memory; {free / 1e9:.1f} GB are free."
            )

    def factorise(self, matrix: sparse.csc_matrix, shift: float) -> Factors:
        """Factorise H - σ and count its negative levels, as `inertia.factorise` does.

        Parameters
        ----------
        matrix : (M³, M³) csc_matrix
            Of `cubic_lattice.hamiltonian`.
        shift : float
            σ.

        Raises
        ------
        PivotsLostError
            If so many digits are lost that the count means nothing.
        """
        below = self._eliminate(matrix, shift)
        return probed(matrix, shift, below, lambda right: self._solve(matrix, shift, right))

    def _eliminate(self, matrix: sparse.csc_matrix, shift: float) -> int:
        """Eliminate slice after slice, and return the number of negative levels."""
        self._held, self._inverses, self._couplings = None, [], []
        onsite = torch.from_numpy(matrix.diagonal() - shift).to(self.device)
        *others, last = onsite.reshape(self.side, -1)
        final = self._plane + torch.diag(last)
        schur, coupling, below = self._plane + torch.diag(others[0]), self._unit, 0
        for following in [*others[1:], None]:
            if following is None:  # the neighbour of the last slice on this side
                coupling = coupling + self._unit
            below += _negative_levels(schur)
            inverse = _inverse(schur, shift)
            across = coupling @ inverse
            final = final - across @ coupling.T
            self._inverses.append(inverse)
            self._couplings.append(coupling)
            if following is not None:
                schur, coupling = self._plane + torch.diag(following) - inverse, -across
        self._last = _inverse(final, shift)
        self._held = matrix, shift
        return below + _negative_levels(final)

    def _solve(
        self, matrix: sparse.csc_matrix, shift: float, right: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Apply (H - σ)⁻¹ to an array (M³,) or (M³, k)."""
        if self._held is None or self._held[0] is not matrix or self._held[1] != shift:
            self._eliminate(matrix, shift)
        given = torch.from_numpy(right).to(self.device)
        *parts, last = given.reshape(self.side, self.side**2, -1)
        for k, (inverse, coupling) in enumerate(zip(self._inverses, self._couplings, strict=True)):
            moved = inverse @ parts[k]
            last = last - coupling @ moved
            if k + 1 < len(parts):
                parts[k + 1] = parts[k + 1] - moved
        last = self._last @ last
        solved: list[Tensor] = [last]
        for k in range(len(parts) - 1, -1, -1):
            left = parts[k] - self._couplings[k].T @ last
            if k + 1 < len(parts):
                left = left - solved[-1]
            solved.append(self._inverses[k] @ left)
        answer = torch.stack([*solved[:0:-1], solved[0]]).reshape(right.shape)
        return answer.cpu().numpy()


def _inverse(matrix: Tensor, shift: float) -> Tensor:
    inverse, failed = torch.linalg.inv_ex(matrix)
    if failed.any():
        raise PivotsLostError(f"A slice of H - {shift:g} is singular.")
    return (inverse + inverse.T) / 2


def _negative_levels(matrix: Tensor) -> int:
    """Return how many levels of a symmetric matrix are negative, from its pivots.

    Blocks of 2 × 2, which have one each, are marked by negative numbers of their rows.
    """
    factors, rows, _ = torch.linalg.ldl_factor_ex(matrix)
    double = rows < 0
    single = torch.diagonal(factors)[~double]
    return int(double.sum()) // 2 + int((single < 0).sum())
