"""Landscapes from densities of states, with their errors and a verdict."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.solvers.pldos.inversion.evidence import estimate_donors
from mesoinv.generators.solvers.pldos.inversion.gauss_newton import Fit, fit
from mesoinv.generators.solvers.pldos.inversion.sketch import product_waves
from mesoinv.generators.solvers.pldos.inversion.waves import Waves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.generators.solvers.pldos.inversion.evidence import Range
    from mesoinv.generators.solvers.pldos.inversion.noise import Measured
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Sites from one at which the standard deviation of V is computed to the next.
COARSE = 4
#: How cautious fits are, one after the other, and with which share of the start they begin.
SCHEDULES = ((10.0, 1.0), (25.0, 1.0), (4.0, 1.0), (10.0, 0.93))


@dataclass(frozen=True, repr=False)
class Inversion(ArrayResult):
    """Landscapes that explain densities of states, with a batch axis throughout.

    Attributes
    ----------
    potential : (B, L, W) array
        V [t], the most probable.
    deviation : (B, L, W) array
        Standard deviation of V at every site [t]. It is that of the noise (Laplace's
        approximation): where `fits` is false, it says nothing.
    coefficients : (B, n) complex array
        C(q), in the order of the dataset; 0 beyond the cut-off of s.
    covariance : (B, 2n, 2n) array
        Of their real parts, then their imaginary parts.
    density : (B, L, W) array
        ρ of the landscapes [1/t].
    start : (B, L, W) array
        What the fit began with [t]: of the given start, what waves of this disorder can make.
    misfit : (B,) array
        Mean over sites of (error/noise)²; about 1 where the fit is right.
    excess : (B,) array
        The largest misfit of a shell around the source, relative, beyond what noise explains.
    fits : (B,) array of bool
        The verdict: whether the landscape explains the density everywhere, so that `excess` is no
        larger than the solver's tolerance.
    steps : (B,) array of int
        Gauss-Newton steps, of all attempts.
    s, n_d : (B,) arrays
        Distance [nm] and density [1e12 cm⁻²] of the donors: as they were given, or estimated.
    s_deviation, n_d_deviation : (B,) arrays
        Their standard deviations: 0 where they were given.
    """

    potential: RealArray
    deviation: RealArray
    coefficients: ComplexArray
    covariance: RealArray
    density: RealArray
    start: RealArray
    misfit: RealArray
    excess: RealArray
    fits: NDArray[np.bool_]
    steps: NDArray[np.int64]
    s: RealArray
    n_d: RealArray
    s_deviation: RealArray
    n_d_deviation: RealArray


@dataclass(frozen=True)
class Disorder:
    """What is known before: the strip, and between which values s [nm] and N_d [1e12 cm⁻²] lie."""

    strip: Strip
    s: Range
    n_d: Range

    @property
    def known(self) -> bool:
        """Whether s and N_d are one value each."""
        return self.s[0] == self.s[1] and self.n_d[0] == self.n_d[1]

    @property
    def waves(self) -> Waves:
        """The most waves, and the largest: they make any of these landscapes."""
        return Waves(self.strip, self.s[0], self.n_d[1], self.s[0])


def invert(
    measured: Sequence[Measured],
    disorder: Disorder,
    starts: Sequence[RealArray],
    *,
    tolerance: float,
) -> Inversion:
    """Invert one density after the other.

    Parameters
    ----------
    measured : sequence of Measured
        The densities, with their noise.
    disorder : Disorder
        What landscapes are made of.
    starts : sequence of (L, W) arrays
        Landscapes to begin with [t].
    tolerance : float
        Of the solver: relative L2 error of densities.
    """
    results = [
        _inverted(one, disorder, start, tolerance)
        for one, start in zip(measured, starts, strict=True)
    ]
    names = [field.name for field in fields(Inversion)]
    return Inversion(**{name: np.array([one[name] for one in results]) for name in names})


def _inverted(
    measured: Measured, disorder: Disorder, start: RealArray, tolerance: float
) -> dict[str, object]:
    waves = disorder.waves
    begin = waves.project(start)
    fitted = _fit(measured, waves, begin, tolerance)
    donors = {"s": waves.s, "n_d": waves.n_d, "s_deviation": 0.0, "n_d_deviation": 0.0}
    steps = fitted.steps
    if not disorder.known:
        estimate = estimate_donors(fitted.z, fitted.normal, waves, disorder.s, disorder.n_d)
        donors = asdict(estimate)
        # again, with what such donors make: without noise it changes little
        likely = replace(waves, s=estimate.s, n_d=estimate.n_d)
        again = likely.project(waves.potential(fitted.z))
        waves, fitted = likely, _fit(measured, likely, again, tolerance)
        steps += fitted.steps
    return {
        "start": disorder.waves.potential(begin),
        "steps": steps,
        **_found(fitted, waves),
        "fits": bool(fitted.excess <= tolerance),
        **donors,
    }


def _found(fitted: Fit, waves: Waves) -> dict[str, object]:
    """Return what a fit says of the landscape."""
    covariance = np.asarray(np.linalg.inv(fitted.normal), dtype=np.float64)
    covariance = (covariance + covariance.T) / 2
    sigma = waves.standard_deviation
    return {
        "potential": waves.potential(fitted.z),
        "deviation": deviation(covariance, waves),
        "coefficients": waves.coefficients(fitted.z),
        "covariance": covariance * sigma**2,
        "density": fitted.density,
        "misfit": fitted.chi_square,
        "excess": fitted.excess,
    }


def _fit(measured: Measured, waves: Waves, begin: RealArray, tolerance: float) -> Fit:
    """Fit, from the start and from beside it, until a landscape explains the density.

    Returns
    -------
    Fit
        That with the smallest misfit; its steps are those of all.
    """
    fits: list[Fit] = []
    for caution, share in SCHEDULES:
        start = share * begin
        with contextlib.suppress(MesoinvError, np.linalg.LinAlgError):
            fits.append(fit(measured, waves, start, caution=caution, tolerance=tolerance))
            if fits[-1].excess <= tolerance:
                break
    if not fits:
        nothing = np.full(measured.density.shape, np.nan)
        return Fit(begin, nothing, np.inf, np.inf, np.eye(waves.count), 0)
    best = min(fits, key=lambda one: one.excess)
    return replace(best, steps=sum(one.steps for one in fits))


def deviation(covariance: RealArray, waves: Waves) -> RealArray:
    """Return the standard deviation of V at every site from the covariance of z.

    It is computed at every fourth site and interpolated: the waves are longer than that.

    Returns
    -------
    (L, W) array
        [t]
    """
    from scipy.interpolate import RectBivariateSpline  # noqa: PLC0415  (slow to import)

    products = product_waves(waves)
    root = np.linalg.cholesky(covariance)
    mixed = products.mixing.astype(np.float64) @ root
    x, y = (
        np.unique([*range(0, n, COARSE), n - 1]) for n in (waves.strip.length, waves.strip.width)
    )
    b, a = products.pairs.T
    along = products.along[:, x][a].astype(np.float64)
    across = products.across[:, y][b].astype(np.float64)
    variance = np.empty((len(x), len(y)))
    for row in range(len(x)):
        made = (along[:, row, None] * across).T @ mixed
        variance[row] = (made**2).sum(axis=1)
    spline = RectBivariateSpline(x, y, np.sqrt(variance))
    smooth: RealArray = spline(np.arange(waves.strip.length), np.arange(waves.strip.width))
    return np.maximum(smooth, 0)
