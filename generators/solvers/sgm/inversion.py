r"""Landscapes from maps of the conductance, as people ask for them; the fit is in `map_fit`."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos.inversion.invert import deviation
from mesoinv.generators.solvers.pldos.inversion.sketch import COLUMNS
from mesoinv.generators.solvers.pldos.inversion.waves import Waves
from mesoinv.generators.solvers.pldos.local_density import checked_potential
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes
from mesoinv.generators.solvers.sgm.map_fit import LARGEST_MISFIT, MapFit, fit_maps
from mesoinv.generators.solvers.sgm.user_input import checked_strengths

RealArray = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class MapInversion(ArrayResult):
    """Landscapes that explain maps of the conductance, with a batch axis throughout.

    Attributes
    ----------
    potential : (B, L, W) array
        V [t], the most probable.
    deviation : (B, L, W) array
        Its standard deviation at every site [t], by Laplace's approximation. Where `fits` is false,
        it says nothing.
    conductance : (B, L, W) or (B, U, L, W) array
        The maps of this landscape [2e²/h].
    offset : (B,) or (B, U) array
        Mean of the given map less that of `conductance` [2e²/h]. The fit does not use it.
    misfit : (B,) array
        Mean over sites of (error/noise)², apart from the offset; about 1 where the fit is right.
    fits : (B,) array of bool
        The verdict: whether the landscape explains the maps.
    steps : (B,) array of int
        How many were made.
    """

    potential: RealArray
    deviation: RealArray
    conductance: RealArray
    offset: RealArray
    misfit: RealArray
    fits: NDArray[np.bool_]
    steps: NDArray[np.int64]


def invert_map(
    conductance: ArrayLike,
    start: ArrayLike,
    *,
    tip_strength: float | ArrayLike,
    noise: float,
    s: float = 50.0,
    n_d: float = 1.0,
    strip: Strip | None = None,
) -> MapInversion:
    """Find the landscapes behind maps of the conductance under a point-like tip.

    An offset that is the same at every place is left out, so that G(r) and G(r) - G₀ say the same.

    Parameters
    ----------
    conductance : (B, L, W) or (B, U, L, W) array_like
        G(r), the tip on each site [2e²/h], of one strength of the tip or of several.
    start : (B, L, W) array_like
        Landscapes to begin with [t], such as a network predicts: within a tenth of the right one,
        relative, the fit finds it; farther away it may not, and says so.
    tip_strength : float or (U,) array_like
        [t]; it may be infinite.
    noise : float
        Standard deviation of each reading [2e²/h].
    s, n_d : float
        Distance [nm] and density [1e12 cm⁻²] of the donors.
    strip : Strip, optional
        Geometry and material; the dataset's by default. Its length is a multiple of 4 sites.

    Returns
    -------
    MapInversion

    Raises
    ------
    UsageError
        If a map has another shape, values that it cannot have, or the noise is not positive.

    Examples
    --------
    A map without noise to speak of, begun near the landscape:

    >>> import mesoinv
    >>> from mesoinv.generators.sgm import Strip, conductance_map, invert_map
    >>> strip = Strip(length=96, width=72)
    >>> potential = mesoinv.generate("pldos", "landscape", indices=[0])["potential"][:, :96, :72]
    >>> observed = conductance_map(potential, tip_strength=1.0, strip=strip)  # doctest: +SKIP
    >>> made = invert_map(
    ...     observed, 0.9 * potential, tip_strength=1.0, noise=0.01, strip=strip
    ... )  # doctest: +SKIP
    >>> made.fits, made.deviation.max()  # doctest: +SKIP
    """
    strip = strip or Strip()
    if strip.length % COLUMNS:
        raise UsageError(f"The strip's length must be a multiple of {COLUMNS} sites.")
    strengths = checked_strengths(tip_strength)
    if not (np.isfinite(noise) and noise > 0):
        raise UsageError(f"noise is a positive number of 2e²/h; got {noise}.")
    if not (0 < s < np.inf and 0 < n_d < np.inf):
        raise UsageError(f"s [nm] and n_d [1e12 cm⁻²] are positive numbers; got {s} and {n_d}.")
    several = np.ndim(tip_strength) > 0
    maps = _checked_maps(conductance, len(strengths) if several else None, strip, noise)
    starts = checked_potential(start, strip)
    if len(maps) != len(starts):
        raise UsageError(f"There are {len(maps)} maps and {len(starts)} starts.")
    waves = Waves(strip, s, n_d)
    results = []
    for seen, begin in zip(maps, starts, strict=True):
        fit = fit_maps(seen, waves, waves.project(begin), strengths, noise)
        results.append(_found(fit, seen, waves, several=several))
    names = [field.name for field in fields(MapInversion)]
    return MapInversion(**{name: np.array([one[name] for one in results]) for name in names})


def _found(fit: MapFit, seen: RealArray, waves: Waves, *, several: bool) -> dict[str, object]:
    maps, offset = fit.maps, (seen - fit.maps).mean(axis=(1, 2))
    return {
        "potential": waves.potential(fit.z),
        "deviation": deviation(np.asarray(np.linalg.inv(fit.normal), np.float64), waves),
        "conductance": maps if several else maps[0],
        "offset": offset if several else offset[0],
        "misfit": fit.misfit,
        "fits": fit.misfit < LARGEST_MISFIT,
        "steps": fit.steps,
    }


def _checked_maps(
    conductance: ArrayLike, strengths: int | None, strip: Strip, noise: float
) -> RealArray:
    """Return maps (B, U, L, W)."""
    maps = real_array(conductance, "values of the map")
    sides = (strip.length, strip.width)
    wanted = sides if strengths is None else (strengths, *sides)
    if maps.ndim != len(wanted) + 1 or maps.shape[1:] != wanted:
        raise UsageError(
            f"A map has shape (batch, {', '.join(map(str, wanted))}); got {maps.shape}."
        )
    most, reach = len(strip_modes(strip).source_sin), 10 * noise
    if not np.isfinite(maps).all() or abs(maps).max() > most + reach:
        raise UsageError(
            f"A map holds conductances of 0 to {most} (2e²/h), give or take the noise, or their "
            f"changes; this one goes from {maps.min():.3g} to {maps.max():.3g}."
        )
    return maps.reshape(len(maps), -1, *sides)
