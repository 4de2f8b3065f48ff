"""Inversions as people ask for them: densities, noise and starts checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos.inversion.invert import Disorder, Inversion, invert
from mesoinv.generators.solvers.pldos.inversion.noise import (
    SLACK,
    Measured,
    estimated_noise,
    storage_variance,
)
from mesoinv.generators.solvers.pldos.inversion.sketch import COLUMNS

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]


def invert_density(
    density: ArrayLike,
    start: ArrayLike,
    *,
    s: float | tuple[float, float],
    n_d: float | tuple[float, float],
    strip: Strip,
    tolerance: float,
    noise: float | Literal["estimate"] | None = None,
) -> Inversion:
    """Find the landscapes of densities of states, with their errors and a verdict.

    Parameters
    ----------
    density : (B, L, W) array_like
        ρ [1/t].
    start : (B, L, W) array_like
        Landscapes to begin with [t]: within a tenth of the right one, relative, the fit finds it;
        farther away it may not, and says so.
    s, n_d : float or (float, float)
        Distance [nm] and density [1e12 cm⁻²] of the donors. Of two values, the smallest and the
        largest, the one between them is estimated with the landscape.
    strip : Strip
        Geometry.
    tolerance : float
        Of the solver: relative L2 error of densities.
    noise : float, "estimate" or None
        Standard deviation of the noise of every site over the mean of the map; by default there is
        none but the rounding to float16. ``"estimate"`` measures it on each map.

    Returns
    -------
    Inversion

    Raises
    ------
    UsageError
        If a density or a start has another shape, or values that it cannot have, or the noise is
        not a positive number.
    """
    checked = _checked(density, strip, "density")
    if (checked < 0).any():
        row = int(np.argmax((checked < 0).any(axis=(1, 2))))
        raise UsageError(f"A density is not negative; map {row} goes down to {checked.min():.3g}.")
    if not checked.any(axis=(1, 2)).all():
        raise UsageError("A map is zero everywhere: no electron has entered.")
    starts = _checked(start, strip, "start")
    if len(starts) != len(checked):
        raise UsageError(f"There are {len(checked)} maps and {len(starts)} starts.")
    if strip.length % COLUMNS:
        raise UsageError(f"The strip's length must be a multiple of {COLUMNS} sites.")
    disorder = Disorder(strip, _range(s, "s"), _range(n_d, "n_d"))
    measured = [_measured(one, noise) for one in checked]
    return invert(measured, disorder, list(starts), tolerance=tolerance)


def _range(given: float | tuple[float, float], name: str) -> tuple[float, float]:
    values = np.atleast_1d(np.asarray(given, dtype=np.float64))
    if values.shape not in {(1,), (2,)} or not (0 < values[0] <= values[-1] < np.inf):
        raise UsageError(
            f"{name} is a positive number, or the smallest and the largest; got {given}."
        )
    return float(values[0]), float(values[-1])


def _measured(density: RealArray, noise: float | str | None) -> Measured:
    rounding = storage_variance(density)
    if noise is None:
        return Measured(density, rounding)
    if noise == "estimate":
        level = estimated_noise(density)
        return Measured(density, rounding + level**2, slack=SLACK if level else 0.0)
    if isinstance(noise, str) or not (np.isfinite(noise) and noise > 0):
        raise UsageError(f'noise is a positive number, "estimate" or None; got {noise}.')
    return Measured(density, rounding + (noise * density.mean()) ** 2)


def _checked(values: ArrayLike, strip: Strip, what: str) -> RealArray:
    array = real_array(values, f"values of the {what}")
    sides = (strip.length, strip.width)
    if array.ndim != 3 or array.shape[1:] != sides:
        hint = f" Add a batch axis with {what}[None]." if array.shape == sides else ""
        raise UsageError(
            f"A {what} has shape (batch, {sides[0]}, {sides[1]}); got {array.shape}.{hint}"
        )
    finite = np.isfinite(array).all(axis=(1, 2))
    if not finite.all():
        raise UsageError(f"The {what} {int(np.argmin(finite))} holds NaN or infinite values.")
    return array
