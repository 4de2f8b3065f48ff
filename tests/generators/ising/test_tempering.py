"""Parallel tempering: exact enumeration, Onsager, bit-exactness, and the boundaries it measures."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from enumeration import check_distribution

from mesoinv.generators.solvers.ising import binder, coupling_bounds
from mesoinv.generators.solvers.ising.metropolis import generator_state
from mesoinv.generators.solvers.ising.observables import observables
from mesoinv.generators.solvers.ising.tempering import Ladder, tempered
from mesoinv.generators.solvers.ising.tempering_kernels import (
    exchange,
    falling_exponential,
    flip_rows,
    pair_sums,
)

ONSAGER = 2 / np.log1p(np.sqrt(2))


def test_the_exponential_is_right_to_thirteen_digits() -> None:
    x = np.linspace(0, 40, 4001)
    made = np.array([falling_exponential(v) for v in x])
    np.testing.assert_allclose(made, np.exp(-x), rtol=2e-13)
    assert falling_exponential(40.1) == 0.0


@pytest.mark.parametrize("j2", [0.0, 0.3, 0.5, 0.8])
def test_exact_enumeration_at_every_rung(j2: float) -> None:
    """Lattices of 4 × 4 sites at five temperatures, far enough apart to be independent."""
    steps = [4.0, 2.5, 1.5, 1.0, 0.6]
    ladder = Ladder(j2, steps, 4, 11)
    ladder.advance(200)
    kept = []
    for _ in range(4000):
        ladder.advance(8)
        kept.append(ladder.spins())
    for rung, temperature in enumerate(steps):
        check_distribution(np.array(kept)[:, rung], j2, temperature)


@pytest.mark.parametrize("j2", [0.45, 0.5, 0.7])
def test_rows_are_flipped_in_detailed_balance(j2: float) -> None:
    """From one state, the share of flips of a row is min(1, exp(-ΔE/T))."""
    lanes, temperature = 4000, 2.0
    spins = np.ones((4, 4, lanes), dtype=np.int8)
    spins[1, 2], spins[3, 0] = -1, -1
    before = observables(spins[..., 0], j2).energy * 16
    words = np.random.default_rng(0).integers(0, 2**63, (lanes, 2)).astype(np.uint64)
    flip_rows(spins, generator_state(words), np.full(lanes, 1 / temperature), j2)
    start = spins[..., 0].copy()
    start[:] = 1
    start[1, 2], start[3, 0] = -1, -1
    turned = start.copy()
    turned[0] *= -1
    change = observables(turned, j2).energy * 16 - before
    share = (spins[0, 1] == -1).mean()  # row 0 comes first, its site 1 was up
    wanted = min(1.0, float(np.exp(-change / temperature)))
    assert abs(share - wanted) < 4 * np.sqrt(max(wanted * (1 - wanted), 1e-4) / lanes)


def test_exchanges_are_in_detailed_balance() -> None:
    count = 4000
    words = np.random.default_rng(1).integers(0, 2**63, (2 * count, 2)).astype(np.uint64)
    betas = np.tile([0.5, 1.0], count)
    energies = np.tile([-3.0, -2.0], count)  # the colder one has more energy: always
    lanes, state = np.arange(2 * count), generator_state(words)
    assert exchange(lanes, energies, betas, state, 0) == count
    # and back: the share is exp(-Δβ ΔE)
    assert abs(exchange(lanes, energies, betas, state, 0) / count - np.exp(-0.5)) < 0.03


def test_sums_over_pairs_make_the_energy() -> None:
    rng = np.random.default_rng(2)
    spins = rng.choice(np.array([-1, 1], dtype=np.int8), (6, 6, 5))
    near, far = np.empty((2, 5), dtype=np.int64)
    pair_sums(spins, near, far)
    wanted = observables(spins.transpose(2, 0, 1), 0.37).energy
    np.testing.assert_allclose((0.37 * far - near) / 36, wanted, atol=1e-12)


def test_states_are_the_same_on_every_machine() -> None:
    steps = [4.0, 2.0, 1.0, 0.5, 0.1]
    spins = tempered(0.495, steps, np.array([1, 2], dtype=np.uint64), length=30, sweeps=50)
    again = tempered(0.495, steps, np.array([1, 2], dtype=np.uint64), length=30, sweeps=50)
    np.testing.assert_array_equal(spins, again)
    digest = hashlib.sha256(spins.tobytes()).hexdigest()
    assert digest == "c3edd441e2f96646676ea06cdfa70dad2c27c7a09d703e9e5668708aabacf064"
    other = tempered(0.495, steps, np.array([1, 3], dtype=np.uint64), length=30, sweeps=50)
    assert (spins != other).any()


def test_a_cold_lattice_leaves_the_wrong_order() -> None:
    """Started in stripes at J2 = 0.45, all cold lattices become ferromagnets: E = -2 + 2 J2."""
    steps = [2.0, 1.5, 1.2, 1.0, 0.8, 0.6, 0.4, 0.3, 0.2]
    ladder = Ladder(0.45, steps, 8, 3)
    ladder.set_colder(0, binder.ground_state(0.8, 8))
    ladder.advance(2000)
    energy = observables(ladder.spins(), 0.45).energy
    np.testing.assert_allclose(energy[-1], -1.1, atol=1e-12)


def test_ground_states_have_the_least_energy() -> None:
    for j2, energy in ((0.2, -1.6), (0.8, -1.6)):
        assert observables(binder.ground_state(j2, 8), j2).energy == pytest.approx(energy)
        assert binder.order_squared(binder.ground_state(j2, 8), j2) == pytest.approx(1.0)


def test_binder_ratios_cross_at_the_exact_temperature() -> None:
    """Small lattices of J2 = 0: the crossing lies near Onsager's T_c, a little above."""
    window = (ONSAGER * np.linspace(1.12, 0.88, 24)).tolist()
    small, large = (binder.measure(0.0, window, length=n, sweeps=6000, seed=n) for n in (8, 16))
    place, error = binder.crossing(small, large)
    assert error < 0.03
    assert abs(place - ONSAGER) < 3 * error + 0.02


def test_bounds_of_free_spins_are_known() -> None:
    """At infinite temperature the sums over 2N pairs have variance 2N and are independent."""
    spins = np.random.default_rng(3).choice(np.array([-1, 1], dtype=np.int8), (30, 30, 4000))
    near, far = np.empty((2, 4000), dtype=np.int64)
    pair_sums(spins, near, far)
    first, second = coupling_bounds.of_sums(near, far)
    assert first == pytest.approx(1 / np.sqrt(1800), rel=0.05)
    assert second == pytest.approx(1 / np.sqrt(1800), rel=0.05)


def test_bounds_of_states_that_never_change_are_infinite() -> None:
    still = np.full(10, 5)
    assert coupling_bounds.of_sums(still, still) == (coupling_bounds.UNKNOWN,) * 2
