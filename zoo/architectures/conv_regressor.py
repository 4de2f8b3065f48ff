"""Convolutions, then dense layers: the regression networks of Percebois & Weinmann (2021).

Appendix A 1 (two parameters): three blocks of two convolutions and a maximum pooling, two dense
layers, ReLU. Appendix A 2 (Fourier coefficients): 5×5 filters in the first block, batch
normalisation between all layers, one dense layer of 800. The numbers of filters are in figures that
give none in the text; they are hyperparameters here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence


class ConvBlock(nn.Sequential):
    """Two convolutions, each with ReLU and perhaps batch normalisation, and a pooling by 2."""

    def __init__(self, inputs: int, filters: int, kernel: int, *, batch_norm: bool) -> None:
        layers: list[nn.Module] = []
        for channels in (inputs, filters):
            layers.append(nn.Conv2d(channels, filters, kernel, padding="same"))
            if batch_norm:
                layers.append(nn.BatchNorm2d(filters))
            layers.append(nn.ReLU())
        super().__init__(*layers, nn.MaxPool2d(2))


class ConvRegressor(nn.Module):
    """Maps (B, L, W) to numbers (B, …)."""

    def __init__(
        self,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        filters: Sequence[int],
        dense: Sequence[int],
        first_kernel: int,
        *,
        batch_norm: bool,
    ) -> None:
        super().__init__()
        self.outputs = outputs
        channels = [1, *filters]
        self.features = nn.Sequential(
            *(
                ConvBlock(a, b, 3 if i else first_kernel, batch_norm=batch_norm)
                for i, (a, b) in enumerate(zip(channels, filters, strict=False))
            )
        )
        reduced = [n // 2 ** len(filters) for n in inputs]
        width, layers = filters[-1] * math.prod(reduced), list[nn.Module]()
        for neurons in dense:
            layers += [nn.Linear(width, neurons)]
            layers += [nn.BatchNorm1d(neurons)] if batch_norm else []
            layers += [nn.ReLU()]
            width = neurons
        self.head = nn.Sequential(nn.Flatten(), *layers, nn.Linear(width, math.prod(outputs)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, L, W) to (B, *outputs)."""
        return self.head(self.features(x[:, None])).reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    filters: Sequence[int] = (8, 16, 32),
    dense: Sequence[int] = (64, 32),
    first_kernel: int = 3,
    batch_norm: bool = False,
) -> nn.Module:
    """Build the network with the initial weights of Keras, Glorot uniform, as the paper's has."""
    network = ConvRegressor(inputs, outputs, filters, dense, first_kernel, batch_norm=batch_norm)
    return glorot(network)


def glorot(network: nn.Module) -> nn.Module:
    """Give convolutions and dense layers Glorot uniform weights and zero biases."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network
