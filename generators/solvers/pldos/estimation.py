"""How well the donors' distance and density can be known from one landscape: the statistical limit.

A landscape is made of N independent complex amplitudes X_j = C(q_j) e^{-q_j s}/(q_j + q_TF), see
`coulomb`. Each is normal and circular with the variance

    v_j = ⟨|X_j|²⟩ = N_d L W e^{-2 q_j s}/(q_j + q_TF)²,

so ln p = -Σ_j (ln v_j + |X_j|²/v_j + ln π). With θ = (ln N_d, s), g_j = ∂ ln v_j/∂θ = (1, -2 q_j)
is a constant. |X_j|²/v_j has variance 1, hence Fisher's information is F = Σ_j g_j g_jᵀ, and by
the Cramér-Rao inequality [1]_ no unbiased estimate of θ has a covariance below

    F⁻¹ = 1/(4 N² var q) [[4 Σ q², 2 Σ q], [2 Σ q, N]]:

    std s ≥ 1/√(4 N var q),    std ln N_d ≥ √(⟨q²⟩/(N var q)).

A function f of both has the variance (∇f)ᵀ F⁻¹ ∇f. It does not help to know the landscape better:
this is the scatter of N random numbers about their variance. Nor can anything that is computed from
the landscape, such as a density of states, tell more than the landscape.

This leaves out one thing. The series ends at q = 3.5/s. Who sees where it ends knows s at once,
to the distance of two shells of wave vectors, and only ln N_d is left, with std 1/√N. The last
amplitudes are about a tenth of an average one, so it takes a good landscape. `estimate` is the
observer who uses all this: the Bayesian mean for donors uniform within ranges, which has the
smallest possible mean squared error [2]_, for landscapes known with a given error.

References
----------
.. [1] S. M. Kay, "Fundamentals of Statistical Signal Processing: Estimation Theory", Prentice Hall
   (1993), chapter 3.
.. [2] ibid., chapter 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Where the relative error of a landscape is counted from: s [nm], N_d [1e12 cm⁻²].
REFERENCE = (50.0, 1.0)
#: Noise of "exact" amplitudes, in units of an average one: enough to see a zero as a zero.
_EXACT = 1e-12
_STEPS_PER_SHELL, _DENSITIES, _BLOCK = 4, 32, 256


@dataclass(frozen=True)
class Donors:
    """Numbers that describe the donors and the landscapes they make, or errors of these numbers.

    Attributes
    ----------
    s, n_d, potential_rms, correlation_length : float or (B,) array
        [nm], [1e12 cm⁻²], [t], [nm].
    """

    s: RealArray
    n_d: RealArray
    potential_rms: RealArray
    correlation_length: RealArray


def fisher_information(q: RealArray) -> RealArray:
    """Return Fisher's information (2, 2) on (ln N_d, s [nm]) in amplitudes at q (n,) [1/nm]."""
    gradient = np.stack([np.ones_like(q), -2 * q])
    information: RealArray = gradient @ gradient.T
    return information


def error_bounds(
    s: float, n_d: float, strip: Strip | None = None, *, know_s: bool = False
) -> Donors:
    """Return the smallest standard deviations of unbiased estimates from one exact landscape.

    Parameters
    ----------
    s : float
        Distance of the donors [nm].
    n_d : float
        Their density [1e12 cm⁻²].
    strip : Strip, optional
        Geometry; the paper's by default.
    know_s : bool
        s is known from where the series ends, and only the density is estimated.

    Returns
    -------
    Donors
        Of floats. By default those of an observer who does not use where the series ends.
    """
    strip = strip or Strip()
    q = coulomb.wave_vectors(s, strip).length
    covariance = np.diag([1 / len(q), 0.0]) if know_s else np.linalg.inv(fisher_information(q))
    step = 1e-3 * s
    rms, xi = _rms_and_length(np.array([s - step, s + step]), strip)
    slope = np.log(rms[1] / rms[0]) / (2 * step)
    gradients = {
        "s": (0.0, 1.0),
        "n_d": (n_d, 0.0),
        "potential_rms": coulomb.ensemble_rms(s, n_d, strip) * np.array([0.5, slope]),
        "correlation_length": (0.0, (xi[1] - xi[0]) / (2 * step)),
    }
    return Donors(**{k: np.sqrt(np.array(g) @ covariance @ g) for k, g in gradients.items()})


def amplitudes(
    fourier: ComplexArray, q: RealArray, s: ArrayLike, strip: Strip | None = None
) -> ComplexArray:
    """Return the X (B, n) of coefficients C (B, n) at q (n,) [1/nm] for donors at s (B,) [nm]."""
    screening, _ = coulomb.coulomb_length(strip or Strip())
    values: ComplexArray = fourier * np.exp(-q * np.asarray(s)[..., None]) / (q + screening)
    return values


def variance(q: RealArray, s: ArrayLike, n_d: ArrayLike, strip: Strip | None = None) -> RealArray:
    """Return v = ⟨|X|²⟩ at q [1/nm] for s [nm] and N_d [1e12 cm⁻²], which are broadcast."""
    strip = strip or Strip()
    screening, _ = coulomb.coulomb_length(strip)
    power = 2 * coulomb.standard_deviation(n_d, strip) ** 2
    values: RealArray = power * np.exp(-2 * q * np.asarray(s)) / (q + screening) ** 2
    return values


def log_likelihood(
    power: RealArray, q: RealArray, s: float, n_d: float, strip: Strip | None = None
) -> RealArray:
    """Return ln p of |X|² (B, n) at q (n,) [1/nm], without the constant -n ln π."""
    v = variance(q, s, n_d, strip)
    sums: RealArray = -(np.log(v) + power / v).sum(axis=-1)
    return sums


def maximum_likelihood(
    power: RealArray, q: RealArray, strip: Strip | None = None
) -> tuple[RealArray, RealArray]:
    """Find the s and N_d that make amplitudes most likely, whatever the end of the series.

    Parameters
    ----------
    power : (B, n) array
        |X|² at q.
    q : (n,) array
        [1/nm]
    strip : Strip, optional
        Geometry; the paper's by default.

    Returns
    -------
    s, n_d : (B,) arrays
        [nm], [1e12 cm⁻²]. For a given s the best N_d is an average; s solves Σ_j (|X_j|²/v_j - 1)
        (q_j - ⟨q⟩) = 0, a function of s with one zero.
    """
    weight = q - q.mean()

    def density(row: RealArray, s: float) -> float:
        return float((row / variance(q, s, 1.0, strip)).mean())

    def equation(s: float, row: RealArray) -> float:
        ratio = row / variance(q, s, 1.0, strip)
        return float(weight @ ratio / ratio.sum())

    last = float(q.max())
    from scipy import optimize  # noqa: PLC0415  (slow to import)

    s = np.array([optimize.brentq(equation, -50 / last, 100 / last, args=(row,)) for row in power])
    return s, np.array([density(row, x) for row, x in zip(power, s, strict=True)])


def noise_variance(error: float, count: int, strip: Strip | None = None) -> float:
    """Return the variance of each of `count` amplitudes when a landscape has a relative error.

    Parameters
    ----------
    error : float
        Root mean square of the landscape's error over that of a landscape with `REFERENCE` donors,
        evenly distributed over the amplitudes.
    count : int
        How many amplitudes.
    strip : Strip, optional
        Geometry; the paper's by default.
    """
    strip = strip or Strip()
    total = variance(coulomb.wave_vectors(REFERENCE[0], strip).length, *REFERENCE, strip).sum()
    return float(max(error, _EXACT) ** 2 * total / count)


def estimate(
    power: RealArray,
    s_range: tuple[float, float],
    n_d_range: tuple[float, float],
    *,
    error: float = 0.0,
    counts: NDArray[np.int64] | None = None,
    strip: Strip | None = None,
) -> tuple[Donors, Donors]:
    """Estimate the donors from amplitudes as well as possible: mean and spread of the posterior.

    Parameters
    ----------
    power : (B, n) array
        |X|², error included, at the `wave_vectors` of the smallest s.
    s_range, n_d_range : (float, float)
        Donors are uniform within these [nm], [1e12 cm⁻²].
    error : float
        Relative error of the landscapes, see `noise_variance`; 0 for exact ones.
    counts : (B,) array of int, optional
        Look at the first so many amplitudes of a sample only, and do not use that the series ends
        there. By default all amplitudes and the end are used.
    strip : Strip, optional
        Geometry; the paper's by default.

    Returns
    -------
    mean, std : Donors
        Of (B,) arrays.
    """
    strip = strip or Strip()
    grid = donor_grid(s_range, n_d_range, strip)
    q, weight = grid.q, grid.weight
    v = grid.variance if counts is None else variance(q, grid.s[:, None], grid.n_d[:, None], strip)
    v = v + noise_variance(error, len(q), strip)
    sums, inverse = np.cumsum(np.log(v), axis=1), 1 / v
    rows = np.full(len(power), len(q)) if counts is None else counts
    seen = np.where(np.arange(len(q)) < rows[:, None], power, 0.0)
    columns = grid.columns
    moments = []
    for first in range(0, len(power), _BLOCK):
        part = slice(first, first + _BLOCK)
        logarithm = np.log(weight) - sums[:, rows[part] - 1].T - seen[part] @ inverse.T
        posterior = np.exp(logarithm - logarithm.max(axis=1, keepdims=True))
        posterior /= posterior.sum(axis=1, keepdims=True)
        moments.append(posterior @ np.concatenate([columns, columns**2], axis=1))
    mean, square = np.split(np.concatenate(moments), 2, axis=1)
    return Donors(*mean.T), Donors(*np.sqrt(np.maximum(square - mean**2, 0)).T)


@dataclass(frozen=True)
class DonorGrid:
    """Donors to compare with, as fine as the likelihood is.

    Attributes
    ----------
    q : (n,) array
        Wave numbers of the smallest s [1/nm].
    s, n_d, weight : (G,) arrays
        Points [nm], [1e12 cm⁻²], and the prior's probability of each (not normalised).
    variance : (G, n) array
        v at each point; 0 beyond the end of its series.
    columns : (G, 4) array
        The fields of `Donors` at each point.
    """

    q: RealArray
    s: RealArray
    n_d: RealArray
    weight: RealArray
    variance: RealArray
    columns: RealArray


def donor_grid(
    s_range: tuple[float, float], n_d_range: tuple[float, float], strip: Strip | None = None
) -> DonorGrid:
    """Return a grid for donors uniform within ranges [nm], [1e12 cm⁻²].

    The likelihood jumps where the series ends, so cells in s lie between these jumps.
    """
    strip = strip or Strip()
    q = coulomb.wave_vectors(s_range[0], strip).length
    jumps = coulomb.CUTOFF / np.unique(q.round(12))
    edges = np.unique([*s_range, *jumps[(jumps > s_range[0]) & (jumps < s_range[1])]])
    centre = (np.arange(_STEPS_PER_SHELL) + 0.5) / _STEPS_PER_SHELL
    different = (edges[:-1, None] + np.diff(edges)[:, None] * centre).ravel()
    weight = np.repeat(np.diff(edges), _STEPS_PER_SHELL * _DENSITIES)
    n_d = n_d_range[0] + (n_d_range[1] - n_d_range[0]) * (np.arange(_DENSITIES) + 0.5) / _DENSITIES
    s, n_d = np.repeat(different, _DENSITIES), np.tile(n_d, len(different))
    v = variance(q, s[:, None], n_d[:, None], strip) * (q <= coulomb.CUTOFF / s[:, None])
    rms, xi = (np.repeat(x, _DENSITIES) for x in _rms_and_length(different, strip))
    return DonorGrid(q, s, n_d, weight, v, np.stack([s, n_d, rms * np.sqrt(n_d), xi], axis=1))


def _rms_and_length(s: RealArray, strip: Strip) -> tuple[RealArray, RealArray]:
    """Return the rms [t] for N_d = 1e12 cm⁻², and ξ [nm]."""
    rms = np.array([coulomb.ensemble_rms(float(x), 1.0, strip) for x in s])
    return rms, np.array([coulomb.correlation_length(float(x), strip) for x in s])
