"""Transforms computed: physical tensors to a network's and back.

`forward` goes from physical to network, `inverse` back; what is declared stands in
`mesoinv.zoo.declared.transforms`. A group of outputs that are numbers is one tensor (B, outputs),
whose last axis has a transform each.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared import transforms as declared
from mesoinv.zoo.declared.step import Step  # noqa: TC001  (dispatched on)
from mesoinv.zoo.declared.transforms import Affine, Classes, Log, Pool
from mesoinv.zoo.model import pldos_transforms  # noqa: F401  (registers its own)
from mesoinv.zoo.model.steps import forward, inverse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@forward.register
def _(step: Affine, x: Tensor) -> Tensor:
    return (x - _like(step.shift, x)) / _like(step.scale, x)


@inverse.register
def _(step: Affine, x: Tensor) -> Tensor:
    return x * _like(step.scale, x) + _like(step.shift, x)


@forward.register
def _(step: Log, x: Tensor) -> Tensor:
    return torch.log(x.clamp_min(0) + step.floor)


@inverse.register
def _(step: Log, x: Tensor) -> Tensor:
    return torch.exp(x) - step.floor


@forward.register
def _(_step: declared.Relative, x: Tensor) -> Tensor:
    return x / x.mean(dim=tuple(range(1, x.ndim)), keepdim=True)


@forward.register
def _(step: Pool, x: Tensor) -> Tensor:
    if any(side % step.factor for side in x.shape[1:]):
        raise UsageError(
            f"Sides must be multiples of {step.factor} sites: averages over {step.factor} × "
            f"{step.factor} sites come first; got {tuple(x.shape[1:])}."
        )
    return functional.avg_pool2d(x[:, None], step.factor)[:, 0]


@inverse.register
def _(step: Pool, x: Tensor) -> Tensor:
    return functional.interpolate(
        x[:, None], scale_factor=step.factor, mode="bicubic", align_corners=False
    )[:, 0]


@forward.register
def _(step: Classes, x: Tensor) -> Tensor:
    # a number (B) or (B, 1) becomes (…, count): 1 at the class and 0 elsewhere
    return functional.one_hot(x.long(), step.count).to(x.dtype)


@inverse.register
def _(_step: Classes, x: Tensor) -> Tensor:
    return x.argmax(dim=-1).to(x.dtype)


@forward.register
def _(_step: declared.Probability, x: Tensor) -> Tensor:
    return x


@inverse.register
def _(_step: declared.Probability, x: Tensor) -> Tensor:
    return torch.sigmoid(x)


@functools.singledispatch
def _fitted(step: Step, _x: Tensor) -> Step:
    """Return the transform that training samples (B, …) make of a declared one."""
    return step


@_fitted.register
def _(_step: declared.Standardise, x: Tensor) -> Affine:
    axes = (0,) if x.ndim == 2 else tuple(range(x.ndim))  # each component of short vectors
    return Affine(shift=_plain(x.mean(axes)), scale=_plain(x.std(axes)))


@_fitted.register
def _(_step: declared.MinMax, x: Tensor) -> Affine:
    low, high = x.min(), x.max()
    return Affine(shift=float(low), scale=float(high - low))


def fit(steps: Sequence[Step], sample: Tensor) -> list[Any]:
    """Replace fitted transforms by affine ones found on training samples (physical values)."""
    fitted: list[Any] = []
    for step in steps:
        ready = _fitted(step, sample)
        sample = forward(ready, sample)
        fitted.append(ready)
    return fitted


def apply(steps: Sequence[Step], x: Tensor) -> Tensor:
    """Physical → network, first transform first."""
    for step in steps:
        x = forward(step, x)
    return x


def invert(steps: Sequence[Step], x: Tensor) -> Tensor:
    """Network → physical, last transform first."""
    for step in reversed(steps):
        x = inverse(step, x)
    return x


def apply_each(groups: Sequence[Sequence[Step]], x: Tensor) -> Tensor:
    """Physical → network, for one quantity (B, …) or several numbers (B, quantities)."""
    return _each(apply, groups, x)


def invert_each(groups: Sequence[Sequence[Step]], x: Tensor) -> Tensor:
    """Network → physical, for one quantity (B, …) or several numbers (B, quantities)."""
    return _each(invert, groups, x)


def _each(
    function: Callable[[Sequence[Step], Tensor], Tensor],
    groups: Sequence[Sequence[Step]],
    x: Tensor,
) -> Tensor:
    if len(groups) == 1:
        return function(groups[0], x)
    return torch.stack([function(steps, x[..., i]) for i, steps in enumerate(groups)], dim=-1)


def _like(numbers: declared.Numbers, x: Tensor) -> Tensor:
    return torch.as_tensor(numbers, dtype=x.dtype, device=x.device)


def _plain(x: Tensor) -> declared.Numbers:
    values: declared.Numbers = x.tolist()
    return values
