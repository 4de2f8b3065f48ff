"""Residual convolutions at full resolution, for wires whose sites all matter.

Interference ties distant sites together, so nothing is pooled before the receptive field covers the
wire: pairs of 3×3 convolutions with growing dilation, then a dense layer over all sites.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence


class Block(nn.Module):
    """x + two convolutions of it, normalised."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (B, C, L, W)."""
        y: Tensor = self.second(functional.silu(self.first(functional.silu(self.norm(x)))))
        return x + y


class WireResNet(nn.Module):
    """Maps (B, L, W) to (B, *outputs)."""

    def __init__(
        self,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        channels: int,
        dilations: Sequence[int],
        dense: int,
        stem: int,
    ) -> None:
        super().__init__()
        self.outputs = outputs
        self.stem = nn.Conv2d(1, channels, 3 if stem == 1 else stem, stem, padding=int(stem == 1))
        self.blocks = nn.Sequential(*(Block(channels, d) for d in dilations))
        sites = math.prod(n // stem for n in inputs)
        self.reduce = nn.Conv2d(channels, max(channels // 4, 4), 1)
        self.head = nn.Sequential(
            nn.Flatten(), nn.SiLU(), nn.Linear(max(channels // 4, 4) * sites, dense), nn.SiLU(),
            nn.Linear(dense, math.prod(outputs)),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, L, W) to (B, *outputs)."""
        y = self.blocks(self.stem(x[:, None]))
        return self.head(self.reduce(y)).reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    channels: int = 32,
    dilations: Sequence[int] = (1, 2, 4),
    dense: int = 256,
    stem: int = 1,
) -> nn.Module:
    """Build the network; `stem` > 1 takes squares of so many sites together first."""
    return WireResNet(inputs, outputs, channels, dilations, dense, stem)
