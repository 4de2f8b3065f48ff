"""The baseline that knows the order: how far the magnetisation, or that of stripes, is from full.

What a network does better than this, it owes to more than the order parameter that a physicist
would have measured.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Any other model must beat it.
TRIVIAL = True


class OrderParameter(nn.Module):
    """Maps spins (B, L, L), +1 or -1, to 1 - O/O₀, (B, *outputs); lattices may have any even size.

    O is the absolute mean spin, or the length of the vector of both orders of stripes; `fit` takes
    the mean of the training samples for O₀.
    """

    full: Tensor

    def __init__(self, outputs: tuple[int, ...], *, stripes: bool) -> None:
        super().__init__()
        self.outputs, self.stripes = outputs, stripes
        self.register_buffer("full", torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        """Measure."""
        return (1 - self._order(x) / self.full).reshape(-1, *self.outputs)

    def _order(self, x: Tensor) -> Tensor:
        order = x.mean(dim=(1, 2)).abs()
        if self.stripes:
            signs = [
                1 - 2 * (torch.arange(n, device=x.device) % 2).to(x.dtype) for n in x.shape[1:]
            ]
            order = torch.hypot(
                (x.mean(dim=2) * signs[0]).mean(dim=1), (x.mean(dim=1) * signs[1]).mean(dim=1)
            )
        return order

    @torch.no_grad()
    def fit(self, inputs: Tensor, _outputs: Tensor) -> None:
        """Take the mean."""
        self.full.copy_(self._order(inputs).mean())


def build(inputs: tuple[int, ...], outputs: tuple[int, ...], stripes: bool = False) -> nn.Module:
    """Build the baseline, for one output."""
    if math.prod(outputs) != 1:
        raise ValueError(f"one number a sample, not {outputs}")
    del inputs  # any lattice
    return OrderParameter(outputs, stripes=stripes)
