"""Elimination of the strip column by column for a batch of samples in torch, on any device.

The same recursion as `cpu_sweep`, with a pivoted inverse, batched over samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class BatchFactors:
    """Eliminated columns of a batch.

    Attributes
    ----------
    inverses : list of (B, n_x, n_x) tensors
        G_x; the last one is complex and contains the drain.
    growth : (B,) tensor
        The largest element of the real G_x, by their diagonals.
    """

    inverses: list[Tensor]
    growth: Tensor

    def substitute(self, rhs: Tensor) -> Tensor:
        """Solve for right-hand sides (B, L, 2q, M), real parts first."""
        rows = rhs.clone()
        for x, inverse in enumerate(self.inverses[:-1]):
            n, common = inverse.shape[-1], min(inverse.shape[-1], self.inverses[x + 1].shape[-1])
            rows[:, x + 1, :, :common] += (rows[:, x, :, :n] @ inverse)[..., :common]
        return self.back_substitute(rows)

    def back_substitute(self, rows: Tensor) -> Tensor:
        """Finish reduced right-hand sides (B, L, 2q, M), real parts first; overwritten."""
        half, n = rows.shape[2] // 2, self.inverses[-1].shape[-1]
        last = torch.complex(rows[:, -1, :half, :n], rows[:, -1, half:, :n]) @ self.inverses[-1]
        rows[:, -1, :, :n] = torch.cat([last.real, last.imag], dim=1)
        for x in range(len(self.inverses) - 2, -1, -1):
            n = self.inverses[x].shape[-1]
            common = min(n, self.inverses[x + 1].shape[-1])
            rows[:, x, :, :common] += rows[:, x + 1, :, :common]
            rows[:, x, :, :n] = rows[:, x, :, :n] @ self.inverses[x]
        return rows


def columns(cosine_sums: Tensor, onsite: Tensor, n: int) -> Tensor:
    """N_x for a batch: Toeplitz + Hankel potential and kinetic diagonal."""
    i = torch.arange(n, device=cosine_sums.device)
    toeplitz, hankel = (i[:, None] - i).abs(), i[:, None] + i + 2
    return cosine_sums[:, toeplitz] - cosine_sums[:, hankel] + torch.diag(onsite[:n])


def factorise(
    cosine_sums: Tensor, counts: list[int], energy: float, tables: dict[str, Tensor]
) -> tuple[BatchFactors, Tensor]:
    """Eliminate the columns of a batch and solve for the source's open modes.

    Parameters
    ----------
    cosine_sums : (B, L, K) tensor
        c_k of every column, K > 2 max(counts) [t].
    counts : list of int
        Modes kept in each column.
    energy : float
        Fermi energy [t].
    tables : dict of tensors
        The fields of `StripModes` on the same device.

    Returns
    -------
    BatchFactors
        For further right-hand sides.
    (B, L, 2q, M) tensor
        Solution for the open modes of the source, real parts first; M = max(counts).
    """
    onsite = 2.0 + tables["kinetic"] - energy
    source = tables["source"]
    rows = cosine_sums.new_zeros(
        (cosine_sums.shape[0], len(counts), 2 * source.shape[1], max(counts))
    )
    rows[:, 0, : source.shape[1], : counts[0]] = source[: counts[0]].T
    inverses: list[Tensor] = []
    growth = cosine_sums.new_zeros(cosine_sums.shape[0])
    for x, n in enumerate(counts):
        block = columns(cosine_sums[:, x], onsite, n)
        if x == 0:
            block -= tables["closed_source"][:n, :n]
        else:
            common = min(n, counts[x - 1])
            block[:, :common, :common] -= inverses[-1][:, :common, :common]
        if x == len(counts) - 1:
            block = block - torch.diag(tables["drain"][:n])
        inverse, singular = torch.linalg.inv_ex(block)
        inverses.append(inverse)
        if x < len(counts) - 1:
            largest = inverse.diagonal(dim1=-2, dim2=-1).abs().amax(-1)
            largest = torch.where(singular > 0, torch.inf, largest)
            growth = torch.maximum(growth, largest)
            common = min(n, counts[x + 1])
            rows[:, x + 1, :, :common] += (rows[:, x, :, :n] @ inverse)[..., :common]
    factors = BatchFactors(inverses, growth)
    return factors, factors.back_substitute(rows)
