r"""Tips of a finite size: their shapes, and the raster that they stand on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]

SHAPES = ("gaussian", "lorentzian")
#: Sites from one place of the tip to the next.
STEP = 4


@dataclass(frozen=True)
class Tip:
    """What a tip adds to the potential around it.

    Attributes
    ----------
    width : float
        Standard deviation of a Gaussian, half width at half maximum of a Lorentzian [sites].
    strength : float
        Its height in the middle [t]; a negative one attracts.
    shape : {"gaussian", "lorentzian"}
        Gaussian, exp(-d²/2w²), or Lorentzian, 1/(1 + d²/w²).
    cut : float
        The tip ends at this many widths. The cut is part of its definition: it moves conductances
        by some 1e-2, more for a Lorentzian.
    """

    width: float
    strength: float
    shape: str = "gaussian"
    cut: float = 3.0

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise unknown_name("shape of a tip", self.shape, SHAPES)
        for name in ("width", "cut"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise UsageError(f"The {name} of a tip is a positive number; got {value}.")
        if not np.isfinite(self.strength):
            raise UsageError(f"The strength of a wide tip is a finite number; got {self.strength}.")

    @property
    def reach(self) -> float:
        """The distance at which it ends [sites]."""
        return self.cut * self.width

    def potential(self, along: RealArray, across: RealArray) -> RealArray:
        """Return what it adds at distances along and across the strip [sites], which broadcast."""
        square = along**2 + across**2
        scaled = square / self.width**2
        made = np.exp(-scaled / 2) if self.shape == "gaussian" else 1 / (1 + scaled)
        under = square <= self.reach**2
        return np.asarray(self.strength * made * under, dtype=np.float64)

    def check_fits(self, strip: Strip) -> None:
        """Raise a UsageError if it is wider than the strip."""
        if 2 * self.reach > min(strip.width, strip.length):
            raise UsageError(
                f"The tip is {2 * self.reach:.4g} sites wide with its cut; the strip has "
                f"{strip.length} × {strip.width}."
            )


def raster(sites: int, step: int = STEP) -> RealArray:
    """Return places along one axis, in the middle of every `step` sites."""
    places: RealArray = step * np.arange(sites // step, dtype=np.float64) + (step - 1) / 2
    return places


def checked_places(places: ArrayLike | None, sites: int, axis: str) -> RealArray:
    """Return places of a tip along one axis, or raise a UsageError if one is off the sample."""
    if places is None:
        return raster(sites)
    array = np.asarray(places, dtype=np.float64)
    inside = array.ndim == 1 and array.size and np.isfinite(array).all()
    if not inside or array.min() < 0 or array.max() > sites - 1:
        raise UsageError(
            f"Places {axis} the strip are numbers from 0 to {sites - 1} (sites), a list of them; "
            f"got {places}."
        )
    return array


def columns_under(tip: Tip, place: float, length: int) -> tuple[int, int]:
    """Return the first column under a tip, and the one after the last."""
    first = max(0, math.ceil(place - tip.reach))
    return first, min(length, math.floor(place + tip.reach) + 1)
