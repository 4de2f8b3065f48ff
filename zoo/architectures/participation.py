"""The baseline that knows one number of a state: over what share of the lattice it extends.

The participation ratio 1/Σ|ψ|⁴ over the number of sites is 1 for an even state and 1/L² for one on
a single site; it knows nothing of where the density is. What a network does better than this, it
owes to the shape of the state.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Any other model must beat it.
TRIVIAL = True

#: Steps of Newton's method; each about doubles the number of right digits.
_STEPS = 50
#: Of the squared weights: keeps them finite where the training samples can be separated.
_RIDGE = 1e-6


class Participation(nn.Module):
    """Maps densities (B, L, W) to logits (B, *outputs), linear in the logarithm of the share.

    So its answer changes at one participation ratio, a threshold. Lattices may have any size.
    """

    weight: Tensor

    def __init__(self, outputs: tuple[int, ...]) -> None:
        super().__init__()
        self.outputs = outputs
        self.register_buffer("weight", torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        """Measure, then weigh."""
        y = _features(x) @ self.weight.double()
        return y.to(x.dtype).reshape(-1, *self.outputs)

    @torch.no_grad()
    def fit(self, inputs: Tensor, outputs: Tensor) -> None:
        """Find the two numbers by logistic regression."""
        x, y, weight = _features(inputs), outputs.flatten().double(), self.weight.double()
        ridge = _RIDGE * torch.eye(2, dtype=torch.float64)
        for _ in range(_STEPS):
            p = torch.sigmoid(x @ weight)
            gradient = x.T @ (p - y) / len(x) + ridge @ weight
            curvature = (x * (p * (1 - p))[:, None]).T @ x / len(x) + ridge
            weight = weight - _damped(torch.linalg.solve(curvature, gradient))
        self.weight.copy_(weight)

    @property
    def threshold(self) -> float:
        """The share of the lattice at which the probability is one half."""
        constant, slope = self.weight.tolist()
        return math.exp(-constant / slope)


def _damped(step: Tensor) -> Tensor:
    """Shorten a step that is long: far from the minimum Newton's method may overshoot."""
    return step / max(1.0, float(step.norm()) / 2)


def _features(x: Tensor) -> Tensor:
    """Return 1 and the logarithm of the share, (B, 2)."""
    flat = functional.normalize(x.flatten(1).double().clamp_min(0), p=1, dim=1)
    share = 1 / (flat.square().sum(dim=1) * flat.shape[1])
    return torch.stack([torch.ones_like(share), share.log()], dim=1)


def build(inputs: tuple[int, ...], outputs: tuple[int, ...]) -> nn.Module:
    """Build the baseline, for one output."""
    if math.prod(outputs) != 1:
        raise ValueError(f"one number a sample, not {outputs}")
    del inputs  # any lattice
    return Participation(outputs)
