r"""Landscapes from maps of the conductance, by a fit through the solver.

The most probable z (`waves`) minimises :math:`\frac12 |(T(\Phi z) - d)/\sigma|^2 + \frac12 |z|^2`.
Each step takes the exact gradient, from one adjoint product, and the matrix of normal equations of
a Jacobian that is computed again only where the landscape has moved. Far from the answer σ is taken
larger by the misfit that is left, so that steps stay short.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos.inversion.invert import deviation
from mesoinv.generators.solvers.pldos.inversion.waves import Waves
from mesoinv.generators.solvers.pldos.local_density import checked_potential
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes
from mesoinv.generators.solvers.sgm.linearise import linearise
from mesoinv.generators.solvers.sgm.user_input import checked_strengths

if TYPE_CHECKING:
    from mesoinv.generators.solvers.sgm.linearise import Linearised

RealArray = NDArray[np.float64]

#: Steps at most; relative change of z above which the Jacobian is computed again.
STEPS, SAME = 40, 0.05
#: Of the mean squared misfit: what is added to the variance of each reading.
CAUTION = 1.0
#: The fit is found when a step moves each unknown by less than this, in standard deviations, as a
#: mean square.
SETTLED = 1e-3
#: Largest mean of (error/noise)² of a fit.
LARGEST_MISFIT = 1.1


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
    conductance : (B, L, W) array
        The map of this landscape [2e²/h].
    misfit : (B,) array
        Mean over sites of (error/noise)²; about 1 where the fit is right.
    fits : (B,) array of bool
        The verdict: whether the landscape explains the map.
    steps : (B,) array of int
        How many were made.
    """

    potential: RealArray
    deviation: RealArray
    conductance: RealArray
    misfit: RealArray
    fits: NDArray[np.bool_]
    steps: NDArray[np.int64]


def invert_map(
    conductance: ArrayLike,
    start: ArrayLike,
    *,
    tip_strength: float,
    noise: float,
    s: float = 50.0,
    n_d: float = 1.0,
    strip: Strip | None = None,
) -> MapInversion:
    """Find the landscapes behind maps of the conductance under a point-like tip.

    Parameters
    ----------
    conductance : (B, L, W) array_like
        G(r), the tip on each site [2e²/h].
    start : (B, L, W) array_like
        Landscapes to begin with [t], such as a network predicts.
    tip_strength : float
        [t], which may be infinite.
    noise : float
        Standard deviation of each reading [2e²/h].
    s, n_d : float
        Distance [nm] and density [1e12 cm⁻²] of the donors.
    strip : Strip, optional
        Geometry and material; the dataset's by default.

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
    >>> from mesoinv.generators.sgm import Strip, invert_map
    >>> strip = Strip(length=96, width=72)
    >>> potential = mesoinv.generate("pldos", "landscape", indices=[0])["potential"][:, :96, :72]
    >>> observed = conductance_map(potential, tip_strength=1.0, strip=strip)  # doctest: +SKIP
    >>> made = invert_map(
    ...     observed, 0.9 * potential, tip_strength=1.0, noise=0.01, strip=strip
    ... )  # doctest: +SKIP
    >>> made.fits, made.deviation.max()  # doctest: +SKIP
    """
    strip = strip or Strip()
    strength = checked_strengths(tip_strength)
    if len(strength) != 1:
        raise UsageError("invert_map takes one strength of the tip.")
    if not (np.isfinite(noise) and noise > 0):
        raise UsageError(f"noise is a positive number of 2e²/h; got {noise}.")
    if not (0 < s < np.inf and 0 < n_d < np.inf):
        raise UsageError(f"s [nm] and n_d [1e12 cm⁻²] are positive numbers; got {s} and {n_d}.")
    maps, starts = _checked_maps(conductance, strip, noise), checked_potential(start, strip)
    if len(maps) != len(starts):
        raise UsageError(f"There are {len(maps)} maps and {len(starts)} starts.")
    waves = Waves(strip, s, n_d)
    results = [
        _fit(one, waves, waves.project(begin), float(strength[0]), noise)
        for one, begin in zip(maps, starts, strict=True)
    ]
    names = [field.name for field in fields(MapInversion)]
    return MapInversion(**{name: np.array([one[name] for one in results]) for name in names})


def _checked_maps(conductance: ArrayLike, strip: Strip, noise: float) -> RealArray:
    maps = real_array(conductance, "values of the map")
    if maps.ndim != 3 or maps.shape[1:] != (strip.length, strip.width):
        raise UsageError(
            f"A map has shape (batch, {strip.length}, {strip.width}); got {maps.shape}."
        )
    most, reach = len(strip_modes(strip).source_sin), 10 * noise
    if not np.isfinite(maps).all() or maps.min() < -reach or maps.max() > most + reach:
        raise UsageError(
            f"A map holds conductances of 0 to {most} (2e²/h), give or take the noise; this one "
            f"goes from {maps.min():.3g} to {maps.max():.3g}."
        )
    return maps


def _fit(
    seen: RealArray, waves: Waves, z: RealArray, strength: float, noise: float
) -> dict[str, Any]:
    products, at = None, z
    for number in range(STEPS + 1):
        linear = linearise(
            waves.potential(z)[None], tip_strength=strength, strip=waves.strip
        )  # fmt: skip
        error = linear.value[0] - seen
        misfit = float((error**2).mean()) / noise**2
        excess = max(misfit - 1, 0.0)
        variance = noise**2 * (1 + CAUTION * excess)
        if products is None or np.linalg.norm(z - at) > SAME * np.linalg.norm(z):
            products, at = _products(linear, waves), z
        normal = products / variance + np.eye(len(z))
        downhill = -(waves.adjoint(linear.adjoint(error[None])[0]) / variance + z)
        step = np.linalg.solve(normal, downhill)
        if number == STEPS or (excess < LARGEST_MISFIT and downhill @ step < SETTLED * len(z)):
            break
        z = z + step
    covariance = np.asarray(np.linalg.inv(normal), np.float64)
    return {
        "potential": waves.potential(z),
        "deviation": deviation(covariance, waves),
        "conductance": linear.value[0],
        "misfit": misfit,
        "fits": misfit < LARGEST_MISFIT,
        "steps": number,
    }


def _products(linear: Linearised, waves: Waves) -> RealArray:
    """Return JJᵀ of the derivatives J of the map by each unknown, (2n, 2n)."""
    sites = waves.strip.length * waves.strip.width
    made = np.empty((waves.count, sites), np.float32)
    for row, unit in enumerate(np.eye(waves.count)):
        made[row] = linear.product(waves.potential(unit)[None])[0].ravel()
    return np.asarray(made @ made.T, np.float64)
