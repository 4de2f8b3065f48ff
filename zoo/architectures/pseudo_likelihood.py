"""Both couplings of an Ising lattice by the pseudo-likelihood [1]_: no network.

Each spin's probability given its neighbours knows no partition function; their product is largest
near the couplings that the lattice was made with.

References
----------
.. [1] J. Besag, "Statistical analysis of non-lattice data", The Statistician 24, 179 (1975).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Steps of Newton's method, and the longest one, in units of both couplings together.
_STEPS, _LONGEST = 60, 0.5
#: Of the squared couplings, a site: keeps them finite where every spin has its way.
_RIDGE = 1e-7
#: Sums over four neighbours.
_SUMS = (-4.0, -2.0, 0.0, 2.0, 4.0)


class PseudoLikelihood(nn.Module):
    """Maps spins (B, L, L), +1 or -1, to (K1, K2), (B, 2); lattices may have any size.

    `fit` learns the smallest and the largest couplings that there are; answers lie between.
    """

    low: Tensor
    high: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("low", torch.zeros(2))
        self.register_buffer("high", torch.ones(2))

    def forward(self, x: Tensor) -> Tensor:
        """Maximise by Newton's method, all lattices at once."""
        share, fields = _shares(x)
        k = torch.tensor([0.3, 0.0], dtype=torch.float64, device=x.device).expand(len(x), 2)
        for _ in range(_STEPS):
            slope = torch.sigmoid(-k @ fields.T)
            gradient = (share * slope) @ fields - _RIDGE * k
            weight = share * slope * (1 - slope)
            curvature = torch.einsum("bf,fi,fj->bij", weight, fields, fields)
            curvature = curvature + _RIDGE * torch.eye(2, dtype=k.dtype, device=k.device)
            step = torch.linalg.solve(curvature, gradient)
            k = k + step * (_LONGEST / step.norm(dim=1, keepdim=True)).clamp_max(1)
        return torch.minimum(torch.maximum(k.to(x.dtype), self.low), self.high)

    @torch.no_grad()
    def fit(self, _inputs: Tensor, outputs: Tensor) -> None:
        """Take the ranges."""
        self.low.copy_(outputs.amin(dim=0))
        self.high.copy_(outputs.amax(dim=0))


def _shares(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return what share of the spins has which neighbours, (B, 25), and their fields, (25, 2).

    Fields are those of K1 and K2 in the exponent, along the spin.
    """
    near = _rolled(x, ((0, 1), (0, -1), (1, 0), (-1, 0)))
    far = _rolled(x, ((1, 1), (1, -1), (-1, 1), (-1, -1)))
    place = ((x * near + 4) / 2 * 5 + (x * far + 4) / 2).round().long().flatten(1)
    share = functional.one_hot(place, 25).double().mean(dim=1)
    sums = torch.tensor(_SUMS, dtype=torch.float64, device=x.device)
    return share, 2 * torch.stack([sums.repeat_interleave(5), -sums.repeat(5)], dim=1)


def _rolled(x: Tensor, steps: tuple[tuple[int, int], ...]) -> Tensor:
    return torch.stack([x.roll(step, dims=(1, 2)) for step in steps]).sum(dim=0)


def build(inputs: tuple[int, ...], outputs: tuple[int, ...]) -> nn.Module:
    """Build the estimate."""
    if tuple(outputs) != (2,):
        raise ValueError(f"two couplings, K1 and K2, not {outputs}")
    del inputs  # any lattice
    return PseudoLikelihood()
