"""Landscapes from densities: the waves, the approximate Jacobian, fits and verdicts."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import mesoinv
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pldos import DATASET, linearise, partial_ldos
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.inversion import evidence, gauss_newton
from mesoinv.generators.solvers.pldos.inversion import invert as module
from mesoinv.generators.solvers.pldos.inversion.noise import (
    Measured,
    cautious_variance,
    estimated_noise,
    misfit_outwards,
    storage_variance,
)
from mesoinv.generators.solvers.pldos.inversion.sketch import product_waves, sketch
from mesoinv.generators.solvers.pldos.inversion.user_input import invert_density
from mesoinv.generators.solvers.pldos.inversion.waves import Waves
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.zoo import inversion

#: A quarter of the paper's strip: a fit takes a second or two.
STRIP = Strip(length=96, width=72, source_width=16)
WAVES = Waves(STRIP, 60.0, 0.5)


def landscape(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    z = np.random.default_rng(seed).normal(size=WAVES.count)
    return z, WAVES.potential(z)


def near(z: np.ndarray, distance: float, seed: int = 1) -> np.ndarray:
    """A landscape at a relative distance."""
    other = np.random.default_rng(seed).normal(size=z.shape)
    right, wrong = WAVES.potential(z), WAVES.potential(other)
    return right + distance * np.linalg.norm(right) / np.linalg.norm(wrong) * wrong


def test_waves_are_those_of_the_dataset() -> None:
    drawn = mesoinv.generate("pldos", "landscape", "test", [3])
    fourier = drawn["fourier"][0, :, 0] + 1j * drawn["fourier"][0, :, 1]
    waves = Waves(Strip(), 50.0, 1.0)
    z = np.concatenate([fourier.real, fourier.imag]) / waves.standard_deviation
    exact = coulomb.landscape(fourier[None], 50.0)[0]
    np.testing.assert_allclose(waves.potential(z), exact, atol=1e-13)
    np.testing.assert_allclose(waves.coefficients(z), fourier)
    np.testing.assert_allclose(waves.project(exact), z, atol=1e-10)


def test_the_adjoint_of_the_waves() -> None:
    z, potential = landscape()
    gradient = np.random.default_rng(2).normal(size=potential.shape)
    assert (potential * gradient).sum() == pytest.approx(WAVES.adjoint(gradient) @ z)


def test_waves_are_products() -> None:
    products = product_waves(WAVES)
    z, potential = landscape()
    b, a = products.pairs.T
    made = np.einsum("p,px,py->xy", products.mixing @ z, products.along[a], products.across[b])
    np.testing.assert_allclose(made, potential, atol=1e-5)


def test_the_approximate_jacobian() -> None:
    z, potential = landscape()
    linear = linearise(potential[None], strip=STRIP)
    states = linear.responses[0][1].wave_functions()[0]
    density = 2 * np.pi * (abs(states) ** 2).sum(axis=1)
    np.testing.assert_allclose(density, linear.value[0], rtol=1e-12)
    made = sketch(potential, states, WAVES)
    change = np.random.default_rng(3).normal(size=z.shape)
    exact = linear.product(WAVES.potential(change)[None])[0][np.ix_(made.columns, made.rows)]
    jacobian = made.jacobian @ made.mixing
    assert np.linalg.norm(jacobian @ change - exact) < 0.02 * np.linalg.norm(exact)
    weight = np.random.default_rng(4).uniform(1, 2, potential.shape)
    flat, here = jacobian.reshape(-1, len(z)), weight[np.ix_(made.columns, made.rows)]
    wanted = 8 * flat.T @ (here.reshape(-1, 1) * flat)
    np.testing.assert_allclose(
        made.normal_matrix(weight), wanted, atol=1e-4 * abs(wanted).max(), rtol=1e-3
    )


def test_misfits_spread_outwards() -> None:
    density, error = np.ones((96, 72)), np.zeros((96, 72))
    measured = Measured(density, np.full(density.shape, 1e-4))
    assert not misfit_outwards(error, measured, STRIP).any()
    error[40, 36] = 3.0
    misfit = misfit_outwards(error, measured, STRIP)
    assert misfit[5, 36] == 0
    assert misfit[40, 36] > 0
    assert misfit[90, 36] == misfit[40, 36]
    noise = np.random.default_rng(1).normal(size=density.shape) * 0.01
    assert (misfit_outwards(noise, measured, STRIP) == 0).mean() > 0.9
    assert cautious_variance(misfit, measured, 10.0)[5, 36] == pytest.approx(1e-4)
    assert cautious_variance(misfit, measured, 10.0)[90, 36] > 2e-4


def test_rounding_to_storage_is_measured() -> None:
    values = np.random.default_rng(4).uniform(0.1, 8, 20_000)
    error = values - values.astype(np.float16)
    assert (error**2 / storage_variance(values)).mean() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("noise", [None, 0.01, 0.1])
def test_landscapes_are_found_with_honest_errors(noise: float | None) -> None:
    covered, errors = [], []
    for seed in range(4):
        z, potential = landscape(seed)
        exact = partial_ldos(potential[None], strip=STRIP)
        density = exact.astype(np.float16).astype(float)
        if noise:
            rng = np.random.default_rng(seed)
            density = np.maximum(
                density + noise * density.mean() * rng.normal(size=density.shape), 0
            )
        made = invert_density(
            density, near(z, 0.05, seed)[None], s=60.0, n_d=0.5, strip=STRIP, tolerance=3e-4,
            noise=noise,
        )  # fmt: skip
        assert made.fits.tolist() == [True]
        assert 0.85 < made.misfit[0] < 1.15
        error = made.potential[0] - potential
        errors.append(np.linalg.norm(error) / np.linalg.norm(potential))
        covered.append(abs(error) < 1.96 * made.deviation[0])
        coefficients = made.coefficients[0] - WAVES.coefficients(z)
        parts = np.concatenate([coefficients.real, coefficients.imag])
        pull = parts / np.sqrt(np.diagonal(made.covariance[0]))
        assert 0.5 < (pull**2).mean() < 1.6
    assert max(errors) < {None: 1e-3, 0.01: 1e-2, 0.1: 0.08}[noise]
    assert 0.88 < np.mean(covered) < 0.99


def test_donors_are_estimated_with_the_landscape() -> None:
    """Of s and N_d within ranges, from maps as they are stored: within their errors."""
    pulls = []
    for seed in range(3):
        z, potential = landscape(seed)
        density = partial_ldos(potential[None], strip=STRIP).astype(np.float16)
        how = {"strip": STRIP, "tolerance": 3e-4}
        begin = near(z, 0.05, seed)[None]
        made = invert_density(density, begin, s=(55.0, 70.0), n_d=(0.3, 0.8), **how)
        assert made.fits.all()
        error = np.linalg.norm(made.potential[0] - potential) / np.linalg.norm(potential)
        assert error < 1e-3
        assert 0 < made.s_deviation[0] < 2
        assert 0 < made.n_d_deviation[0] < 0.15
        pulls += [(made.s[0] - 60) / made.s_deviation[0],
                  (made.n_d[0] - 0.5) / made.n_d_deviation[0]]  # fmt: skip
        # there is room for the waves of the smallest s; those beyond the cut-off are not there
        room = len(coulomb.wave_vectors(55.0, STRIP).length)
        assert made.coefficients.shape == (1, room)
        beyond = coulomb.wave_vectors(55.0, STRIP).length > coulomb.CUTOFF / made.s[0]
        assert beyond.any()
        assert not made.coefficients[0, beyond].any()
        if seed == 0:
            known = invert_density(density, begin, s=60.0, n_d=(0.3, 0.8), **how)
            assert known.s_deviation.tolist() == [0.0]
            assert known.n_d_deviation[0] > 0
    assert np.sqrt(np.mean(np.square(pulls))) < 2.5


def test_the_evidence_is_that_of_known_amplitudes() -> None:
    """Where the map says all, the evidence is the density of the numbers themselves."""
    waves = Waves(STRIP, 55.0, 0.8, 55.0)
    likely = replace(waves, s=62.0, n_d=0.4)
    ratio = np.tile(likely.amplitude / waves.amplitude, 2)
    z = ratio * np.random.default_rng(7).normal(size=waves.count)
    made = evidence.estimate_donors(z, np.eye(waves.count) * 1e12, waves, (55.0, 70.0), (0.3, 0.8))
    s, n_d = np.linspace(55, 70, 601), np.linspace(0.3, 0.8, 101)
    logarithm = np.full((len(s), len(n_d)), -np.inf)
    for i, distance in enumerate(s):
        at_one = np.tile(replace(waves, s=distance, n_d=1.0).amplitude / waves.amplitude, 2)
        there = at_one > 0
        if z[~there].any():
            continue
        variance = at_one[there, None] ** 2 * n_d
        # a wave that is not there, and could have been, is known to be 0 to within 1e-6
        terms = np.log(variance + 1e-12) + z[there, None] ** 2 / (variance + 1e-12)
        logarithm[i] = -0.5 * terms.sum(axis=0) - 0.5 * (~there).sum() * np.log(1e-12)
    weight = np.exp(logarithm - logarithm.max())
    weight /= weight.sum()
    mean = weight.sum(axis=1) @ s, weight.sum(axis=0) @ n_d
    assert made.s == pytest.approx(mean[0], abs=0.3 * made.s_deviation + 0.03)
    assert made.n_d == pytest.approx(mean[1], abs=0.3 * made.n_d_deviation)
    spread = np.sqrt(weight.sum(axis=0) @ (n_d - mean[1]) ** 2)
    assert made.n_d_deviation == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize("level", [0.0, 0.01, 0.1, 0.3])
def test_noise_is_measured_on_the_map(level: float) -> None:
    density = mesoinv.generate("pldos", "landscape", "test", [0])["pldos"][0].astype(np.float16)
    rng = np.random.default_rng(0)
    noisy = density + level * density.mean(dtype=float) * rng.normal(size=density.shape)
    measured = estimated_noise(np.maximum(noisy, 0)) / density.mean(dtype=float)
    assert measured == pytest.approx(level, rel=0.06)


def test_measured_noise_is_used() -> None:
    z, potential = landscape()
    density = partial_ldos(potential[None], strip=STRIP)
    rng = np.random.default_rng(0)
    density = np.maximum(density + 0.05 * density.mean() * rng.normal(size=density.shape), 0)
    how = {"s": 60.0, "n_d": 0.5, "strip": STRIP, "tolerance": 3e-4}
    made, known = (
        invert_density(density, near(z, 0.05)[None], noise=noise, **how)
        for noise in ("estimate", 0.05)
    )
    assert made.fits.all()
    assert made.misfit[0] == pytest.approx(known.misfit[0], rel=0.1)
    np.testing.assert_allclose(made.potential, known.potential, atol=0.1 * made.deviation.max())


def test_a_fit_that_failed_is_recognised() -> None:
    """A start that has nothing to do with the landscape, and a map that no landscape explains."""
    _, potential = landscape()
    density = partial_ldos(potential[None], strip=STRIP)
    how = {"s": 60.0, "n_d": 0.5, "strip": STRIP, "tolerance": 3e-4}
    far = invert_density(density, -8 * potential[None], **how)
    other = np.random.default_rng(8).uniform(0, 2, density.shape)
    none = invert_density(other, potential[None], **how)
    for made in (far, none):
        assert made.fits.tolist() == [False]
        assert made.misfit[0] > 10
        assert made.excess[0] > 0.1


def test_a_wrong_landscape_behind_the_noise_is_recognised() -> None:
    """An error that is less than the noise, in a quarter of the sites."""
    _, potential = landscape()
    density = partial_ldos(potential[None], strip=STRIP)[0]
    measured = Measured(density, np.full(density.shape, (0.1 * density.mean()) ** 2))
    wrong = np.where(np.arange(96)[:, None] > 70, 0.08 * density.mean(), 0)
    noise = 0.1 * density.mean() * np.random.default_rng(9).normal(size=density.shape)
    assert measured.chi_square(wrong + noise) < 1.3
    assert misfit_outwards(wrong + noise, measured, STRIP).max() > 0.05


def test_a_landscape_without_a_derivative_is_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_args, **_how):
        raise MesoinvError("has no derivative")

    monkeypatch.setattr(gauss_newton, "linearise", lost)
    _, potential = landscape()
    disorder = module.Disorder(STRIP, (60.0, 60.0), (0.5, 0.5))
    made = module.invert(
        [Measured(np.ones((96, 72)), np.ones((96, 72)))], disorder, [potential], tolerance=3e-4
    )
    assert made.fits.tolist() == [False]
    assert np.isinf(made.misfit).all()
    assert np.isfinite(made.potential).all()


def test_deviations_are_those_of_the_covariance() -> None:
    root = np.random.default_rng(5).normal(size=(WAVES.count, WAVES.count)) / 20
    covariance = root @ root.T + 0.1 * np.eye(WAVES.count)
    made = module.deviation(covariance, WAVES)
    rng = np.random.default_rng(6)
    for x, y in rng.integers(0, (96, 72), (6, 2)):
        site = np.zeros((96, 72))
        site[x, y] = 1
        row = WAVES.adjoint(site)
        assert made[x, y] == pytest.approx(np.sqrt(row @ covariance @ row), rel=0.03)


ONES = np.ones((1, 96, 72))


@pytest.mark.parametrize(
    ("density", "start", "noise", "message"),
    [
        (ONES[0], ONES, None, r"Add a batch axis with density\[None\]"),
        (ONES[:, :5], ONES, None, r"shape \(batch, 96, 72\)"),
        (-ONES, ONES, None, "not negative"),
        (np.nan * ONES, ONES, None, "NaN"),
        (0 * ONES, ONES, None, "zero everywhere"),
        (ONES, ONES[:, :, :5], None, "A start has shape"),
        (ONES, np.concatenate([ONES, ONES]), None, "1 maps and 2 starts"),
        (ONES, ONES, 0.0, "positive"),
        (ONES, ONES, -0.1, "positive"),
        (ONES, ONES, "guess", '"estimate" or None; got guess'),
    ],
)
def test_bad_input(density, start, noise, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        invert_density(density, start, s=60.0, n_d=0.5, strip=STRIP, tolerance=3e-4, noise=noise)


@pytest.mark.parametrize("s", [-1.0, (60.0, 50.0), (50.0, 60.0, 70.0), np.inf])
def test_bad_ranges(s) -> None:
    with pytest.raises(UsageError, match="s is a positive number, or the smallest and the largest"):
        invert_density(ONES, ONES, s=s, n_d=0.5, strip=STRIP, tolerance=3e-4)


def test_what_mesoinv_invert_refuses() -> None:
    with pytest.raises(UsageError, match="no inversion of percolation"):
        mesoinv.invert("percolation", ONES)
    with pytest.raises(UsageError, match="tolerance"):
        mesoinv.invert("pldos", ONES, start=ONES, tollerance=1)
    with pytest.raises(MesoinvError, match="No model is here"):
        mesoinv.invert("pldos", ONES, config="weaker")


def test_the_start_is_the_model_that_bears_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clean maps take the best model on clean samples, noisy ones the best of the worst."""
    one, other = "pldos-landscape-unet.16k", "pldos-landscape-constant.16k"
    worst = {one: (0.99, 0.2), other: (0.9, 0.8)}

    def stored(folder):
        clean, noisy = ({"r": SimpleNamespace(value=v)} for v in worst[folder.name])
        variants = {"noise-1": SimpleNamespace(scores=noisy), "global": SimpleNamespace(scores={})}
        return [SimpleNamespace(split="test", headline="r", scores=clean, variants=variants)]

    monkeypatch.setattr(inversion, "stored_evaluations", stored)
    monkeypatch.setattr(inversion, "list_models", lambda _pattern: [one, other])
    assert inversion.best_start(DATASET, "landscape").name == one
    assert inversion.best_start(DATASET, "landscape", noisy=True).name == other


def test_mesoinv_invert_takes_parameters_of_other_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(DATASET.parameters("global"), strip=STRIP)
    monkeypatch.setattr(type(DATASET), "configs", {**DATASET.configs, "global": small})
    z, potential = landscape()
    density = partial_ldos(potential[None], strip=STRIP)
    made = mesoinv.invert(
        "pldos", density, config="global", start=near(z, 0.05)[None], s=60.0, n_d=0.5
    )
    assert made.fits.all()


def test_a_normal_matrix_that_rounding_made_indefinite_is_repaired():
    """Its large part stays, and no direction is known worse than before the measurement."""
    rng = np.random.default_rng(0)
    jacobian = rng.normal(size=(40, 60)) * np.logspace(0, 6, 40)[:, None]
    exact = jacobian.T @ jacobian + np.eye(60)
    rounded = exact.astype(np.float32).astype(np.float64)
    assert np.linalg.eigvalsh(rounded)[0] < 0
    repaired = gauss_newton.no_less_than_the_prior(rounded)
    np.linalg.cholesky(repaired)
    assert np.linalg.eigvalsh(repaired)[0] > 0
    assert np.linalg.norm(repaired - exact) < 1e-6 * np.linalg.norm(exact)
    good = np.diag([2.0, 3.0])
    assert gauss_newton.no_less_than_the_prior(good) is good
