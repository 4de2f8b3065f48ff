"""Transforms that know the physics of the disorder landscapes of `pldos`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mesoinv.zoo.declared.step import Limits, Step


@dataclass(frozen=True)
class FourierSeries(Step):
    """Fourier coefficients (B, n, 2) as the landscape (B, L, W) that they make, for one s [nm]."""

    LIMITS: ClassVar[Limits] = {"s": (30.0, 100.0)}  # the table of wave vectors grows with 1/s²
    RESHAPES = True
    s: float
    kind: Literal["fourier-series"] = "fourier-series"
