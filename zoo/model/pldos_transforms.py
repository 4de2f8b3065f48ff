"""The series of a landscape of `pldos`, computed: see `mesoinv.zoo.declared.pldos_transforms`."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mesoinv.zoo.declared.pldos_transforms import FourierSeries  # noqa: TC001  (dispatched on)
from mesoinv.zoo.model.steps import forward, inverse


@forward.register
def _(step: FourierSeries, x: Tensor) -> Tensor:
    numbers, factor, shape = _series(step.s)
    scaled = torch.view_as_complex(x.double().contiguous()) * torch.from_numpy(factor).to(x.device)
    spectrum = scaled.new_zeros((len(x), shape[0], shape[1] // 2 + 1))
    jx, jy = (torch.from_numpy(n).to(x.device) for n in numbers.T)
    spectrum[:, jx, jy] = scaled.conj()
    axis = torch.from_numpy(np.flatnonzero(numbers[:, 1] == 0)).to(x.device)
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
