"""The conductance under a point-like tip: kwant, a second solver, and what physics says of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from strips import DISORDER, landscapes, small_strip, walled_site

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pldos import transport
from mesoinv.generators.sgm import conductance_map
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes
from mesoinv.generators.solvers.pldos.transport import SolvedBy
from mesoinv.generators.solvers.sgm.complex_strip import respond_complex
from mesoinv.generators.solvers.sgm.conductance_map import scan
from mesoinv.generators.solvers.sgm.respond import TOLERANCE, respond
from mesoinv.generators.solvers.sgm.user_input import strips_at

STRENGTHS = [0.1, 1.0, 20.0, -0.5, -5.0]
#: length, width, source width, energy [t], disorder [t]
SMALL = [(20, 24, 5, 0.5, 0.3), (12, 7, 7, 1.0, 1.0), (9, 13, 4, 0.9, 2.0), (25, 33, 11, 2.7, 0.5),
         (16, 17, 16, 4.1, 0.2), (8, 9, 3, 6.4, 0.4)]  # fmt: skip


def random_potential(strip: Strip, strength: float, count: int = 2) -> np.ndarray:
    rng = np.random.default_rng(3)
    return strength * rng.normal(size=(count, strip.length, strip.width))


def with_tip(potential: np.ndarray, place: tuple[int, int], strength: float) -> np.ndarray:
    changed = potential.copy()
    changed[place] += strength
    return changed


@pytest.mark.parametrize(("s", "n_d"), DISORDER)
def test_every_mode_equals_kwant_with_the_tip_put_in(s: float, n_d: float) -> None:
    potential = landscapes(s, n_d, 4)[0]
    maps = conductance_map(potential[None], tip_strength=STRENGTHS, exact=True)[0]
    rng = np.random.default_rng(0)
    places = [(0, 96), (255, 191), *zip(rng.integers(256, size=3), rng.integers(192, size=3),
                                        strict=True)]  # fmt: skip
    for number, place in enumerate(places):
        strength = STRENGTHS[number % len(STRENGTHS)]
        expected = transport(with_tip(potential, place, strength)[None], solver="kwant")
        found_here = maps[number % len(STRENGTHS)][place]
        assert found_here == pytest.approx(expected.transmission[0], abs=1e-8)


@pytest.mark.parametrize("geometry", SMALL)
def test_every_site_of_a_small_strip(geometry: tuple[int, int, int, float, float]) -> None:
    *sides, disorder = geometry
    strip = small_strip(*sides)
    potential = random_potential(strip, disorder, 1)[0]
    for strength in (0.3, -2.0):
        maps = conductance_map(potential[None], tip_strength=strength, strip=strip, exact=True)[0]
        sites = list(np.ndindex(potential.shape))
        tips = np.stack([with_tip(potential, place, strength) for place in sites])
        expected = transport(tips, strip=strip, solver="complex").transmission
        np.testing.assert_allclose(maps.ravel(), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("s", "n_d"), DISORDER)
def test_both_solvers_agree(s: float, n_d: float) -> None:
    potential = landscapes(s, n_d, 4)[1:2]
    one, other = respond(potential, tolerance=0), respond_complex(potential)
    assert one.solved_by[0] == SolvedBy.ELIMINATION
    for strength in (*STRENGTHS, math.inf):
        assert abs(one.change(strength) - other.change(strength)).max() < 1e-8


@pytest.mark.parametrize(("s", "n_d"), DISORDER)
def test_the_tolerance_is_kept_and_estimated(s: float, n_d: float) -> None:
    potential = landscapes(s, n_d, 4)[:3]
    exact, fast = respond(potential, tolerance=0), respond(potential)
    assert (fast.error_estimate <= TOLERANCE).all()
    for strength in (0.1, 1.0, 10.0, math.inf):
        wanted = exact.change(strength)
        error = np.linalg.norm(fast.change(strength) - wanted, axis=(1, 2))
        relative = error / np.linalg.norm(wanted, axis=(1, 2))
        assert (relative < fast.error_estimate).all()


def test_torch_computes_the_same() -> None:
    potential = landscapes(50.0, 1.0, 4)[:2]
    one, other = respond(potential), respond(potential, method="torch")
    for strength in (0.1, math.inf):
        difference = one.change(strength) - other.change(strength)
        # where columns near the source end with different numbers of modes they differ a little
        assert abs(difference).max() < 2e-5
    np.testing.assert_allclose(one.transmission, other.transmission, atol=1e-8)


def test_on_a_gpu() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    potential = landscapes(50.0, 1.0, 4)[:2]
    one = conductance_map(potential, tip_strength=STRENGTHS)
    other = conductance_map(potential, tip_strength=STRENGTHS, device="cuda")
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_conductances_are_what_they_can_be() -> None:
    maps = conductance_map(landscapes(40.0, 1.5, 4)[:2], tip_strength=[*STRENGTHS, math.inf])
    assert maps.min() > -1e-9
    assert maps.max() < 3 + 1e-9


@pytest.mark.parametrize("exact", [False, True])
def test_the_diagonal_obeys_the_optical_theorem(exact: bool) -> None:
    strip = small_strip(20, 24, 5, 0.5)
    potential = random_potential(strip, 0.3)
    solved = respond(potential, strip, tolerance=0.0 if exact else TOLERANCE)
    # the states that enter from the drain: those of the mirrored strip with the leads exchanged
    drain = drain_density(potential, strip)
    tolerance = 1e-10 if exact else 1e-4
    np.testing.assert_allclose(-2 * solved.green.imag, solved.density + drain, atol=tolerance)


def drain_density(potential: np.ndarray, strip: Strip) -> np.ndarray:
    """Σ|ψ|² of the states that enter from the drain, by dense linear algebra."""
    modes = strip_modes(strip)
    sites = strip.length * strip.width
    out = []
    for sample in potential:
        h = np.diag(sample.ravel() + 4 - strip.energy).astype(complex)
        for x, y in np.ndindex(sample.shape):
            n = x * strip.width + y
            for near, inside in ((n + 1, y + 1 < strip.width), (n + strip.width, True)):
                if inside and near < sites:
                    h[n, near] = h[near, n] = -1
        basis = modes.basis
        source = np.zeros((sites, sites), complex)
        lead = basis @ (modes.source_real + 1j * (modes.source * modes.source_sin)
                        @ modes.source.T) @ basis.T  # fmt: skip
        source[: strip.width, : strip.width] = lead
        h -= source
        h[-strip.width :, -strip.width :] -= (basis * modes.drain) @ basis.T
        green = np.linalg.inv(h)
        is_open = modes.drain.imag > 0
        incoming = basis[:, is_open] * np.sqrt(2 * modes.drain.imag[is_open])
        states = green[:, -strip.width :] @ incoming
        out.append((abs(states) ** 2).sum(axis=1).reshape(sample.shape))
    return np.stack(out)


def test_a_weak_tip_is_the_derivative() -> None:
    strip = small_strip(20, 24, 5, 0.5)
    potential = random_potential(strip, 0.3)
    solved = respond(potential, strip, tolerance=0)
    weak = 1e-7
    np.testing.assert_allclose(
        solved.change(weak) / weak, -2 * solved.overlap.imag, atol=1e-5, rtol=1e-4
    )


def test_an_infinite_tip_is_a_wall() -> None:
    strip = small_strip(20, 24, 5, 0.5)
    potential = random_potential(strip, 0.3)
    wall, high = (
        conductance_map(potential, tip_strength=u, strip=strip, exact=True) for u in (math.inf, 1e8)
    )
    np.testing.assert_allclose(wall, high, atol=1e-6)


def test_a_mirrored_sample_has_a_mirrored_map() -> None:
    potential = landscapes(50.0, 1.0, 4)[:1]
    one = conductance_map(potential, tip_strength=1.0)
    other = conductance_map(potential[:, :, ::-1], tip_strength=1.0)
    np.testing.assert_allclose(one, other[:, :, ::-1], atol=1e-6)


def test_a_tip_where_no_electron_comes_changes_nothing() -> None:
    strip = small_strip(24, 20, 4, 0.5)
    potential = np.zeros((1, 24, 20))
    potential[0, 8:16, 12:] = 30.0  # inside of a high block
    maps = scan(potential, np.array([1.0, -1.0, math.inf]), strip=strip, solver="modes-exact")
    assert abs(maps.change[0, :, 10:14, 15:18]).max() < 1e-6
    assert abs(maps.change).max() > 0.1


def test_a_level_that_no_shift_moves_is_left_to_the_second_solver() -> None:
    strip = small_strip(12, 9, 3, 1.1)
    for height, solver in ((3e5, SolvedBy.ELIMINATION), (3e7, SolvedBy.RECURSION)):
        potential = walled_site(strip, height)[None]
        solved = respond(potential, strip, tolerance=0)
        assert solved.solved_by[0] == solver
        expected = respond_complex(potential, strip)
        np.testing.assert_allclose(solved.change(1.0), expected.change(1.0), atol=1e-9)


def test_the_thermal_average_converges() -> None:
    potential = landscapes(50.0, 1.0, 4)[:1]
    usual = scan(potential, np.array([1.0]), temperature=0.1).change
    dense = np.zeros_like(usual)
    conductance = 0.0
    for at, weight in strips_at(0.1, Strip(), 73):
        solved = scan(potential, np.array([1.0]), strip=at)
        dense += weight * (solved.change + solved.conductance)
        conductance += weight * float(solved.conductance[0])
    dense -= conductance
    assert np.linalg.norm(usual - dense) < 0.02 * np.linalg.norm(dense)
    cold = scan(potential, np.array([1.0])).change
    assert np.linalg.norm(usual - cold) > 0.1 * np.linalg.norm(cold)


def test_shapes_follow_the_strengths() -> None:
    strip = small_strip(9, 13, 4, 0.9)
    potential = random_potential(strip, 0.2, 3)
    assert conductance_map(potential, tip_strength=1.0, strip=strip).shape == (3, 9, 13)
    assert conductance_map(potential, tip_strength=[1, 2], strip=strip).shape == (3, 2, 9, 13)
    assert conductance_map(potential[:0], tip_strength=1, strip=strip).shape == (0, 9, 13)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tip_strength": math.nan}, "not NaN"),
        ({"tip_strength": []}, "tip_strength is a number"),
        ({"tip_strength": "high"}, "tip_strength is a number"),
        ({"temperature": -1.0}, "0 K or more"),
        ({"temperature": math.nan}, "0 K or more"),
        ({"temperature": 100.0}, "edge of the band"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_bad_input_says_what_is_allowed(changed: dict[str, object], message: str) -> None:
    strip = small_strip(9, 13, 4, 0.9)
    arguments = {"tip_strength": 1.0, "strip": Strip()} | changed
    with pytest.raises(UsageError, match=message):
        conductance_map(np.zeros((1, 256, 192)), **arguments)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="has shape"):
        conductance_map(np.zeros((9, 13)), tip_strength=1.0, strip=strip)
    with pytest.raises(UsageError, match="solver"):
        scan(np.zeros((1, 9, 13)), np.ones(1), strip=strip, solver="kwant")
