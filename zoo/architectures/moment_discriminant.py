"""No network: a linear discriminant of numbers that physics gives of a state.

What a physicist measures of a multifractal state are moments of its density in boxes of several
sizes; with `errors`, bounds of the on-site energies as well. If they were normal, with the same
covariances at every strength of the disorder, this would be the best that can be done with them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mesoinv.zoo.architectures._state_measures import ORDERS, SHARES, StateMeasures

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Of the variances within a class: numbers that nearly follow from others have no large weights,
#: which could not be stored.
_RIDGE = 1e-4
#: A number that never varies is divided by this.
_TINY = 1e-30


class MomentDiscriminant(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to logits (B, *outputs)."""

    mean: Tensor
    spread: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, outputs: tuple[int, ...], measures: StateMeasures) -> None:
        super().__init__()
        self.outputs, self.measures = outputs, measures
        classes = math.prod(outputs)
        self.register_buffer("mean", torch.zeros(measures.count).double())
        self.register_buffer("spread", torch.ones(measures.count).double())
        self.register_buffer("weight", torch.zeros(measures.count, classes).double())
        self.register_buffer("bias", torch.zeros(classes).double())

    def forward(self, x: Tensor) -> Tensor:
        """Measure, then weigh."""
        return self.weigh(self.measures(x)).to(x.dtype)

    def weigh(self, numbers: Tensor) -> Tensor:
        """Return logits of states that have been measured."""
        scaled = (numbers - self.mean) / self.spread
        return (scaled @ self.weight + self.bias).reshape(-1, *self.outputs)

    @torch.no_grad()
    def measure(self, inputs: Tensor) -> Tensor:
        """Measure many states, a few at a time."""
        return torch.cat([self.measures(part) for part in torch.split(inputs, 64)])

    def fit(self, inputs: Tensor, outputs: Tensor) -> None:
        """Take the class of the nearest mean, in units of the covariance within classes."""
        self.fit_measured(self.measure(inputs), outputs)

    @torch.no_grad()
    def fit_measured(self, x: Tensor, outputs: Tensor) -> None:
        """Do the same with states that have been measured."""
        y = outputs.flatten(1).double()
        yes_or_no = y.shape[1] == 1
        if yes_or_no:
            y = torch.cat([1 - y, y], dim=1)
        count = y.sum(dim=0)
        # as they will be stored
        self.mean.copy_(x.mean(dim=0).float())
        self.spread.copy_((x - y @ ((y.T @ x) / count[:, None])).std(dim=0).float() + _TINY)
        x = (x - self.mean) / self.spread
        means = (y.T @ x) / count[:, None]
        within = x - y @ means
        covariance = within.T @ within / len(x)
        covariance.diagonal().add_(_RIDGE)
        weight = torch.linalg.solve(covariance, means.T)
        bias = (count / len(x)).log() - (weight * means.T).sum(dim=0) / 2
        if yes_or_no:
            weight, bias = weight[:, 1:] - weight[:, :1], bias[1:] - bias[:1]
        self.weight.copy_(weight)
        self.bias.copy_(bias)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    shares: Sequence[float] = SHARES,
    orders: Sequence[float] = ORDERS,
    errors: Sequence[float] = (),
) -> nn.Module:
    """Build the discriminant.

    `shares` are sides of boxes over that of the lattice, `orders` q. With `errors` [hopping], it is
    told bounds of the on-site energies that are known as well as that.
    """
    del inputs  # any lattice that holds whole boxes
    return MomentDiscriminant(outputs, StateMeasures(shares, orders, errors))
