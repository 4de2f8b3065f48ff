"""Convolutions of a state on a periodic cubic lattice, averaged at every scale.

Edges are periodic, as the lattice is. After every block the features are averaged over the lattice,
and the averages of all scales together give the answer: a state at the transition looks alike at
many of them. Lattices may have any size that the poolings divide.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence


class ScaleBlock(nn.Sequential):
    """Two convolutions of 3³ sites, each with batch normalisation."""

    def __init__(self, inputs: int, channels: int) -> None:
        layers: list[nn.Module] = []
        for given in (inputs, channels):
            layers += [
                nn.Conv3d(given, channels, 3, padding=1, padding_mode="circular", bias=False),
                nn.BatchNorm3d(channels),
                nn.SiLU(),
            ]
        super().__init__(*layers)


class PeriodicCnn3d(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to (B, *outputs)."""

    def __init__(self, outputs: tuple[int, ...], channels: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.outputs = outputs
        self.blocks = nn.ModuleList(
            ScaleBlock(a, b) for a, b in zip((1, *channels), channels, strict=False)
        )
        self.pool = nn.AvgPool3d(2)
        self.head = nn.Sequential(
            nn.Linear(sum(channels), hidden), nn.SiLU(), nn.Linear(hidden, math.prod(outputs))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Look at each scale, then answer."""
        y, seen = x[:, None], []
        for number, block in enumerate(self.blocks):
            y = block(self.pool(y) if number else y)
            seen.append(y.mean(dim=(2, 3, 4)))
        answer: Tensor = self.head(torch.cat(seen, dim=1))
        return answer.reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    channels: Sequence[int] = (16, 32, 64),
    hidden: int = 64,
) -> nn.Module:
    """Build the network; `channels` are those of each scale, which halves the lattice."""
    del inputs  # any lattice
    return PeriodicCnn3d(outputs, channels, hidden)
