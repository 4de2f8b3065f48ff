"""How physical arrays become a network's numbers and back; stored with the weights.

A transform has a `forward` (physical → network) and, where a network's output needs it, an
`inverse`. Recipes may ask for fitted ones (``standardise``, ``min-max``), which training replaces
by the ``affine`` one that it found.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mesoinv.generators.pipeline.errors import UsageError
from mesoinv.generators.solvers import coulomb
from mesoinv.generators.solvers.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Sequence

_Numbers = float | list[float]


class _Transform:
    def forward(self, x: Tensor) -> Tensor:
        """Physical → network."""
        raise NotImplementedError

    def inverse(self, x: Tensor) -> Tensor:
        """Network → physical."""
        raise NotImplementedError(f"{type(self).__name__} cannot follow a network")


@dataclass(frozen=True)
class Affine(_Transform):
    """(x - shift)/scale; lists act on the last axis."""

    shift: _Numbers
    scale: _Numbers
    kind: Literal["affine"] = "affine"

    def forward(self, x: Tensor) -> Tensor:
        """Shift, then divide."""
        return (x - _like(self.shift, x)) / _like(self.scale, x)

    def inverse(self, x: Tensor) -> Tensor:
        """Multiply, then shift back."""
        return x * _like(self.scale, x) + _like(self.shift, x)


@dataclass(frozen=True)
class Log(_Transform):
    """log(x + floor): a quantity that spans decades; floor in the quantity's unit."""

    floor: float
    kind: Literal["log"] = "log"

    def forward(self, x: Tensor) -> Tensor:
        """Take the logarithm."""
        return torch.log(x.clamp_min(0) + self.floor)

    def inverse(self, x: Tensor) -> Tensor:
        """Take the exponential."""
        return torch.exp(x) - self.floor


@dataclass(frozen=True)
class Relative(_Transform):
    """x over the sample's mean: a density that then does not depend on the lattice's size."""

    kind: Literal["relative"] = "relative"

    def forward(self, x: Tensor) -> Tensor:
        """Divide each sample (B, …) by its mean."""
        return x / x.mean(dim=tuple(range(1, x.ndim)), keepdim=True)


@dataclass(frozen=True)
class Pool(_Transform):
    """Mean over squares of factor² sites; back by bicubic interpolation."""

    factor: int
    kind: Literal["pool"] = "pool"

    def forward(self, x: Tensor) -> Tensor:
        """Average (B, L, W) to (B, L/factor, W/factor).

        Raises
        ------
        UsageError
            If a side is not a multiple of the factor.
        """
        if any(side % self.factor for side in x.shape[1:]):
            raise UsageError(
                f"Sides must be multiples of {self.factor} sites: averages over {self.factor} × "
                f"{self.factor} sites come first; got {tuple(x.shape[1:])}."
            )
        return functional.avg_pool2d(x[:, None], self.factor)[:, 0]

    def inverse(self, x: Tensor) -> Tensor:
        """Interpolate back."""
        return functional.interpolate(
            x[:, None], scale_factor=self.factor, mode="bicubic", align_corners=False
        )[:, 0]


@dataclass(frozen=True)
class Classes(_Transform):
    """Number of a class, as one network output for each; back is the class with the largest."""

    count: int
    kind: Literal["classes"] = "classes"

    def forward(self, x: Tensor) -> Tensor:
        """Turn a number (B) or (B, 1) into (…, count), 1 at the class and 0 elsewhere."""
        return functional.one_hot(x.long(), self.count).to(x.dtype)

    def inverse(self, x: Tensor) -> Tensor:
        """Choose the class with the largest score."""
        return x.argmax(dim=-1).to(x.dtype)


@dataclass(frozen=True)
class Probability(_Transform):
    """Yes or no: the network gives the logit of its probability."""

    kind: Literal["probability"] = "probability"

    def forward(self, x: Tensor) -> Tensor:
        """Leave 0 and 1 as they are."""
        return x

    def inverse(self, x: Tensor) -> Tensor:
        """Logit to probability."""
        return torch.sigmoid(x)


@dataclass(frozen=True)
class Standardise(_Transform):
    """Mean 0 and standard deviation 1 over the training samples; only in a recipe."""

    kind: Literal["standardise"] = "standardise"

    def fit(self, x: Tensor) -> Affine:
        """Find shift and scale, for each component of short vectors."""
        axes = (0,) if x.ndim == 2 else tuple(range(x.ndim))
        return Affine(shift=_plain(x.mean(axes)), scale=_plain(x.std(axes)))


@dataclass(frozen=True)
class MinMax(_Transform):
    """0 to 1 over the training samples; only in a recipe."""

    kind: Literal["min-max"] = "min-max"

    def fit(self, x: Tensor) -> Affine:
        """Find shift and scale."""
        low, high = x.min(), x.max()
        return Affine(shift=float(low), scale=float(high - low))


@dataclass(frozen=True)
class FourierSeries(_Transform):
    """Fourier coefficients (B, n, 2) as the landscape (B, L, W) that they make, for one s [nm]."""

    s: float
    kind: Literal["fourier-series"] = "fourier-series"

    def forward(self, x: Tensor) -> Tensor:
        """Sum the series."""
        numbers, factor = _series(self.s)
        strip = Strip()
        scaled = torch.view_as_complex(x.double().contiguous()) * torch.from_numpy(factor).to(
            x.device
        )
        spectrum = scaled.new_zeros((len(x), strip.length, strip.width // 2 + 1))
        jx, jy = (torch.from_numpy(n).to(x.device) for n in numbers.T)
        spectrum[:, jx, jy] = scaled.conj()
        axis = jy == 0
        spectrum[:, -jx[axis], 0] = scaled[:, axis]
        return torch.fft.irfft2(spectrum, s=(strip.length, strip.width)).to(x.dtype)

    def inverse(self, x: Tensor) -> Tensor:
        """Project on the coefficients."""
        numbers, factor = _series(self.s)
        jx, jy = (torch.from_numpy(n).to(x.device) for n in numbers.T)
        spectrum = torch.fft.rfft2(x.double())[:, jx, jy].conj()
        return torch.view_as_real(spectrum / torch.from_numpy(factor).to(x.device)).to(x.dtype)


@functools.lru_cache(maxsize=4)
def _series(s: float) -> tuple[Any, Any]:
    """Numbers (n, 2) of the wave vectors, and what a coefficient is multiplied by in `irfft2`."""
    numbers = coulomb.wave_vectors(s, Strip()).numbers
    return numbers, coulomb.spectral_factor(np.array([s]), Strip())[0]


Transform = (
    Affine | Log | Relative | Pool | Classes | Probability | Standardise | MinMax | FourierSeries
)


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
