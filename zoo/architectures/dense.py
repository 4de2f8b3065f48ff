"""Fully connected layers with ReLU, as those of Li, Lu & Zhai (2020), Fig. 4(a).

Three hidden layers of equal width predict the conductance of a wire from its on-site energies.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

from mesoinv.zoo.architectures.conv_regressor import glorot

if TYPE_CHECKING:
    from collections.abc import Sequence


class Dense(nn.Module):
    """Maps (B, …) to (B, *outputs)."""

    def __init__(self, inputs: int, outputs: tuple[int, ...], hidden: Sequence[int]) -> None:
        super().__init__()
        self.outputs = outputs
        widths, layers = [inputs, *hidden], list[nn.Module]()
        for a, b in zip(widths, hidden, strict=False):
            layers += [nn.Linear(a, b), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], math.prod(outputs)))

    def forward(self, x: Tensor) -> Tensor:
        """Flatten, then map."""
        return self.layers(x.flatten(1)).reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...], outputs: tuple[int, ...], hidden: Sequence[int] = (60, 60, 60)
) -> nn.Module:
    """Build the network with Glorot uniform weights, the initial ones of Keras."""
    return glorot(Dense(math.prod(inputs), outputs, hidden))
