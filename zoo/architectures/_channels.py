"""Maps and numbers together, as the channels of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def sides_of(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the one shape that all maps among some shapes have.

    Raises
    ------
    ValueError
        If there is no map, or maps of several shapes.
    """
    sides = {tuple(shape) for shape in shapes if shape}
    if len(sides) != 1:
        raise ValueError(f"maps must have one shape, numbers none; got {list(shapes)}")
    return sides.pop()


def as_channels(values: Sequence[Tensor]) -> Tensor:
    """Return maps (B, *sides) and numbers (B,) as (B, channels, *sides), numbers as constants."""
    sides = max((x.shape for x in values), key=len)[1:]
    spread = [x if x.ndim > 1 else x.reshape(-1, *[1] * len(sides)).expand(-1, *sides)
              for x in values]  # fmt: skip
    return torch.stack(spread, dim=1)
