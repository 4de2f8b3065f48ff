"""Exact symmetries of the samples, as augmentations of (input, output) in physical units.

The strip is symmetric in y → -y: a mirrored landscape has the mirrored density of states, and the
same s, N_d, rms and ξ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mesoinv.generators.pipeline.errors import UsageError
from mesoinv.zoo.transforms import FourierSeries

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Mirror = Callable[[Tensor], Tensor]


def mirror_of(columns: list[str]) -> Mirror:
    """Return the function that mirrors outputs (B, …) of these columns."""
    if columns == ["potential"]:
        return lambda y: y.flip(-1)
    if columns == ["fourier"]:
        series = FourierSeries(50.0)
        return lambda y: series.inverse(series.forward(y).flip(-1))
    if all(c in {"s", "n_d", "potential_rms", "correlation_length"} for c in columns):
        return lambda y: y
    raise UsageError(f"The mirror of {', '.join(columns)} is not known.")


def mirrored_at_random(x: Tensor, y: Tensor, mirror: Mirror) -> tuple[Tensor, Tensor]:
    """Mirror about half of the samples of a batch."""
    chosen = torch.rand(len(x), device=x.device) < 0.5
    if not chosen.any():
        return x, y
    x, y = x.clone(), y.clone()
    x[chosen] = x[chosen].flip(-1)
    y[chosen] = mirror(y[chosen])
    return x, y
