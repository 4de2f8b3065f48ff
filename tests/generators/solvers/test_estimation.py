"""The limit of what a landscape tells about its donors: formulas against simulations."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pldos import DATASET
from mesoinv.generators.solvers.pldos import coulomb, estimation
from mesoinv.generators.solvers.pldos.strip import Strip

S, N_D = 50.0, 1.0
COLUMNS = ("s", "n_d", "potential_rms", "correlation_length")


@pytest.fixture(scope="module")
def q():
    return coulomb.wave_vectors(S, Strip()).length


@pytest.fixture(scope="module")
def power(q):
    """|X|² of 2000 landscapes of S, N_D: exponential with mean v."""
    rng = np.random.default_rng(1)
    return estimation.variance(q, S, N_D) * rng.exponential(size=(2000, len(q)))


@pytest.fixture(scope="module")
def donors():
    """300 samples of pldos/global: what is true, their exact amplitudes and how many these are."""
    drawn = DATASET.draw("global", stream_of(DATASET, "global", "test"), np.arange(300))
    s, n_d = drawn["s"], drawn["n_d"]
    q = coulomb.wave_vectors(40.0, Strip()).length
    exact = estimation.amplitudes(drawn["fourier"] @ np.array([1, 1j]), q, s)
    rms = np.array([coulomb.ensemble_rms(*p) for p in zip(s, n_d, strict=True)])
    xi = np.array([coulomb.correlation_length(x) for x in s])
    counts = (q <= coulomb.CUTOFF / s[:, None]).sum(axis=1)
    return estimation.Donors(s, n_d, rms, xi), exact, counts


RANGES = ((40.0, 70.0), (0.6, 1.5))


def errors(found, true, column):
    return getattr(found, column) - getattr(true, column)


def test_variance_is_that_of_the_dataset(donors):
    true, exact, counts = donors
    q = coulomb.wave_vectors(40.0, Strip()).length
    v = estimation.variance(q, true.s[:, None], true.n_d[:, None])
    ratio = (abs(exact) ** 2 / v)[np.arange(len(q)) < counts[:, None]]
    assert ratio.mean() == pytest.approx(1.0, abs=4 / np.sqrt(ratio.size))
    assert ratio.var() == pytest.approx(1.0, abs=0.05)
    assert (exact[np.arange(len(q)) >= counts[:, None]] == 0).all()


def test_amplitudes_add_up_to_the_landscape():
    """⟨V²⟩ of a sample, from Parseval's sum of |X|², is that of the summed landscape."""
    strip = Strip()
    q = coulomb.wave_vectors(S, strip).length
    rng = np.random.default_rng(2)
    c = rng.normal(size=(2, len(q), 2)) @ np.array([1, 1j]) * coulomb.standard_deviation(N_D, strip)
    x = estimation.amplitudes(c, q, np.array([S, S]))
    area = strip.length * strip.width * strip.lattice_constant**2
    scale = 4 * np.pi / area * coulomb.coulomb_length(strip)[1]
    expected = (coulomb.landscape(c, S) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(scale**2 / 2 * (abs(x) ** 2).sum(axis=1), expected, rtol=1e-10)


def test_fisher_information_is_the_mean_curvature_of_the_likelihood(q, power):
    """F = -⟨∂² ln p⟩ by central differences in (ln N_d, s)."""
    steps = np.array([2e-3, 2e-2])

    def mean(a, b):
        n_d = N_D * np.exp(a * steps[0])
        return estimation.log_likelihood(power, q, S + b * steps[1], n_d).mean()

    curvature = np.array(
        [
            [mean(1, 0) - 2 * mean(0, 0) + mean(-1, 0), 0.0],
            [0.0, mean(0, 1) - 2 * mean(0, 0) + mean(0, -1)],
        ]
    )
    mixed = (mean(1, 1) - mean(1, -1) - mean(-1, 1) + mean(-1, -1)) / 4
    curvature += mixed * np.array([[0, 1], [1, 0]])
    expected = estimation.fisher_information(q)
    np.testing.assert_allclose(-curvature / np.outer(steps, steps), expected, rtol=0.02)


def test_fisher_information_is_the_covariance_of_the_score(q, power):
    v = estimation.variance(q, S, N_D)
    score = (power / v - 1) @ np.stack([np.ones_like(q), -2 * q], axis=1)
    # 2000 samples: 3 % standard error of a variance
    np.testing.assert_allclose(np.cov(score.T), estimation.fisher_information(q), rtol=0.12)


def test_bounds_are_the_closed_forms(q):
    bound = estimation.error_bounds(S, N_D)
    n, spread = len(q), q.var()
    assert bound.s == pytest.approx(1 / np.sqrt(4 * n * spread), rel=1e-9)
    assert bound.n_d == pytest.approx(np.sqrt((q**2).mean() / (n * spread)), rel=1e-9)
    assert bound.s == pytest.approx(1.97, abs=0.01)
    assert bound.n_d == pytest.approx(0.195, abs=0.001)
    assert bound.potential_rms / coulomb.ensemble_rms(S, N_D) == pytest.approx(0.067, abs=0.001)
    assert bound.correlation_length == pytest.approx(3.11, abs=0.01)


def test_with_known_s_only_the_counting_error_is_left(q):
    bound = estimation.error_bounds(S, 1.2, know_s=True)
    assert bound.s == 0
    assert bound.correlation_length == 0
    assert bound.n_d == pytest.approx(1.2 / np.sqrt(len(q)))
    expected = coulomb.ensemble_rms(S, 1.2) / (2 * np.sqrt(len(q)))
    assert bound.potential_rms == pytest.approx(expected)


def test_maximum_likelihood_reaches_the_bound(q, power):
    """Unbiased and efficient, as it must be for many amplitudes."""
    s, n_d = estimation.maximum_likelihood(power[:800], q)
    bound = estimation.error_bounds(S, N_D)
    standard_error = 1 / np.sqrt(2 * len(s))
    for values, least in ((s, bound.s), (np.log(n_d), bound.n_d / N_D)):
        assert values.std() == pytest.approx(least, rel=4 * standard_error)
    assert abs(s.mean() - S) < 4 * bound.s / np.sqrt(len(s))


def test_maximum_likelihood_is_a_maximum(q, power):
    s, n_d = estimation.maximum_likelihood(power[:1], q)
    best = estimation.log_likelihood(power[:1], q, s[0], n_d[0])
    for ds, factor in ((0.2, 1), (-0.2, 1), (0, 1.02), (0, 0.98)):
        assert estimation.log_likelihood(power[:1], q, s[0] + ds, n_d[0] * factor) < best


def test_best_estimate_knows_its_error(donors):
    """The spread of the posterior is the scatter of the errors; without bias."""
    true, exact, counts = donors
    for mean, std in (
        estimation.estimate(abs(exact) ** 2, *RANGES, counts=counts),
        estimation.estimate(abs(exact) ** 2, *RANGES),
    ):
        for column in COLUMNS:
            scatter = errors(mean, true, column)
            expected = np.sqrt((getattr(std, column) ** 2).mean())
            assert np.sqrt((scatter**2).mean()) == pytest.approx(expected, rel=0.2)
            assert abs(scatter.mean()) < 4 * expected / np.sqrt(len(scatter))


def test_ranges_help_an_observer_who_does_not_see_the_end(donors):
    """Smaller errors than an unbiased estimate could have, and maximum likelihood has."""
    true, exact, counts = donors
    mean, _ = estimation.estimate(abs(exact) ** 2, *RANGES, counts=counts)
    bounds = [estimation.error_bounds(*p) for p in zip(true.s, true.n_d, strict=True)]
    for column, low, high in (("s", 0.6, 0.85), ("n_d", 0.5, 0.8)):
        ratio = errors(mean, true, column).std() / np.sqrt(
            np.mean([getattr(b, column) ** 2 for b in bounds])
        )
        assert low < ratio < high


def test_the_end_of_the_series_gives_s_away(donors):
    true, exact, _ = donors
    mean, _ = estimation.estimate(abs(exact) ** 2, *RANGES)
    assert errors(mean, true, "s").std() < 0.3
    known = [estimation.error_bounds(*p, know_s=True) for p in zip(true.s, true.n_d, strict=True)]
    bound = np.sqrt(np.mean([b.n_d**2 for b in known]))
    assert errors(mean, true, "n_d").std() == pytest.approx(bound, rel=0.15)


def test_errors_of_the_landscape_hide_the_end(donors):
    """Estimates get worse with the error, from those with to those without the end."""
    true, exact, counts = donors
    q = coulomb.wave_vectors(40.0, Strip()).length
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(*exact.shape, 2)) @ np.array([1, 1j])
    scatter = []
    for error in (0.0, 0.1, 0.3):
        size = np.sqrt(estimation.noise_variance(error, len(q)) / 2)
        mean, _ = estimation.estimate(abs(exact + size * noise) ** 2, *RANGES, error=error)
        scatter.append(errors(mean, true, "s").std())
    blind, _ = estimation.estimate(abs(exact) ** 2, *RANGES, counts=counts)
    assert scatter[0] < scatter[1] < scatter[2]
    assert scatter[1] < 0.5 * errors(blind, true, "s").std() < scatter[2]


def test_noise_is_counted_from_the_rms_of_a_landscape():
    """Spread over all amplitudes it has the asked share of the power."""
    q = coulomb.wave_vectors(50.0, Strip()).length
    total = estimation.variance(q, *estimation.REFERENCE).sum()
    assert 77 * estimation.noise_variance(0.2, 77) == pytest.approx(0.04 * total)
