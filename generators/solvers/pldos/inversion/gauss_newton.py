r"""The fit: Gauss-Newton steps through the exact solver, damped from the source outwards.

The most probable z minimises :math:`\frac12 |(\rho(\Phi z) - d)/\sigma|^2 + \frac12 |z|^2`. Far
from it the density depends on z so strongly that a plain step leads nowhere; there σ is taken
larger by the misfit that a site's shell still has (`noise`). Each step solves its normal equations
with exact products of the Jacobian by conjugate gradients; an approximate Jacobian on some sites
(`sketch`) is the preconditioner, so that a few iterations are enough.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.solvers.pldos.inversion.conjugate_gradients import conjugate_gradients
from mesoinv.generators.solvers.pldos.inversion.noise import (
    Measured,
    cautious_variance,
    misfit_outwards,
)
from mesoinv.generators.solvers.pldos.inversion.sketch import sketch
from mesoinv.generators.solvers.pldos.linearise import linearise

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.inversion.waves import Waves
    from mesoinv.generators.solvers.pldos.linearise import Linearised

RealArray = NDArray[np.float64]

#: Iterations of conjugate gradients in each step.
ITERATIONS = 3
#: Steps at most; steps after which chi² must have fallen by a share, or the fit has stalled.
STEPS, PATIENCE, PROGRESS = 60, 12, 0.05
#: Parts of a step that are tried, and of the start.
LENGTHS, BESIDE = (1.0, 0.5, 0.25, 0.1), (1.0, 0.99, 0.97)
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


def fit(
    measured: Measured, waves: Waves, start: RealArray, *, caution: float, tolerance: float
) -> Fit:
    """Find the landscape of a density.

    Parameters
    ----------
    measured : Measured
        The density, with its noise.
    waves : Waves
        What landscapes are made of.
    start : (2n,) array
        z to begin with.
    caution : float
        How strongly a misfit near the source lowers the weight of what is behind it.
    tolerance : float
        Of the solver.

    Raises
    ------
    MesoinvError
        If the solver has no derivative at the start, nor beside it.
    """
    problem = _Problem(measured, waves, tolerance)
    place, history = problem.first_place(start), []
    approximate, at = None, start
    for number in range(STEPS + 1):
        z, error = place.z, place.error
        misfit = misfit_outwards(error, measured, waves.strip)
        weight = 1 / cautious_variance(misfit, measured, caution)
        if approximate is None or np.linalg.norm(z - at) > SAME * np.linalg.norm(z):
            states = place.linear.responses[-1][1].wave_functions()[0]
            approximate, at = sketch(waves.potential(z), states, waves), z
        normal = no_less_than_the_prior(approximate.normal_matrix(weight) + np.eye(len(z)))
        history.append(measured.chi_square(error))
        step, moved = _step(place.linear, waves, weight, error, z, normal)
        excess = float(misfit.max())
        settled = excess <= tolerance and moved < SETTLED * len(z)
        ended = settled or number == STEPS or stalled(history)
        further = None if ended else problem.further(place, step, weight)
        if further is None:
            return Fit(z, place.linear.value[0], history[-1], excess, normal, number)
        place = further
    raise AssertionError


@dataclass(frozen=True)
class _Place:
    """Unknowns, the density there with its derivatives, and its error."""

    z: RealArray
    linear: Linearised
    error: RealArray

    def cost(self, weight: RealArray) -> float:
        """Return what is minimised, for given weights of the sites."""
        return float((weight * self.error**2).sum() + self.z @ self.z)


@dataclass(frozen=True)
class _Problem:
    """What is to be explained, and through what."""

    measured: Measured
    waves: Waves
    tolerance: float

    def place(self, z: RealArray) -> _Place:
        """Return what the solver says of unknowns.

        Raises
        ------
        MesoinvError
            If the density has no derivative there: a level is at the Fermi energy.
        """
        linear = linearise(
            self.waves.potential(z)[None], self.waves.strip, tolerance=self.tolerance,
            device="cpu", method="compiled",
        )  # fmt: skip
        return _Place(z, linear, linear.value[0] - self.measured.density)

    def first_place(self, start: RealArray) -> _Place:
        """Return the start, or where there is no derivative a place beside it."""
        for share in BESIDE[:-1]:
            with contextlib.suppress(MesoinvError):
                return self.place(share * start)
        return self.place(BESIDE[-1] * start)

    def further(self, place: _Place, step: RealArray, weight: RealArray) -> _Place | None:
        """Return where the largest useful part of a step leads; None if there is none."""
        here = place.cost(weight)
        for length in LENGTHS:
            with contextlib.suppress(MesoinvError):
                there = self.place(place.z + length * step)
                if there.cost(weight) < here:
                    return there
        return None


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


def stalled(history: list[float]) -> bool:
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
    step, _ = conjugate_gradients(
        apply, downhill, lambda r: cho_solve(factors, r), iterations=ITERATIONS
    )
    return step, float(downhill @ step)
