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
    """Maps spins (B, L, L), +1 or -1, to 1 - O, (B, *outputs); lattices may have any even size.

    O is the absolute mean spin, or the length of the vector of both orders of stripes.
    """

    def __init__(self, outputs: tuple[int, ...], *, stripes: bool) -> None:
        super().__init__()
        self.outputs, self.stripes = outputs, stripes

    def forward(self, x: Tensor) -> Tensor:
        """Measure."""
        order = x.mean(dim=(1, 2)).abs()
        if self.stripes:
            signs = [
                1 - 2 * (torch.arange(n, device=x.device) % 2).to(x.dtype) for n in x.shape[1:]
            ]
            order = torch.hypot(
                (x.mean(dim=2) * signs[0]).mean(dim=1), (x.mean(dim=1) * signs[1]).mean(dim=1)
            )
        return (1 - order).reshape(-1, *self.outputs)

    def fit(self, _inputs: Tensor, _outputs: Tensor) -> None:
        """Leave everything as it is: there is nothing to learn."""


def build(inputs: tuple[int, ...], outputs: tuple[int, ...], stripes: bool = False) -> nn.Module:
    """Build the baseline, for one output."""
    if math.prod(outputs) != 1:
        raise ValueError(f"one number a sample, not {outputs}")
    del inputs  # any lattice
    return OrderParameter(outputs, stripes=stripes)
