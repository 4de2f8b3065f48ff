r"""The fit: Gauss-Newton steps through the exact solver, damped from the source outwards.

The most probable z minimises :math:`\frac12 |(\rho(\Phi z) - d)/\sigma|^2 + \frac12 |z|^2`. Far
from it the density depends on z so strongly that a plain step leads nowhere; there σ is taken
larger by the misfit that a site's shell still has (`noise`). Each step solves its normal equations
with exact products of the Jacobian by conjugate gradients; an approximate Jacobian on some sites
(`sketch`) is the preconditioner, so that a few iterations are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.inversion.noise import (
    Measured,
    cautious_variance,
    misfit_outwards,
)
from mesoinv.generators.solvers.pldos.inversion.sketch import sketch
from mesoinv.generators.solvers.pldos.linearise import linearise

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.generators.solvers.pldos.inversion.waves import Waves
    from mesoinv.generators.solvers.pldos.linearise import Linearised

RealArray = NDArray[np.float64]

#: Iterations of conjugate gradients in each step.
ITERATIONS = 3
#: Steps at most; steps after which chi² must have fallen by a share, or the fit has stalled.
STEPS, PATIENCE, PROGRESS = 60, 12, 0.05
#: Relative change of z up to which the approximate Jacobian need not be computed again.
SAME = 0.03
#: The fit is found when a step moves each unknown by less than this, in standard deviations, as a
#: mean square.
SETTLED = 1e-4


@dataclass(frozen=True)
class Fit:
    """Where the steps ended.

    Attributes
    ----------
    z : (2n,) array
        The unknowns.
    density : (L, W) array
        ρ there [1/t].
    chi_square : float
        Mean over sites of (error/noise)².
    excess : float
        Largest relative misfit of a shell around the source, beyond its noise.
    normal : (2n, 2n) array
        The inverse of the covariance of z there (Laplace), from the approximate Jacobian.
    steps : int
        How many were made.
    """

    z: RealArray
    density: RealArray
    chi_square: float
    excess: float
    normal: RealArray
    steps: int


def fit(measured: Measured, waves: Waves, start: RealArray, *, tolerance: float) -> Fit:
    """Find the landscape of a density.

    Parameters
    ----------
    measured : Measured
        The density, with its noise.
    waves : Waves
        What landscapes are made of.
    start : (2n,) array
        z to begin with.
    tolerance : float
        Of the solver.

    Raises
    ------
    MesoinvError
        If the solver has no derivative at a landscape on the way.
    """
    z, history = start, []
    approximate, at = None, z
    for number in range(STEPS + 1):
        potential = waves.potential(z)
        linear = linearise(
            potential[None], waves.strip, tolerance=tolerance, device="cpu", method="compiled"
        )
        error = linear.value[0] - measured.density
        misfit = misfit_outwards(error, measured, waves.strip)
        weight = 1 / cautious_variance(misfit, measured)
        if approximate is None or np.linalg.norm(z - at) > SAME * np.linalg.norm(z):
            states = linear.responses[-1][1].wave_functions()[0]
            approximate, at = sketch(potential, states, waves), z
        normal = no_less_than_the_prior(approximate.normal_matrix(weight) + np.eye(len(z)))
        history.append(measured.chi_square(error))
        step, moved = _step(linear, waves, weight, error, z, normal)
        excess = float(misfit.max())
        settled = excess <= tolerance and moved < SETTLED * len(z)
        if settled or number == STEPS or _stalled(history):
            return Fit(z, linear.value[0], history[-1], excess, normal, number)
        z = z + step
    raise AssertionError


def no_less_than_the_prior(normal: RealArray) -> RealArray:
    """Return a normal matrix, repaired where rounding has left it indefinite.

    The sketch is of single precision, and weights of dark and bright sites differ by many orders of
    magnitude. What the prior adds, the unit matrix, is then lost; it bounds the eigenvalues below.
    """
    try:
        np.linalg.cholesky(normal)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(normal)
        return np.asarray((vectors * np.maximum(values, 1.0)) @ vectors.T, dtype=np.float64)
    return normal


def _stalled(history: list[float]) -> bool:
    """Whether chi² has hardly fallen for long."""
    return len(history) > PATIENCE and min(history[-PATIENCE:]) > (1 - PROGRESS) * min(
        history[:-PATIENCE]
    )


def _step(
    linear: Linearised, waves: Waves, weight: RealArray, error: RealArray, z: RealArray,
    normal: RealArray,
) -> tuple[RealArray, float]:  # fmt: skip
    """Return the step, and its squared length in units of the standard deviations."""
    from scipy.linalg import cho_factor, cho_solve  # noqa: PLC0415  (slow to import)

    factors = cho_factor(normal)

    def apply(x: RealArray) -> RealArray:
        moved = linear.product(waves.potential(x)[None])[0]
        back: RealArray = waves.adjoint(linear.adjoint((weight * moved)[None])[0]) + x
        return back

    downhill = -(waves.adjoint(linear.adjoint((weight * error)[None])[0]) + z)
    step = _conjugate_gradients(apply, downhill, lambda r: cho_solve(factors, r))
    return step, float(downhill @ step)


def _conjugate_gradients(
    apply: Callable[[RealArray], RealArray],
    right: RealArray,
    precondition: Callable[[RealArray], Any],
) -> RealArray:
    """Solve a positive definite system roughly, from zero."""
    x, left = np.zeros_like(right), right.copy()
    guess = precondition(left)
    direction, size = guess, float(left @ guess)
    for _ in range(ITERATIONS):
        if not size > 0:
            break
        applied = apply(direction)
        length = size / float(direction @ applied)
        x, left = x + length * direction, left - length * applied
        guess = precondition(left)
        before, size = size, float(left @ guess)
        direction = guess + size / before * direction
    return x
