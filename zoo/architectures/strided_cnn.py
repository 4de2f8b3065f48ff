"""Convolutions of kernel 2×2 and stride 2, then a dense layer: Li, Lu & Zhai (2020), Fig. 4(b).

The text gives the kernels, strides and numbers of maps; the width of the dense layer, 1024, is in
the figure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

from mesoinv.zoo.architectures.conv_regressor import glorot

if TYPE_CHECKING:
    from collections.abc import Sequence


class StridedCNN(nn.Module):
    """Maps (B, L, W) to (B, *outputs)."""

    def __init__(
        self, inputs: tuple[int, ...], outputs: tuple[int, ...], maps: Sequence[int], dense: int
    ) -> None:
        super().__init__()
        self.outputs = outputs
        channels, layers = [1, *maps], list[nn.Module]()
        for a, b in zip(channels, maps, strict=False):
            layers += [nn.Conv2d(a, b, 2, stride=2), nn.ReLU()]
        features = maps[-1] * math.prod(n // 2 ** len(maps) for n in inputs)
        head = [nn.Linear(features, dense), nn.ReLU(), nn.Linear(dense, math.prod(outputs))]
        self.layers = nn.Sequential(*layers, nn.Flatten(), *head)

    def forward(self, x: Tensor) -> Tensor:
        """Add the channel, then map."""
        return self.layers(x[:, None]).reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    maps: Sequence[int] = (16, 16, 16),
    dense: int = 1024,
) -> nn.Module:
    """Build the network with Glorot uniform weights, the initial ones of Keras."""
    return glorot(StridedCNN(inputs, outputs, maps, dense))
