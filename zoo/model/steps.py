"""One transform on tensors, forward and back; each kind registers its own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from mesoinv.zoo.declared.step import Step


@functools.singledispatch
def forward(step: Step, x: Tensor) -> Tensor:
    """Physical (B, …) → network (B, …).

    Raises
    ------
    UsageError
        If the transform does not take arrays of this shape.
    """
    raise NotImplementedError(f"{type(step).__name__} is fitted first")


@functools.singledispatch
def inverse(step: Step, x: Tensor) -> Tensor:
    """Network (B, …) → physical (B, …)."""
    raise NotImplementedError(f"{type(step).__name__} cannot follow a network")
