"""Scores of the Ising model: boundaries of made-up curves, and couplings against the bounds."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.ising.coupling_bounds import bounds, read_bounds
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS, TEMPERATURES
from mesoinv.generators.solvers.ising.phase_boundary import (
    EXACT,
    critical_temperature,
    read_boundaries,
)
from mesoinv.zoo import metrics
from mesoinv.zoo.metrics.families.ising.ferromagnet_boundary import (
    boundaries,
    critical_temperatures,
)

TARGET = (metrics.Target("unlikeness", "1", None, ()),)
FAMILIES = {
    "ferromagnet": metrics.FAMILIES["ferromagnet_boundary"],
    "stripes": metrics.FAMILIES["stripes_boundary"],
}
J2, T = (a.ravel() for a in np.meshgrid(COUPLINGS, TEMPERATURES, indexing="ij"))


def scores(number, order="ferromagnet", j2=J2, temperature=T):
    family = FAMILIES[order]
    table = family.errors(
        {"unlikeness": number[:, None]}, {"j2": j2, "temperature": temperature}, TARGET
    )
    made = metrics.scores(table, family.statistics(TARGET), resamples=20)
    return {name: score.value for name, score in made.items()}, table


def smooth(order, shift=0.0, scale=1.0, offset=0.0):
    """A number that rises at the boundary, 0.02 wide; high everywhere without one."""
    critical = critical_temperatures(order)[[COUPLINGS.index(j2) for j2 in J2.tolist()]]
    rising = 1 / (1 + np.exp(-np.clip((T - critical - shift) / 0.02, -50, 50)))
    return offset + scale * np.where(critical > 0, rising, 1.0)


@pytest.mark.parametrize("order", ["ferromagnet", "stripes"])
def test_a_model_that_knows_is_right(order):
    for scale, offset in ((1.0, 0.0), (40.0, 3.0)):  # neither unit nor zero matters
        made, table = scores(smooth(order, scale=scale, offset=offset), order)
        assert made["boundary distance"] < 1e-3
        assert made["boundary skill"] > 0.998
        found = boundaries(table["number"], table["cell"], order)
        np.testing.assert_allclose(found, critical_temperatures(order), atol=2e-3)


def test_a_boundary_that_is_shifted_is_measured():
    made, _ = scores(smooth("ferromagnet", shift=0.05))
    share = (critical_temperatures("ferromagnet") > 0).mean()
    assert made["boundary distance"] == pytest.approx(0.05 * share, abs=1e-3)
    assert made["largest distance off J2 = 1/2"] == pytest.approx(0.05, abs=2e-3)
    assert made["boundary bias"] == pytest.approx(0.05, abs=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.3, -2.0])
def test_a_constant_sees_no_boundary(value):
    made, _ = scores(np.full(len(J2), value))
    assert made["boundary skill"] == pytest.approx(0)


def test_the_other_order_does_not_count_as_ones_own():
    """A model that calls both orders alike is wrong by T_c of the stripes."""
    both = np.minimum(smooth("ferromagnet"), smooth("stripes"))
    made, _ = scores(both)
    wrong = critical_temperatures("stripes").mean()
    assert made["boundary distance"] == pytest.approx(wrong, abs=1e-3)


def test_couplings_without_samples_do_not_count():
    first = slice(0, 157)  # J2 = 0 alone
    made, table = scores(
        smooth("ferromagnet", shift=0.05)[first], j2=J2[first], temperature=T[first]
    )
    assert made["boundary distance"] == pytest.approx(0.05, abs=2e-3)
    assert made["boundary skill"] == pytest.approx(1 - 0.05 / EXACT[0.0], abs=1e-3)
    assert np.isnan(boundaries(table["number"], table["cell"], "ferromagnet")[1:]).all()


def test_resamples_that_miss_temperatures_have_intervals():
    """With one sample at a temperature, a third of the temperatures is missing in a resample."""
    family, number = FAMILIES["ferromagnet"], smooth("ferromagnet")
    table = family.errors({"unlikeness": number}, {"j2": J2, "temperature": T}, TARGET)
    made = metrics.scores(table, family.statistics(TARGET), resamples=50)
    distance = made["boundary distance"]
    assert distance.value < 1e-3 < distance.high < 0.03


def test_where_no_level_is_known_there_is_no_score():
    """Of hot samples alone no boundary can be told: no score, and no error."""
    few = slice(0, 40)
    made, _ = scores(smooth("ferromagnet")[few], j2=J2[few], temperature=T[few])
    assert made == {}


def test_resampling_takes_rows_together():
    number = smooth("ferromagnet")
    table = scores(number)[1]
    rows = np.random.default_rng(0).permutation(len(J2))
    both = boundaries(
        np.stack([table["number"], table["number"][rows]]),
        np.stack([table["cell"], table["cell"][rows]]), "ferromagnet",
    )  # fmt: skip
    np.testing.assert_allclose(both[0], both[1])


def test_measured_boundaries_are_of_all_couplings():
    known = read_boundaries()
    assert tuple(b.j2 for b in known.boundaries) == COUPLINGS
    assert known.lengths == [30, 60, 120]
    for b in known.boundaries:
        assert b.order == ("" if b.j2 == 0.5 else "ferromagnet" if b.j2 < 0.5 else "stripes")
        assert b.error < (0.1 if abs(b.j2 - 0.5) < 0.021 else 0.02)
    first = known.boundaries[0]
    assert abs(first.temperature - EXACT[0.0]) < 3 * first.error
    assert critical_temperature(0.0, "ferromagnet") == EXACT[0.0]
    assert critical_temperature(0.0, "stripes") == 0.0
    # two square lattices of their own: T_c of each is J2 times Onsager's, less what J1 takes
    assert 0.9 < critical_temperature(1.5, "stripes") / (1.5 * EXACT[0.0]) < 1
    with pytest.raises(KeyError):
        critical_temperature(0.123, "stripes")


def test_bounds_are_near_those_of_free_spins_at_high_temperature():
    """Free spins: 1/√(2N). Where both sums move together, one coupling hides the other."""
    first, second = bounds([0.0, 0.0], [4.0, 4.1])
    for bound in (*first, *second):
        assert 1 / np.sqrt(1800) < bound < 1.5 / np.sqrt(1800)
    assert read_bounds().length == 30
    cold = bounds([0.0], [0.1])
    assert cold[0] > 1e3


COUPLING = metrics.FAMILIES["couplings"]
TWO = (metrics.Target("k1", "1"), metrics.Target("k2", "1"))


def couplings(first, second):
    true = {"j2": J2, "temperature": T, "k1": 1 / T, "k2": J2 / T}
    table = COUPLING.errors({"k1": true["k1"] + first, "k2": true["k2"] + second}, true, TWO)
    made = metrics.scores(table, COUPLING.statistics(TWO), resamples=20)
    return {name: score.value for name, score in made.items()}


def test_errors_of_the_size_of_the_bounds_are_efficient():
    rng = np.random.default_rng(4)
    first, second = bounds(J2, T)
    noise = rng.normal(size=(2, len(J2)))
    made = couplings(first * noise[0], second * noise[1])
    assert made["efficiency"] == pytest.approx(1, abs=0.1)
    twice = couplings(2 * first * noise[0], 2 * second * noise[1])
    assert twice["efficiency"] == pytest.approx(made["efficiency"] / 4)
    assert twice["k1 rmse far"] == pytest.approx(2 * made["k1 rmse far"])


def test_far_near_and_ordered_are_apart():
    made = couplings(np.full(len(J2), 0.1), np.full(len(J2), -0.2))
    assert made["k1 rmse far"] == made["k1 rmse near"] == pytest.approx(0.1)
    assert made["k2 mae ordered"] == pytest.approx(0.2)
    assert made["k2 bias"] == pytest.approx(-0.2)


def test_tasks_name_scores_that_there_are():
    for name in ("ising-phase", "ising-phase-stripes", "ising-couplings"):
        task = get_task(name)
        assert set(task.metrics) <= set(task.measures.statistics(task.targets))
    with pytest.raises(UsageError):
        FAMILIES["stripes"].truth(TWO)
