"""The networks of Ohtsuki and Ohtsuki (2016), Fig. 2: a simple one, and one like LeNet.

Convolutions of 5 × 5 without padding, each followed by a maximum pooling by 2, then dense layers
with ReLU. The paper's networks have two outputs and a softmax; one output that is a logit is the
same, as only the difference of the two counts.

A state's density is some 1/1600 a site where a grey picture has values near 1. The paper therefore
draws the weights of the first layer from a wide Gaussian, with 100 as its standard deviation as we
read it; those of the other layers are after Glorot and Bengio (AISTATS 2010).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

KERNEL = 5


class LeNet(nn.Module):
    """Maps (B, L, W) to (B, *outputs)."""

    def __init__(
        self,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        channels: Sequence[int],
        dense: Sequence[int],
    ) -> None:
        super().__init__()
        self.outputs = outputs
        maps, sides, layers = 1, list(inputs), list[nn.Module]()
        for filters in channels:
            layers += [nn.Conv2d(maps, filters, KERNEL), nn.MaxPool2d(2)]
            maps, sides = filters, [(n - KERNEL + 1) // 2 for n in sides]
        if min(sides) < 1:
            raise ValueError(f"lattices {inputs} are too small for {len(channels)} convolutions")
        layers.append(nn.Flatten())
        width = maps * math.prod(sides)
        for neurons in dense:
            layers += [nn.Linear(width, neurons), nn.ReLU()]
            width = neurons
        self.layers = nn.Sequential(*layers, nn.Linear(width, math.prod(outputs)))

    def forward(self, x: Tensor) -> Tensor:
        """Add the channel, then map."""
        return self.layers(x[:, None]).reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    channels: Sequence[int] = (20, 50),
    dense: Sequence[int] = (500,),
    first_scale: float = 100.0,
) -> nn.Module:
    """Build the network; `first_scale` is the standard deviation of the first layer's weights."""
    network = LeNet(inputs, outputs, channels, dense)
    layers = [x for x in network.layers if isinstance(x, nn.Conv2d | nn.Linear)]
    for layer in layers:
        nn.init.xavier_normal_(layer.weight)
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
    nn.init.normal_(layers[0].weight, 0.0, first_scale)
    return network
