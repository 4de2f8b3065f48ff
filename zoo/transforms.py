"""How physical arrays become a network's numbers and back; stored with the weights.

A transform has a `forward` (physical → network) and, where a network's output needs it, an
`inverse`. Recipes may ask for fitted ones (``standardise``, ``min-max``), which training replaces
by the ``affine`` one that it found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

_Numbers = float | list[float]


class _Transform(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def forward(self, x: Tensor) -> Tensor:
        """Physical → network."""
        raise NotImplementedError

    def inverse(self, x: Tensor) -> Tensor:
        """Network → physical."""
        raise NotImplementedError(f"{type(self).__name__} cannot follow a network")


class Affine(_Transform):
    """(x - shift)/scale; lists act on the last axis."""

    kind: Literal["affine"] = "affine"
    shift: _Numbers
    scale: _Numbers

    def forward(self, x: Tensor) -> Tensor:
        """Shift, then divide."""
        return (x - _like(self.shift, x)) / _like(self.scale, x)

    def inverse(self, x: Tensor) -> Tensor:
        """Multiply, then shift back."""
        return x * _like(self.scale, x) + _like(self.shift, x)


class Log(_Transform):
    """log(x + floor): a quantity that spans decades; floor in the quantity's unit."""

    kind: Literal["log"] = "log"
    floor: float

    def forward(self, x: Tensor) -> Tensor:
        """Take the logarithm."""
        return torch.log(x.clamp_min(0) + self.floor)

    def inverse(self, x: Tensor) -> Tensor:
        """Take the exponential."""
        return torch.exp(x) - self.floor


class Pool(_Transform):
    """Mean over squares of factor² sites; back by bicubic interpolation."""

    kind: Literal["pool"] = "pool"
    factor: int

    def forward(self, x: Tensor) -> Tensor:
        """Average (B, L, W) to (B, L/factor, W/factor)."""
        return functional.avg_pool2d(x[:, None], self.factor)[:, 0]

    def inverse(self, x: Tensor) -> Tensor:
        """Interpolate back."""
        return functional.interpolate(
            x[:, None], scale_factor=self.factor, mode="bicubic", align_corners=False
        )[:, 0]


class Standardise(_Transform):
    """Mean 0 and standard deviation 1 over the training samples; only in a recipe."""

    kind: Literal["standardise"] = "standardise"

    def fit(self, x: Tensor) -> Affine:
        """Find shift and scale, for each component of short vectors."""
        axes = (0,) if x.ndim == 2 else tuple(range(x.ndim))
        return Affine(shift=_plain(x.mean(axes)), scale=_plain(x.std(axes)))


class MinMax(_Transform):
    """0 to 1 over the training samples; only in a recipe."""

    kind: Literal["min-max"] = "min-max"

    def fit(self, x: Tensor) -> Affine:
        """Find shift and scale."""
        low, high = x.min(), x.max()
        return Affine(shift=float(low), scale=float(high - low))


Transform = Annotated[
    Affine | Log | Pool | Standardise | MinMax, Field(discriminator="kind")
]


def fit(transforms: Sequence[Transform], sample: Tensor) -> tuple[Any, ...]:
    """Replace fitted transforms by affine ones found on training samples (physical values)."""
    fitted: list[Any] = []
    for transform in transforms:
        known = transform.fit(sample) if isinstance(transform, Standardise | MinMax) else transform
        sample = known.forward(sample)
        fitted.append(known)
    return tuple(fitted)


def apply(transforms: Sequence[Any], x: Tensor) -> Tensor:
    """Physical → network, first transform first."""
    for transform in transforms:
        x = transform.forward(x)
    return x


def invert(transforms: Sequence[Any], x: Tensor) -> Tensor:
    """Network → physical, last transform first."""
    for transform in reversed(transforms):
        x = transform.inverse(x)
    return x


def _like(numbers: _Numbers, x: Tensor) -> Tensor:
    return torch.as_tensor(numbers, dtype=x.dtype, device=x.device)


def _plain(x: Tensor) -> _Numbers:
    values: _Numbers = x.tolist()
    return values
