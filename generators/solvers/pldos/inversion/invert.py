"""Landscapes from densities of states, with their errors and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.solvers.pldos.inversion.gauss_newton import Fit, fit
from mesoinv.generators.solvers.pldos.inversion.sketch import product_waves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.generators.solvers.pldos.inversion.noise import Measured
    from mesoinv.generators.solvers.pldos.inversion.waves import Waves

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Sites from one at which the standard deviation of V is computed to the next.
COARSE = 4


@dataclass(frozen=True)
class Inversion:
    """Landscapes that explain densities of states, with a batch axis throughout.

    Attributes
    ----------
    potential : (B, L, W) array
        V [t], the most probable.
    deviation : (B, L, W) array
        Standard deviation of V at every site [t]. It is that of the noise (Laplace's
        approximation): where `fits` is false, it says nothing.
    coefficients : (B, n) complex array
        C(q), in the order of the dataset.
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
        Gauss-Newton steps.
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


def invert(
    measured: Sequence[Measured], waves: Waves, starts: Sequence[RealArray], *, tolerance: float
) -> Inversion:
    """Invert one density after the other.

    Parameters
    ----------
    measured : sequence of Measured
        The densities, with their noise.
    waves : Waves
        What landscapes are made of.
    starts : sequence of (L, W) arrays
        Landscapes to begin with [t].
    tolerance : float
        Of the solver: relative L2 error of densities.
    """
    results = [
        _inverted(one, waves, start, tolerance) for one, start in zip(measured, starts, strict=True)
    ]
    return Inversion(*(np.array(values) for values in zip(*results, strict=True)))


def _inverted(
    measured: Measured, waves: Waves, start: RealArray, tolerance: float
) -> tuple[object, ...]:
    begin = waves.project(start)
    try:
        fitted = fit(measured, waves, begin, tolerance=tolerance)
    except MesoinvError:  # a landscape on the way without a derivative
        fitted = _failed(measured, waves, begin)
    covariance = np.asarray(np.linalg.inv(fitted.normal), dtype=np.float64)
    sigma = waves.standard_deviation
    return (
        waves.potential(fitted.z),
        deviation(covariance, waves),
        waves.coefficients(fitted.z),
        covariance * sigma**2,
        fitted.density,
        waves.potential(begin),
        fitted.chi_square,
        fitted.excess,
        bool(fitted.excess <= tolerance),
        fitted.steps,
    )


def _failed(measured: Measured, waves: Waves, z: RealArray) -> Fit:
    return Fit(z, np.full(measured.density.shape, np.nan), np.inf, np.inf, np.eye(waves.count), 0)


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
