"""Transforms computed: physical tensors to a network's and back.

`forward` goes from physical to network, `inverse` back; what is declared stands in
`mesoinv.zoo.declared.transforms`. A group of outputs that are numbers is one tensor (B, outputs),
whose last axis has a transform each.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared import transforms as declared
from mesoinv.zoo.declared.transforms import Affine, Classes, FourierSeries, Log, Pool, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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


@forward.register
def _(step: FourierSeries, x: Tensor) -> Tensor:
    numbers, factor, shape = _series(step.s)
    scaled = torch.view_as_complex(x.double().contiguous()) * torch.from_numpy(factor).to(x.device)
    spectrum = scaled.new_zeros((len(x), shape[0], shape[1] // 2 + 1))
    jx, jy = (torch.from_numpy(n).to(x.device) for n in numbers.T)
    spectrum[:, jx, jy] = scaled.conj()
    axis = jy == 0
    spectrum[:, -jx[axis], 0] = scaled[:, axis]
    return torch.fft.irfft2(spectrum, s=shape).to(x.dtype)


@inverse.register
def _(step: FourierSeries, x: Tensor) -> Tensor:
    numbers, factor, _ = _series(step.s)
    jx, jy = (torch.from_numpy(n).to(x.device) for n in numbers.T)
    spectrum = torch.fft.rfft2(x.double())[:, jx, jy].conj()
    return torch.view_as_real(spectrum / torch.from_numpy(factor).to(x.device)).to(x.dtype)


@functools.lru_cache(maxsize=4)
def _series(s: float) -> tuple[Any, Any, tuple[int, int]]:
    """Return numbers (n, 2) of the wave vectors, their factors in `irfft2`, and (L, W)."""
    from mesoinv.generators.solvers.pldos import (  # noqa: PLC0415  (most models have no series)
        coulomb,
    )
    from mesoinv.generators.solvers.pldos.strip import Strip  # noqa: PLC0415

    strip = Strip()
    numbers = coulomb.wave_vectors(s, strip).numbers
    factor = coulomb.spectral_factor(np.array([s]), strip)[0]
    return numbers, factor, (strip.length, strip.width)


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
        known = _fitted(step, sample)
        sample = forward(known, sample)
        fitted.append(known)
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
