"""Noise of a measurement on what a network is given, so that it learns to see through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from mesoinv.zoo.training.batches import Batch

#: The smallest level over the largest: maps with that little are as good as clean.
QUIET = 0.01


def with_random_noise(batch: Batch, inputs: list[str], largest: float) -> Batch:
    """Return a batch whose inputs carry the noise of the boards' variants, of any level.

    Gaussian noise of a standard deviation of `level` times the sample's mean is added to every
    value, and readings below zero are recorded as zero. The logarithm of `level` is uniform from
    `QUIET` times the largest one to the largest, one for each sample.

    Parameters
    ----------
    batch : dict of str to (B, …) tensor
        Physical values, not negative.
    inputs : list of str
        What gets noise.
    largest : float
        Level of the strongest noise.
    """
    return batch | {name: _noisy(batch[name], largest) for name in inputs}


def _noisy(x: Tensor, largest: float) -> Tensor:
    each = (-1, *[1] * (x.ndim - 1))
    level = largest * QUIET ** torch.rand(len(x), device=x.device)
    mean = x.flatten(1).mean(dim=1)
    return (x + (level * mean).reshape(each) * torch.randn_like(x)).clamp_min(0)
