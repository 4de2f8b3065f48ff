"""The trivial baseline: the mean of the training outputs, whatever the input."""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: Any other model must beat it.
TRIVIAL = True


class Constant(nn.Module):
    """Gives its buffer for every sample."""

    mean: Tensor

    def __init__(self, outputs: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, …) to (B, *outputs)."""
        return self.mean.expand(len(x), *self.mean.shape)

    def fit(self, _inputs: Tensor, outputs: Tensor) -> None:
        """Take the mean."""
        self.mean.copy_(outputs.mean(0).reshape(self.mean.shape))


def build(inputs: tuple[int, ...], outputs: tuple[int, ...]) -> nn.Module:
    """Build the baseline."""
    del inputs
    return Constant(outputs)
