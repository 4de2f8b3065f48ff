r"""The fit of a landscape to maps of the conductance: Gauss-Newton steps of bounded length.

The most probable z (`waves`) minimises :math:`\frac12 |P(T(\Phi z) - d)/\sigma|^2 + \frac12 |z|^2`,
where P takes the mean of each map away. The mean is nearly the conductance without a tip. All sites
together know it to so many digits that, kept, it leaves a valley too narrow and too bent to follow.

Far from the answer σ is taken larger by the misfit that is left. Steps stay within a radius that
grows where the linear prediction of the misfit holds and shrinks where it does not. Each solves its
normal equations by conjugate gradients with exact products; the approximate Jacobian of
`sensitivity` is the preconditioner.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.inversion.conjugate_gradients import conjugate_gradients
from mesoinv.generators.solvers.pldos.inversion.gauss_newton import stalled
from mesoinv.generators.solvers.sgm.linearise import linearise
from mesoinv.generators.solvers.sgm.sensitivity import sensitivity

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.inversion.waves import Waves
    from mesoinv.generators.solvers.sgm.linearise import Linearised

RealArray = NDArray[np.float64]

#: Steps at most.
STEPS = 40
#: Iterations of conjugate gradients in a step at most; the share of the squared residual at which
#: they stop.
ITERATIONS, ENOUGH = 6, 0.01
#: Relative change of z up to which the approximate Jacobian need not be computed again: it costs as
#: much as one iteration.
SAME = 0.005
#: Of the mean squared misfit: what is added to the variance of each reading, relative.
CAUTION = 1.0
#: Length of the first step at most, and the least that is tried, relative to z.
RADIUS, LEAST = 0.2, 1e-4
#: Share of the predicted decrease below which a step is not made, shortens the next and lengthens
#: it, and by how much.
USELESS, BAD, GOOD, SHORTER, LONGER = 0.05, 0.25, 0.75, 0.4, 2.0
#: The fit is found when a step moves each unknown by less than this, in standard deviations, as a
#: mean square.
SETTLED = 1e-3
#: Largest mean of (error/noise)² of a fit.
LARGEST_MISFIT = 1.1


@dataclass(frozen=True)
class MapFit:
    """Where the steps ended.

    Attributes
    ----------
    z : (2n,) array
        The unknowns.
    maps : (U, L, W) array
        T there [2e²/h].
    misfit : float
        Mean over sites of (error/noise)², apart from the mean of each map.
    normal : (2n, 2n) array
        The inverse of the covariance of z there (Laplace), from the approximate Jacobian.
    steps : int
        How many were tried.
    """

    z: RealArray
    maps: RealArray
    misfit: float
    normal: RealArray
    steps: int


@dataclass(frozen=True)
class _Place:
    """Unknowns, the maps there with their derivatives, and their error without its mean."""

    z: RealArray
    linear: Linearised
    error: RealArray
    waves: Waves

    def cost(self, weight: float) -> float:
        """Return what is minimised."""
        return float(weight * (self.error**2).sum() + self.z @ self.z)

    @functools.cached_property
    def pull(self) -> RealArray:
        """Half the gradient of the squared error; a step that is not made leaves it as it is."""
        return self._back(self.error)

    def downhill(self, weight: float) -> RealArray:
        """Return half the cost's gradient, reversed."""
        made: RealArray = -(weight * self.pull + self.z)
        return made

    def curved(self, x: RealArray, weight: float) -> RealArray:
        """Return the matrix of the normal equations times x."""
        moved = self.linear.product(self.waves.potential(x)[None])[0]
        return self._back(weight * centred(moved)) + x

    def _back(self, maps: RealArray) -> RealArray:
        return self.waves.adjoint(self.linear.adjoint(maps[None])[0])


def centred(maps: RealArray) -> RealArray:
    """Return maps (…, L, W) less their means."""
    less: RealArray = maps - maps.mean(axis=(-2, -1), keepdims=True)
    return less


def fit_maps(
    seen: RealArray, waves: Waves, start: RealArray, strengths: RealArray, noise: float
) -> MapFit:
    """Find the landscape of some maps.

    Parameters
    ----------
    seen : (U, L, W) array
        The maps [2e²/h].
    waves : Waves
        What landscapes are made of.
    start : (2n,) array
        z to begin with.
    strengths : (U,) array
        Of the tip [t].
    noise : float
        Standard deviation of each reading [2e²/h].
    """

    def at(z: RealArray) -> _Place:
        linear = linearise(waves.potential(z)[None], tip_strength=strengths, strip=waves.strip)
        return _Place(z, linear, centred(linear.value[0] - seen), waves)

    place, radius, history = at(start), RADIUS * max(_norm(start), len(start) ** 0.5), []
    products, known_at = _products(place), start
    for number in range(STEPS + 1):
        misfit = float((place.error**2).mean()) / noise**2
        history.append(misfit)
        excess = max(misfit - 1, 0.0)
        weight = 1 / (noise**2 * (1 + CAUTION * excess))
        if _norm(place.z - known_at) > SAME * _norm(place.z):
            products, known_at = _products(place), place.z
        normal = weight * products + np.eye(len(start))
        step, moved, promised = _step(place, weight, normal, radius)
        settled = misfit < LARGEST_MISFIT and moved < SETTLED * len(start)
        lost = radius < LEAST * _norm(place.z) or stalled(history)
        if settled or lost or number == STEPS:
            return MapFit(place.z, place.linear.value[0], misfit, normal, number)
        there = at(place.z + step)
        share = (place.cost(weight) - there.cost(weight)) / promised
        if not share > BAD:  # as where it is no number
            radius = SHORTER * min(radius, _norm(step))
        elif share > GOOD:
            radius = LONGER * radius
        if share > USELESS:
            place = there
    raise AssertionError


def _norm(z: RealArray) -> float:
    return float(np.linalg.norm(z))


def _products(place: _Place) -> RealArray:
    """Return JᵀJ of the approximate Jacobian, whose places stand for all sites, (2n, 2n)."""
    ((_, maps),) = place.linear.parts[0]
    jacobian = sensitivity(maps, place.waves)
    sites = place.error[0].size / jacobian.shape[1]
    # in double precision rounding stays below what the prior adds, at any noise
    flat = jacobian.reshape(-1, jacobian.shape[-1]).astype(np.float64)
    made: RealArray = sites * (flat.T @ flat)
    return made


def _step(
    place: _Place, weight: float, normal: RealArray, radius: float
) -> tuple[RealArray, float, float]:
    """Return the step, its squared length in standard deviations, and the decrease it promises."""
    values, vectors = np.linalg.eigh(normal)
    right = place.downhill(weight)
    damping = _damping(values, vectors.T @ right, radius)

    def precondition(left: RealArray) -> RealArray:
        made: RealArray = vectors @ ((vectors.T @ left) / (values + damping))
        return made

    x, left = conjugate_gradients(
        lambda v: place.curved(v, weight) + damping * v,
        right, precondition, iterations=ITERATIONS, enough=ENOUGH,
    )  # fmt: skip
    # (H + damping) x = right - left
    promised = float(x @ (right + left) + damping * x @ x)
    return x, float(right @ x), promised


def _damping(values: RealArray, right: RealArray, radius: float) -> float:
    """Return what must be added to the eigenvalues so that a step has this length at most."""
    from scipy.optimize import brentq  # noqa: PLC0415  (slow to import)

    def excess(logarithm: float) -> float:
        return _norm(right / (values + np.exp(logarithm))) - radius

    if _norm(right / values) <= radius:
        return 0.0
    return float(np.exp(brentq(excess, -30.0, np.log(_norm(right) / radius), rtol=1e-3)))
