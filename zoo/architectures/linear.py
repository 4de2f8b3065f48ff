"""The linear baseline: ridge regression in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Any other model must beat it.
TRIVIAL = True


class Ridge(nn.Module):
    """Maps (B, …) to (B, *outputs) by one matrix; `fit` finds it."""

    def __init__(
        self, inputs: tuple[int, ...], outputs: tuple[int, ...], regularisation: float
    ) -> None:
        super().__init__()
        self.outputs, self.regularisation = outputs, regularisation
        self.map = nn.Linear(math.prod(inputs), math.prod(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Apply the matrix."""
        y: Tensor = self.map(x.flatten(1))
        return y.reshape(-1, *self.outputs)

    @torch.no_grad()
    def fit(self, inputs: Tensor, outputs: Tensor) -> None:
        """Minimise the mean squared error plus regularisation times the squared matrix."""
        x, y = inputs.flatten(1).double(), outputs.flatten(1).double()
        x_mean, y_mean = x.mean(0), y.mean(0)
        x, y = x - x_mean, y - y_mean
        gram = x.T @ x / len(x)
        gram.diagonal().add_(self.regularisation * gram.diagonal().mean())
        weight = torch.linalg.solve(gram, x.T @ y / len(x)).T
        self.map.weight.copy_(weight)
        self.map.bias.copy_(y_mean - weight @ x_mean)


def build(
    inputs: tuple[int, ...], outputs: tuple[int, ...], regularisation: float = 1e-2
) -> nn.Module:
    """Build the baseline; the regularisation is in units of the inputs' mean variance."""
    return Ridge(inputs, outputs, regularisation)
