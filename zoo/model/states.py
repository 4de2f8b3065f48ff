"""What belongs to the caller and comes back as it was: torch's settings, modes of modules."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def as_by_default() -> Iterator[None]:
    """Compute in torch's default type; the caller's default and random numbers stay as they are."""
    dtype = torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]):
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Set every module to evaluation, and each one back: a caller may have frozen some."""
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True
