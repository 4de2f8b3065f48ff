"""No network: a linear discriminant of how the density is spread over boxes.

What a physicist measures of a multifractal state are moments of its density in boxes of several
sizes. If they were normal, with the same covariances at every strength of the disorder, this would
be the best that can be done with them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mesoinv.zoo.architectures._states3d import Moments

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Of the moments' variance within a class: keeps the covariances regular.
_RIDGE = 1e-6
ORDERS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)


class MomentDiscriminant(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to logits (B, *outputs)."""

    weight: Tensor
    bias: Tensor

    def __init__(
        self, outputs: tuple[int, ...], shares: Sequence[float], orders: Sequence[float]
    ) -> None:
        super().__init__()
        self.outputs = outputs
        self.moments = Moments(shares, orders)
        classes = math.prod(outputs)
        self.register_buffer("weight", torch.zeros(self.moments.count, classes).double())
        self.register_buffer("bias", torch.zeros(classes).double())

    def forward(self, x: Tensor) -> Tensor:
        """Measure, then weigh."""
        y = self.moments(x) @ self.weight + self.bias
        return y.to(x.dtype).reshape(-1, *self.outputs)

    @torch.no_grad()
    def fit(self, inputs: Tensor, outputs: Tensor) -> None:
        """Take the class of the nearest mean, in units of the covariance within classes."""
        x = torch.cat([self.moments(part) for part in torch.split(inputs, 256)])
        y = outputs.flatten(1).double()
        if y.shape[1] == 1:  # no, then yes
            y = torch.cat([1 - y, y], dim=1)
        count = y.sum(dim=0)
        means = (y.T @ x) / count[:, None]
        within = x - y @ means
        covariance = within.T @ within / len(x)
        covariance.diagonal().mul_(1 + _RIDGE)
        weight = torch.linalg.solve(covariance, means.T)
        bias = (count / len(x)).log() - (weight * means.T).sum(dim=0) / 2
        if outputs.flatten(1).shape[1] == 1:
            weight, bias = weight[:, 1:] - weight[:, :1], bias[1:] - bias[:1]
        self.weight.copy_(weight)
        self.bias.copy_(bias)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    shares: Sequence[float] = (0.05, 0.1, 0.2, 0.4),
    orders: Sequence[float] = ORDERS,
) -> nn.Module:
    """Build the discriminant: `shares` are sides of boxes over that of the lattice, `orders` q."""
    del inputs  # any lattice that holds whole boxes
    return MomentDiscriminant(outputs, shares, orders)
