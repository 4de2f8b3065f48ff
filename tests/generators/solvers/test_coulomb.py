"""The potential of the donors: Fourier sum, its inverse, ensemble values, statistics."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy import constants, integrate, special

from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pldos import DATASET
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip

STRIP = Strip()
#: s [nm], N_d [1e12 cm⁻²], rms [t], ξ [nm]
ENSEMBLES = [(50, 1.0, 0.10496, 90.3), (40, 1.5, 0.15513, 74.5), (70, 0.6, 0.06065, 121.7)]
#: effective Bohr radius and Hartree energy of the material [nm, meV], a textbook way to the same
#: constants: e²/(4πεε₀) = Ha* a_B*
BOHR = 4 * np.pi * 12.9 * constants.epsilon_0 * constants.hbar**2 / (5.74e-32 * constants.e**2)
HARTREE = constants.hbar**2 / (5.74e-32 * BOHR**2) / constants.e * 1e3


def coefficients(s: float, count: int, strip: Strip = STRIP, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = (count, len(coulomb.wave_vectors(s, strip).length))
    normal = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    return normal * coulomb.standard_deviation(1.0, strip)


def amplitude(s: float, strip: Strip = STRIP) -> np.ndarray:
    """Factor of Re[C e^{-iq·r}] in Eq. (1) [t], written from the paper."""
    a = strip.lattice_constant
    q = coulomb.wave_vectors(s, strip).length
    area_of_q = (2 * np.pi) ** 2 / (strip.length * strip.width * a**2)
    unit = HARTREE * BOHR * 1e9 / strip.hopping
    return -area_of_q / np.pi * unit * np.exp(-q * s) / (q + 1e-9 / BOHR)


def test_material_constants() -> None:
    assert pytest.approx(10.833, abs=5e-4) == BOHR * 1e9
    assert pytest.approx(10.304, abs=5e-4) == HARTREE
    screening, unit = coulomb.coulomb_length(STRIP)
    assert screening == pytest.approx(1e-9 / BOHR, rel=1e-12)
    assert unit == pytest.approx(HARTREE * BOHR * 1e9 / STRIP.hopping, rel=1e-12)


def test_sum_at_random_sites() -> None:
    """Eq. (1) term by term at some sites; r of site (x, y) is (x, y) a."""
    s = 50.0
    c, rng = coefficients(s, 2), np.random.default_rng(8)
    potential = coulomb.landscape(c, s)
    sites = np.stack([rng.integers(0, 256, 40), rng.integers(0, 192, 40)], axis=1)
    numbers = coulomb.wave_vectors(s, STRIP).numbers
    q = 2 * np.pi * numbers / (np.array([256, 192]) * 5.0)
    phase = np.exp(-1j * (5.0 * sites) @ q.T)
    for row in range(2):
        expected = (phase * c[row] * amplitude(s)).real.sum(axis=1)
        found = potential[row, sites[:, 0], sites[:, 1]]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("shape", [(256, 192), (255, 191), (129, 100), (64, 77)])
@pytest.mark.parametrize("s", [40.0, 70.0])
def test_fourier_there_and_back(shape: tuple[int, int], s: float) -> None:
    strip = Strip(*shape)
    c = coefficients(s, 3, strip)
    potential = coulomb.landscape(c, s, strip)
    assert potential.shape == (3, *shape)
    found = coulomb.fourier_coefficients(potential, s, strip)
    np.testing.assert_allclose(found, c, rtol=0, atol=1e-12 * abs(c).max())
    again = coulomb.landscape(found, s, strip)
    np.testing.assert_allclose(again, potential, rtol=0, atol=1e-12 * abs(potential).max())


def test_coefficients_beyond_the_cut_off_do_not_count() -> None:
    """As in the config `global`: room for those of the smallest s, each sample its own cut-off."""
    c, s = coefficients(40.0, 3), np.array([40.0, 55.0, 70.0])
    potential = coulomb.landscape(c, s)
    found = coulomb.fourier_coefficients(potential, s)
    length = coulomb.wave_vectors(40.0, STRIP).length
    inside = length <= 3.5 / s[:, None]
    assert inside[0].all()
    assert (np.diff(inside.sum(axis=1)) < 0).all()
    scale = abs(c).max()
    np.testing.assert_allclose(found, np.where(inside, c, 0), rtol=0, atol=1e-12 * scale)
    for row in range(3):
        own = len(coulomb.wave_vectors(s[row], STRIP).length)
        alone = coulomb.landscape(c[row : row + 1, :own], s[row])
        np.testing.assert_allclose(potential[row], alone[0], rtol=0, atol=1e-14)


def test_wave_vectors() -> None:
    """A half plane without q = 0, by length; a smaller s has the same ones first."""
    large = coulomb.wave_vectors(50.0, STRIP)
    number, length = large.numbers, large.length
    assert len(number) == 240
    assert len(np.unique(number, axis=0)) == len(number)
    assert ((number[:, 1] > 0) | ((number[:, 1] == 0) & (number[:, 0] > 0))).all()
    q = 2 * np.pi * number / np.array([1280.0, 960.0])
    np.testing.assert_allclose(length, np.hypot(*q.T), rtol=1e-14)
    assert (np.diff(length) > -1e-15).all()
    # brute force: nothing is missing
    j = np.stack(np.meshgrid(np.arange(-99, 100), np.arange(-99, 100)), axis=-1).reshape(-1, 2)
    inside = np.hypot(*(2 * np.pi * j / np.array([1280.0, 960.0])).T) <= 3.5 / 50
    assert 2 * len(number) + 1 == inside.sum()
    for s in (40.0, 43.7, 49.9):
        more = coulomb.wave_vectors(s, STRIP)
        np.testing.assert_array_equal(more.numbers[: len(number)], number)
        assert len(more.numbers) >= len(number)


def test_wave_vectors_beyond_the_lattice_are_refused() -> None:
    with pytest.raises(ValueError, match="beyond the lattice's own"):
        coulomb.wave_vectors(1.0, STRIP)


@pytest.mark.parametrize(("s", "n_d", "rms", "xi"), ENSEMBLES)
def test_ensemble_values(s: float, n_d: float, rms: float, xi: float) -> None:
    """Against the stated values and against scipy's adaptive quadrature of the same integral."""
    assert coulomb.ensemble_rms(s, n_d) == pytest.approx(rms, abs=5e-6)
    assert coulomb.correlation_length(s) == pytest.approx(xi, abs=0.05)
    unit, screening = HARTREE * BOHR * 1e9 / STRIP.hopping, 1e-9 / BOHR

    def expected(r: float) -> float:
        def integrand(q: float) -> float:
            return q * np.exp(-2 * q * s) / (q + screening) ** 2 * special.j0(q * r)

        integral, _ = integrate.quad(integrand, 0, 3.5 / s, epsabs=0, epsrel=1e-12, limit=200)
        return 2 * np.pi * n_d * 1e-2 * unit**2 * integral

    for r in (0.0, 30.0, xi, 400.0):
        assert coulomb.correlation(r, s, n_d) == pytest.approx(expected(r), rel=1e-9)
    exact_xi = coulomb.correlation_length(s)
    assert expected(exact_xi) == pytest.approx(expected(0.0) / 2, rel=1e-9)


def test_strong_screening_has_a_closed_form() -> None:
    """With q_TF much larger than any q the integral for C(0) is elementary."""
    heavy = Strip(effective_mass=5.74e-29, fermi_energy=5.6e-3)
    screening, unit = coulomb.coulomb_length(heavy)
    s, cut = 50.0, 3.5 / 50.0
    # ∫₀^cut q e^{-2qs} dq / q_TF², corrections of order q/q_TF ~ 1e-3
    integral = (1 - np.exp(-2 * cut * s) * (1 + 2 * cut * s)) / (2 * s) ** 2 / screening**2
    expected = 2 * np.pi * 1e-2 * unit**2 * integral
    assert coulomb.correlation(0.0, s, 1.0, heavy) == pytest.approx(expected, rel=1e-2)


def test_sigma_is_the_variances_root() -> None:
    """σ² = N_d L W/2 is the variance of Re C and of Im C (the paper calls it deviation)."""
    sigma = coulomb.standard_deviation(1.0, STRIP)
    assert sigma**2 == pytest.approx(1e-2 * 1280 * 960 / 2, rel=1e-12)
    c = drawn()["fourier"]
    count = c[..., 0].size
    for part in (c[..., 0], c[..., 1]):
        # standard error of a variance of normal numbers: σ² √(2/n)
        assert part.var() == pytest.approx(sigma**2, rel=5 * np.sqrt(2 / count))
        assert abs(part.mean()) < 5 * sigma / np.sqrt(count)
    correlation = (c[..., 0] * c[..., 1]).mean() / sigma**2
    assert abs(correlation) < 5 / np.sqrt(count)


@functools.cache
def drawn() -> dict[str, np.ndarray]:
    """2000 samples of the config `landscape`, s = 50 nm and N_d = 1e12 cm⁻²."""
    return DATASET.draw("landscape", stream_of(DATASET, "landscape", "train"), np.arange(2000))


def spectrum() -> np.ndarray:
    """A² |C|²/2 (2000, n): the weight of each q in the spatial mean of V(r) V(r + R)."""
    fourier = drawn()["fourier"]
    return (amplitude(50.0) ** 2 / 2) * (fourier**2).sum(axis=-1)


def test_spectrum_is_that_of_the_potential() -> None:
    fourier = drawn()["fourier"][:20]
    potential = coulomb.landscape(fourier[..., 0] + 1j * fourier[..., 1], 50.0)
    np.testing.assert_allclose(potential.mean(axis=(1, 2)), 0, atol=1e-14)
    np.testing.assert_allclose((potential**2).mean(axis=(1, 2)), spectrum()[:20].sum(axis=1),
                               rtol=1e-12)  # fmt: skip
    # the series is periodic, so a rolled product is the spatial correlation
    rolled = (potential * np.roll(potential, (-7, 3), axis=(1, 2))).mean(axis=(1, 2))
    q = 2 * np.pi * coulomb.wave_vectors(50.0, STRIP).numbers / np.array([1280.0, 960.0])
    expected = spectrum()[:20] @ np.cos(q @ [35.0, -15.0])
    np.testing.assert_allclose(rolled, expected, rtol=0, atol=1e-14)


def test_drawn_landscapes_have_the_discrete_sums_statistics() -> None:
    """⟨V(r) V(r + R)⟩ = Σ A² σ² cos(q·R) exactly: within five standard errors of 2000 samples."""
    q = 2 * np.pi * coulomb.wave_vectors(50.0, STRIP).numbers / np.array([1280.0, 960.0])
    variance = (amplitude(50.0) * coulomb.standard_deviation(1.0, STRIP)) ** 2
    for r in ([0, 0], [45, 0], [0, 45], [90, 0], [60, 60], [0, 200], [300, 100]):
        wave = np.cos(q @ np.array(r, dtype=float))
        each = spectrum() @ wave
        error = each.std() / np.sqrt(len(each))
        assert abs(each.mean() - variance @ wave) < 5 * error


@pytest.mark.parametrize(("s", "n_d", "rms", "xi"), ENSEMBLES)
def test_finite_size_takes_a_few_percent(s: float, n_d: float, rms: float, xi: float) -> None:
    """The discrete sum is the continuum integral without the cell of q = 0, the area Δq_x Δq_y.

    That cell would hold the (constant) part of V that a finite sample cannot show; near q = 0 the
    integrand is largest, so it takes 3 to 5 % of the rms, and a few nm of ξ.
    """
    step = 2 * np.pi / np.array([1280.0, 960.0])
    screening, unit = 1e-9 / BOHR, HARTREE * BOHR * 1e9 / STRIP.hopping
    cell, _ = integrate.dblquad(
        lambda y, x: np.exp(-2 * np.hypot(x, y) * s) / (np.hypot(x, y) + screening) ** 2,
        -step[0] / 2, step[0] / 2, -step[1] / 2, step[1] / 2,
    )  # fmt: skip
    missing = n_d * 1e-2 * unit**2 * cell / coulomb.ensemble_rms(s, n_d) ** 2
    variance = (amplitude(s) * coulomb.standard_deviation(n_d, STRIP)) ** 2
    ratio = np.sqrt(variance.sum()) / rms
    assert 0.94 < ratio < 0.98
    assert ratio == pytest.approx(np.sqrt(1 - missing), abs=6e-3)
    # half of the maximum is reached at a smaller distance, along x and along y
    q = 2 * np.pi * coulomb.wave_vectors(s, STRIP).numbers / np.array([1280.0, 960.0])
    for direction in (0, 1):
        r = np.linspace(0, 2 * xi, 2001)
        c = np.cos(np.outer(r, q[:, direction])) @ variance
        discrete = r[np.argmax(c < c[0] / 2)]
        assert 0.90 * xi < discrete < xi


@pytest.mark.parametrize("s", [0.0, -50.0, np.nan, np.inf])
def test_a_distance_that_is_not_positive(s: float) -> None:
    for call in (
        lambda: coulomb.wave_vectors(s, STRIP),
        lambda: coulomb.landscape(np.zeros((1, 240), complex), s),
        lambda: coulomb.fourier_coefficients(np.zeros((1, 256, 192)), s),
        lambda: coulomb.ensemble_rms(s, 1.0),
        lambda: coulomb.correlation_length(s),
    ):
        with pytest.raises(ValueError, match="s must be positive"):
            call()


def test_a_density_below_zero() -> None:
    for n_d in (-1.0, np.nan):
        with pytest.raises(ValueError, match="n_d must not be negative"):
            coulomb.ensemble_rms(50.0, n_d)
        with pytest.raises(ValueError, match="n_d must not be negative"):
            coulomb.standard_deviation([1.0, n_d], STRIP)
    assert coulomb.ensemble_rms(50.0, 0.0) == 0


def test_wrong_number_of_coefficients() -> None:
    with pytest.raises(ValueError, match=r"at least 240\) for s = 50 nm"):
        coulomb.landscape(np.zeros((2, 100), complex), 50.0)
    with pytest.raises(ValueError, match="batch"):
        coulomb.landscape(np.zeros(240, complex), 50.0)


def test_empty_batch() -> None:
    assert coulomb.landscape(np.zeros((0, 240), complex), 50.0).shape == (0, 256, 192)
