"""Screened Coulomb potential of randomly placed donors beside a two-dimensional electron gas.

Fourier series of Percebois & Weinmann (2021) [1]_, Eq. (1), after [2]_:

    V(r) = -(Δq_x Δq_y/π) (e²/4πεε₀) Σ_q e^{-q s}/(q + q_TF) Re[C(q) e^{-i q·r}],

over the half plane q_y > 0, or q_y = 0 and q_x > 0, with q ≤ q_cut = 3.5/s. Re C and Im C are
independent, normal, of variance N_d L W/2. s is the distance of the donors, N_d their density.

References
----------
.. [1] G. J. Percebois and D. Weinmann, Phys. Rev. B 104, 075422 (2021), arXiv:2106.11623.
.. [2] T. Ihn, "Semiconductor Nanostructures: Quantum states and electronic transport", Oxford
   University Press (2010).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: q_cut s
CUTOFF = 3.5
#: Donors per nm² in a density of 1e12 cm⁻².
DENSITY_UNIT = 1e-2
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)


@dataclass(frozen=True)
class WaveVectors:
    """The wave vectors of the half plane up to a cut-off, by increasing length.

    Attributes
    ----------
    numbers : (n, 2) array of int
        (j_x, j_y) with q = (2π j_x/L, 2π j_y/W). Equal lengths are ordered by j_y, then j_x.
    length : (n,) array
        q [1/nm].
    """

    numbers: NDArray[np.int64]
    length: RealArray


@functools.lru_cache(maxsize=16)
def wave_vectors(s: float, strip: Strip) -> WaveVectors:
    """Return the wave vectors up to 3.5/s.

    Parameters
    ----------
    s : float
        Distance of the donors [nm].
    strip : Strip
        Geometry.

    Returns
    -------
    WaveVectors
        A smaller s has the same vectors first, and more of them.
    """
    _positive("s", s, "nm")
    a, cut = strip.lattice_constant, CUTOFF / s
    steps = 2 * np.pi / (a * np.array([strip.length, strip.width]))
    reach = np.floor(cut / steps).astype(int)
    if (2 * reach >= (strip.length, strip.width)).any():
        raise ValueError(f"s = {s} nm asks for wave vectors beyond the lattice's own.")
    jx, jy = np.meshgrid(np.arange(-reach[0], reach[0] + 1), np.arange(reach[1] + 1))
    numbers = np.stack([jx.ravel(), jy.ravel()], axis=1)
    length = np.hypot(*(numbers * steps).T)
    half = (numbers[:, 1] > 0) | (numbers[:, 0] > 0)
    kept = half & (length <= cut)
    numbers, length = numbers[kept], length[kept]
    # integers, so that equal lengths are seen as equal on every machine
    square = ((numbers * (strip.width, strip.length)) ** 2).sum(axis=1)
    order = np.lexsort((numbers[:, 0], numbers[:, 1], square))
    return WaveVectors(numbers[order], length[order])


def coulomb_length(strip: Strip) -> tuple[float, float]:
    """Return the screening wave number q_TF = 1/a_B* [1/nm] and e²/(4πεε₀) [t nm]."""
    from scipy import constants  # noqa: PLC0415  (slow to import)

    permittivity = 4 * np.pi * strip.dielectric_constant * constants.epsilon_0
    bohr = permittivity * constants.hbar**2 / (strip.effective_mass * constants.e**2)
    coulomb = constants.e / permittivity * 1e3 * 1e9 / strip.hopping
    return 1e-9 / bohr, float(coulomb)


def standard_deviation(n_d: ArrayLike, strip: Strip) -> RealArray:
    """Return that of Re C and Im C, √(N_d L W/2), for densities [1e12 cm⁻²]."""
    density = np.asarray(n_d, dtype=np.float64)
    if not (density >= 0).all():
        raise ValueError(f"n_d must not be negative (unit 1e12 cm⁻²); got {density.min()}.")
    area = strip.length * strip.width * strip.lattice_constant**2
    return np.sqrt(density * DENSITY_UNIT * area / 2)


def spectral_factor(s: RealArray, strip: Strip) -> RealArray:
    """Return conj(V̂(q))/C(q), V̂ the discrete Fourier transform (sum over sites) of the potential.

    Parameters
    ----------
    s : (B,) array
        Distance of the donors [nm].
    strip : Strip
        Geometry.

    Returns
    -------
    (B, n) array
        In the order of `wave_vectors` of the smallest s; zero beyond a sample's own cut-off [t].
    """
    screening, coulomb = coulomb_length(strip)
    q, distance = wave_vectors(float(s.min()), strip).length, s[:, None]
    area = strip.length * strip.width * strip.lattice_constant**2
    amplitude = -(4 * np.pi / area) * coulomb * np.exp(-q * distance) / (q + screening)
    # a real part is half of a pair of exponentials
    return np.where(q <= CUTOFF / distance, amplitude, 0.0) * strip.length * strip.width / 2


def mirrored(fourier: RealArray, s: float, strip: Strip) -> RealArray:
    """Return the coefficients of landscapes that are mirrored across the strip.

    With V'(x, y) = V(x, W - 1 - y), C'(qx, qy) = exp(-i qy) conj(C(-qx, qy)), qy per site; where
    qy = 0 only one of ±qx is stored, and it stays.

    Parameters
    ----------
    fourier : (B, n, 2) array
        Real and imaginary parts in the order of `wave_vectors`.
    s : float
        Distance of the donors that the wave vectors belong to [nm].
    strip : Strip
        Geometry.
    """
    numbers = wave_vectors(s, strip).numbers
    places = {(int(jx), int(jy)): place for place, (jx, jy) in enumerate(numbers)}
    other = [places[-jx, jy] if jy else places[jx, jy] for jx, jy in numbers.tolist()]
    complex_values = fourier[..., 0] + 1j * fourier[..., 1]
    phase = np.exp(-2j * np.pi * numbers[:, 1] / strip.width)
    across = phase * complex_values[:, other].conj()
    result = np.where(numbers[:, 1] > 0, across, complex_values)
    return np.stack([result.real, result.imag], axis=-1)


def landscape(fourier: ComplexArray, s: ArrayLike, strip: Strip | None = None) -> RealArray:
    """Sum the Fourier series of the potential.

    Parameters
    ----------
    fourier : (B, n) complex array
        C(q) in the order of `wave_vectors`; n may belong to a smaller s (coefficients beyond a
        sample's own cut-off do not count).
    s : float or (B,) array
        Distance of the donors [nm].
    strip : Strip, optional
        Geometry; the paper's by default.

    Returns
    -------
    (B, L, W) array
        V [t].

    Raises
    ------
    ValueError
        If s is not positive, or the shapes do not fit.
    """
    strip = strip or Strip()
    distance = _distances(s, len(fourier))
    if not distance.size:
        return np.empty((0, strip.length, strip.width))
    vectors = wave_vectors(float(distance.min()), strip)
    count = len(vectors.length)
    if fourier.ndim != 2 or fourier.shape[1] < count:
        raise ValueError(
            f"fourier must have shape (batch, at least {count}) for s = {distance.min():g} nm; "
            f"got {fourier.shape}."
        )
    scaled = fourier[:, :count] * spectral_factor(distance, strip)
    spectrum = np.zeros((len(distance), strip.length, strip.width // 2 + 1), dtype=np.complex128)
    jx, jy = vectors.numbers.T
    spectrum[:, jx, jy] = scaled.conj()
    axis = jy == 0
    spectrum[:, -jx[axis], 0] = scaled[:, axis]
    return np.fft.irfft2(spectrum, s=(strip.length, strip.width))


def fourier_coefficients(
    potential: RealArray, s: ArrayLike, strip: Strip | None = None
) -> ComplexArray:
    """Find the C(q) of potentials of the form of `landscape`.

    Parameters
    ----------
    potential : (B, L, W) array
        V [t].
    s : float or (B,) array
        Distance of the donors [nm].
    strip : Strip, optional
        Geometry; the paper's by default.

    Returns
    -------
    (B, n) complex array
        In the order of `wave_vectors` of the smallest s; zero beyond a sample's own cut-off.
    """
    strip = strip or Strip()
    distance = _distances(s, len(potential))
    factor = spectral_factor(distance, strip)
    jx, jy = wave_vectors(float(distance.min()), strip).numbers.T
    inverse = np.divide(1.0, factor, out=np.zeros_like(factor), where=factor != 0)
    coefficients: ComplexArray = np.fft.rfft2(potential)[:, jx, jy].conj() * inverse
    return coefficients


def ensemble_rms(s: float, n_d: float, strip: Strip | None = None) -> float:
    """Root mean square of V over the ensemble, √C(0) [t], for s [nm] and N_d [1e12 cm⁻²]."""
    return float(np.sqrt(correlation(0.0, s, n_d, strip)))


def correlation(distance: float, s: float, n_d: float, strip: Strip | None = None) -> float:
    """Correlation function ⟨V(r) V(r + R)⟩ of the ensemble.

    C(R) = 2π N_d (e²/4πεε₀)² ∫₀^{q_cut} q e^{-2qs}/(q + q_TF)² J₀(qR) dq, the paper's Eqs. (4), (5)
    in absolute units; Gauss-Legendre quadrature.

    Parameters
    ----------
    distance : float
        R [nm].
    s : float
        Distance of the donors [nm], positive.
    n_d : float
        Their density [1e12 cm⁻²], not negative.
    strip : Strip, optional
        Material; the paper's by default.

    Returns
    -------
    float
        [t²]
    """
    _positive("s", s, "nm")
    if not n_d >= 0:
        raise ValueError(f"n_d must not be negative (unit 1e12 cm⁻²); got {n_d}.")
    screening, coulomb = coulomb_length(strip or Strip())
    q = CUTOFF / s * (_NODES + 1) / 2
    from scipy import special  # noqa: PLC0415  (slow to import)

    integrand = q * np.exp(-2 * q * s) / (q + screening) ** 2 * special.j0(q * distance)
    integral = float(_WEIGHTS @ integrand) * CUTOFF / s / 2
    return 2 * np.pi * n_d * DENSITY_UNIT * coulomb**2 * integral


def correlation_length(s: float, strip: Strip | None = None) -> float:
    """Distance ξ [nm] at which the correlation function has fallen to one half, for s [nm]."""
    strip = strip or Strip()
    half = correlation(0.0, s, 1.0, strip) / 2
    # ξ is between s and 4 s for any screening length
    from scipy import optimize  # noqa: PLC0415  (slow to import)

    xi: float = optimize.brentq(
        lambda r: correlation(r, s, 1.0, strip) - half, 0.0, 6.0 * s, xtol=1e-12, rtol=1e-14
    )
    return xi


def _distances(s: ArrayLike, batch: int) -> RealArray:
    distance = np.broadcast_to(np.asarray(s, dtype=np.float64), (batch,))
    for value in distance:
        _positive("s", float(value), "nm")
    return distance


def _positive(name: str, value: float, unit: str) -> None:
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be positive (unit {unit}); got {value}.")
