"""A small network of the two numbers that tell all about the couplings: the sums over pairs.

The probability of an Ising lattice depends on its spins through the sums over pairs of nearest and
of diagonal neighbours alone; nothing else that a network could see would help.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence


class PairSums(nn.Module):
    """Maps spins (B, L, L), +1 or -1 and periodic, to (B, *outputs); lattices may have any size."""

    def __init__(self, outputs: tuple[int, ...], hidden: Sequence[int]) -> None:
        super().__init__()
        self.outputs = outputs
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise((2, *hidden, math.prod(outputs))):
            layers += [nn.Linear(a, b), nn.SiLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Sum, then answer."""
        right = x.roll(-1, dims=2)
        near = x * (right + x.roll(-1, dims=1))
        far = x * (right.roll(-1, dims=1) + right.roll(1, dims=1))
        sums = torch.stack([near.mean(dim=(1, 2)), far.mean(dim=(1, 2))], dim=1)
        return self.layers(sums).reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...], outputs: tuple[int, ...], hidden: Sequence[int] = (64, 64, 64)
) -> nn.Module:
    """Build the network."""
    del inputs  # any lattice
    return PairSums(outputs, hidden)
