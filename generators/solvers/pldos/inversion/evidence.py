r"""How far away the donors are and how many there are, from a landscape that was fitted.

A fit with a wide prior says where the numbers z of the waves are, and with what covariance; the
prior taken out, the map alone says :math:`z = \hat z \pm \Lambda`. Donors at s with the density N_d
make z normal with variances :math:`T(s, N_d)`, relative to the wide prior's, and zero beyond their
cut-off. So the evidence is that of :math:`\hat z \sim N(0, T + \Lambda)`, and its mean over the
allowed s and N_d is the estimate.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.generators.solvers.pldos.inversion.waves import Waves

RealArray = NDArray[np.float64]
Range = tuple[float, float]

#: Values of s and of N_d that are tried at once.
POINTS = (9, 7)
#: How often the ranges are narrowed, and from when on that of N_d is too: at a wrong s the most
#: probable N_d is another one.
ROUNDS, BOTH = 6, 3
#: Points are kept whose logarithm of the evidence is at most so much below the largest.
DEPTH = 10.0


@dataclass(frozen=True)
class DonorEstimate:
    """Mean and standard deviation of s [nm] and N_d [1e12 cm⁻²], given the map."""

    s: float
    n_d: float
    s_deviation: float
    n_d_deviation: float


def estimate_donors(
    z: RealArray, normal: RealArray, waves: Waves, s: Range, n_d: Range
) -> DonorEstimate:
    """Return the donors that explain a fit.

    Parameters
    ----------
    z : (2n,) array
        The most probable numbers of the waves.
    normal : (2n, 2n) array
        The inverse of their covariance, the prior's 1 included.
    waves : Waves
        What z belongs to: of the smallest s, so that it has all waves.
    s, n_d : (float, float)
        Smallest and largest value; all between are equally probable before.

    Returns
    -------
    DonorEstimate
    """
    evidence = _evidence(z, normal, waves)
    axes = [s, n_d]
    for number in range(ROUNDS):
        grid = [_points(axis, count) for axis, count in zip(axes, POINTS, strict=True)]
        values = np.array([evidence(*pair) for pair in itertools.product(*grid)])
        values = values.reshape([len(axis) for axis in grid]) - values.max()
        probable = values > -DEPTH
        narrowed = [_narrowed(points, probable.any(axis=1 - n)) for n, points in enumerate(grid)]
        axes = [narrowed[0], narrowed[1] if number >= BOTH else axes[1]]
    weight = np.exp(values) * np.outer(*(_trapezoid(len(points)) for points in grid))
    weight /= weight.sum()
    moments = [_moments(points, weight.sum(axis=1 - n)) for n, points in enumerate(grid)]
    return DonorEstimate(moments[0][0], moments[1][0], moments[0][1], moments[1][1])


def _evidence(z: RealArray, normal: RealArray, waves: Waves) -> Callable[[float, float], float]:
    """Return the logarithm of the evidence as a function of (s, N_d)."""
    from scipy.linalg import cho_factor, cho_solve  # noqa: PLC0415  (slow to import)

    of_map = normal - np.eye(len(z))
    # what a map says nothing about has no finite variance: there the prior is enough
    floor = np.finfo(np.float64).eps * np.trace(of_map)
    covariance = np.linalg.inv((of_map + of_map.T) / 2 + floor * np.eye(len(z)))
    centre = z + covariance @ z

    def logarithm(s: float, n_d: float) -> float:
        made = replace(waves, s=s, n_d=n_d).amplitude / waves.amplitude
        root, lower = cho_factor(covariance + np.diag(np.tile(made**2, 2)))
        spread = np.log(np.diagonal(root)).sum()
        return float(-spread - 0.5 * centre @ cho_solve((root, lower), centre))

    return logarithm


def _points(axis: Range, count: int) -> RealArray:
    return np.linspace(*axis, count) if axis[0] < axis[1] else np.array(axis[:1])


def _narrowed(points: RealArray, probable: NDArray[np.bool_]) -> Range:
    """Return the range of probable points with one more on either side."""
    (there,) = np.nonzero(probable)
    low, high = max(there[0] - 1, 0), min(there[-1] + 1, len(points) - 1)
    return float(points[low]), float(points[high])


def _trapezoid(count: int) -> RealArray:
    """Return the weights of the trapezoid rule: a range may end where the evidence is large."""
    weight = np.ones(count)
    weight[[0, -1]] = 0.5
    return weight


def _moments(points: RealArray, weight: RealArray) -> Range:
    if len(points) == 1:
        return float(points[0]), 0.0
    mean = float(weight @ points)
    return mean, float(np.sqrt(weight @ (points - mean) ** 2))
