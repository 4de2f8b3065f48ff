"""Electron diffraction: what any pattern and any potential must obey."""

from __future__ import annotations

import numpy as np
import pytest
from cells import CRYSTALS, HALF, moved, wave_vectors, with_odd_atom

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.lacbed import (
    Crystal,
    Microscope,
    bright_field,
    pattern,
    projected_potential,
)
from mesoinv.generators.solvers.lacbed.bloch_states import tile_intensity
from mesoinv.generators.solvers.lacbed.dense_reference import dense_intensities
from mesoinv.generators.solvers.lacbed.propagation import intensity
from mesoinv.generators.solvers.lacbed.scattering_matrix import beams_of, beams_within
from mesoinv.generators.solvers.lacbed.structure_factors import (
    coefficients,
    pattern_symmetry,
    volts,
)

SILICON, GOLD = CRYSTALS["Si"], CRYSTALS["Au"]
QUARTER_TURN = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
MIRROR = [[1, 0, 0], [0, -1, 0], [0, 0, 1]]
#: An atom more, which leaves a twofold axis and mirrors but no fourfold axis.
ORTHORHOMBIC = Crystal(
    5.0, ["Cu", "Al", "Al"], [(0, 0, 0), (0.3, 0, 0.5), (-0.3, 0, 0.5)], [0.5, 0.8, 0.8]
)


@pytest.mark.parametrize("crystal", [SILICON, GOLD, with_odd_atom(SILICON)])
def test_intensities_are_parts_of_one(crystal: Crystal) -> None:
    for g_max in (1.5, None) if crystal is not GOLD else (None,):
        values = bright_field(crystal, [10.0, 200.0], pixels=8, g_max=g_max)
        assert values.shape == (2, 8, 8)
        assert values.min() >= 0
        assert values.max() <= 1


def test_no_electron_is_lost_without_absorption() -> None:
    """All beams together have one; with absorption they have less."""
    vector = wave_vectors(8)[2, 5]
    _, kept = dense_intensities(SILICON, [300.0, 900.0], vector, absorption=0.0, g_max=1.5)
    np.testing.assert_allclose(kept.sum(axis=1), 1, atol=1e-10)
    _, damped = dense_intensities(SILICON, [300.0, 900.0], vector, absorption=0.1, g_max=1.5)
    assert 0 < damped.sum(axis=1)[1] < damped.sum(axis=1)[0] < 0.9


def test_no_thickness_scatters_nothing() -> None:
    np.testing.assert_allclose(bright_field(GOLD, 0, pixels=8), 1, atol=1e-3)
    np.testing.assert_allclose(bright_field(GOLD, 0, pixels=8, g_max=2), 1, atol=1e-12)


def test_one_beam_is_damped_by_the_mean_potential() -> None:
    mean = beams_of(GOLD, 200.0, np.array([(0, 0)])).mean
    expected = np.exp(-2 * 0.1 * mean * np.array([100.0, 400.0]))
    solved = bright_field(GOLD, [100.0, 400.0], pixels=8, g_max=0.1)
    np.testing.assert_allclose(solved, expected[:, None, None] * np.ones((1, 8, 8)), rtol=1e-10)
    beam = beams_of(GOLD, 200.0, np.array([(0, 0)]))
    tile = tile_intensity(beam, np.zeros((1, 2)), np.array([100.0]), 0.1, np.inf)
    np.testing.assert_allclose(tile, expected[:1, None], rtol=1e-5)


def test_two_beams_have_their_closed_form() -> None:
    """I = 1 - sin²(t√(w² + |U|²))|U|²/(w² + |U|²), w half the excitation error."""
    pair = beams_of(SILICON, 200.0, np.array([(0, 0), (2, 2)]))
    vectors = wave_vectors(8)[[1, 2, 3, 5], [2, 2, 3, 7]]
    coupling, half = pair.coupling[0, 1], pair.excitation(vectors)[1] / 2
    thickness = np.array([50.0, 300.0, 900.0])
    rate = np.hypot(half, coupling)
    expected = 1 - (coupling / rate * np.sin(rate * thickness[:, None])) ** 2
    np.testing.assert_allclose(intensity(pair, vectors, thickness, 0.0), expected, atol=1e-9)
    tiles = [tile_intensity(pair, k[None], thickness, 0.0, np.inf) for k in vectors]
    np.testing.assert_allclose(np.concatenate(tiles, axis=1), expected, atol=1e-5)


def test_thin_crystals_scatter_once() -> None:
    """1 - I = Σ_g |A_g|² (sin(S_g t/2)/(S_g/2))² for small t."""
    thickness, vectors = 2.0, wave_vectors(8)[[4, 2], [5, 7]]
    beams = beams_within(SILICON, 200.0, 2.5)
    half = beams.excitation(vectors)[1:] / 2
    single = (beams.coupling[0, 1:, None] * np.sin(half * thickness) / half) ** 2
    solved = intensity(beams, vectors, np.array([thickness]), 0.0)[0]
    np.testing.assert_allclose(1 - solved, single.sum(axis=0), rtol=2e-3)


@pytest.mark.parametrize(
    ("crystal", "symmetry"),
    [(SILICON, "4mm"), (CRYSTALS["SrTiO3"], "4mm"), (ORTHORHOMBIC, "2mm"),
     (with_odd_atom(SILICON), "1")],
)  # fmt: skip
def test_pattern_has_the_symmetry_that_is_used(crystal: Crystal, symmetry: str) -> None:
    """Every pixel by itself, without unfolding."""
    assert pattern_symmetry(crystal) == symmetry
    beams = beams_within(crystal, 200.0, 1.2)
    vectors = wave_vectors(8).reshape(-1, 2)
    plain = intensity(beams, vectors, np.array([300.0]), 0.1).reshape(8, 8)
    np.testing.assert_allclose(
        bright_field(crystal, 300.0, pixels=8, g_max=1.2)[0], plain, atol=1e-10
    )
    mirrored = np.abs(plain - plain[:, ::-1]).max()
    transposed = np.abs(plain - plain.T).max()
    assert (mirrored < 1e-10) == (symmetry != "1")
    assert (transposed < 1e-10) == (symmetry == "4mm")


def test_turned_crystals_have_turned_patterns() -> None:
    crystal = with_odd_atom(SILICON)
    plain = bright_field(crystal, 200.0, pixels=8, g_max=1.5)[0]
    turned = bright_field(moved(crystal, QUARTER_TURN), 200.0, pixels=8, g_max=1.5)[0]
    # the first axis is along [100]: a quarter turn takes it to the second
    np.testing.assert_allclose(turned, plain[:, ::-1].T, atol=1e-9)
    mirrored = bright_field(moved(crystal, MIRROR), 200.0, pixels=8, g_max=1.5)[0]
    np.testing.assert_allclose(mirrored, plain[:, ::-1], atol=1e-9)
    potential = projected_potential(crystal, 64)
    mirror_image = projected_potential(moved(crystal, MIRROR), 64)
    np.testing.assert_allclose(mirror_image, np.roll(potential[:, ::-1], 1, axis=1), atol=1e-9)


def test_twins_that_no_pattern_tells_apart() -> None:
    """A shifted crystal, and the one inverted in the projection: reciprocity."""
    crystal = with_odd_atom(SILICON)
    plain = bright_field(crystal, 200.0, pixels=8, g_max=1.5)
    shifted = moved(crystal, np.eye(3), (0.25, 0.125, 0.3))
    np.testing.assert_allclose(bright_field(shifted, 200.0, pixels=8, g_max=1.5), plain, atol=1e-9)
    expected = np.roll(projected_potential(crystal, 64), (16, 8), axis=(0, 1))
    np.testing.assert_allclose(projected_potential(shifted, 64), expected, atol=1e-9)
    upside_down = moved(crystal, np.diag([1, 1, -1]))
    np.testing.assert_allclose(
        bright_field(upside_down, 200.0, pixels=8, g_max=1.5), plain, atol=1e-9
    )


def test_further_thicknesses_change_nothing() -> None:
    together = bright_field(GOLD, [150.0, 300.0, 600.0], pixels=8, g_max=2.5)
    alone = [bright_field(GOLD, t, pixels=8, g_max=2.5)[0] for t in (150.0, 300.0, 600.0)]
    np.testing.assert_allclose(together, alone, atol=1e-9)


def test_larger_tolerances_take_fewer_beams() -> None:
    rough, fine = (pattern(GOLD, 300.0, pixels=8, tolerance=t) for t in (3e-2, 3e-4))
    assert rough.beams < fine.beams
    assert fine.error < 3e-4 < rough.error < 3e-2
    distance = np.linalg.norm(rough.intensity - fine.intensity) / np.linalg.norm(fine.intensity)
    assert distance < 3e-2


def test_potential_is_the_sum_of_its_coefficients() -> None:
    crystal = with_odd_atom(SILICON)
    most = 31
    table = volts(crystal, coefficients(crystal, most))
    orders = np.arange(-most, most + 1)
    point = np.array([5, 20]) / 64
    waves = np.exp(2j * np.pi * (orders[:, None] * point[0] + orders * point[1]))
    potential = projected_potential(crystal, 64)
    np.testing.assert_allclose(potential[5, 20], (table * waves).sum().real, rtol=1e-10)
    np.testing.assert_allclose(potential.mean(), table[most, most].real, rtol=1e-10)


def test_potential_is_highest_at_atoms() -> None:
    potential = projected_potential(CRYSTALS["SrTiO3"])
    assert potential.shape == (128, 128)
    # Ti and O above each other at the centre, strontium at the corner, O on the edges
    values = potential[64, 64], potential[0, 0], potential[64, 0]
    assert potential.max() == pytest.approx(max(values))
    assert min(values) > 3 * potential.mean()


ALLOWED = {
    "lattice_parameter": 4.0,
    "symbols": ["Na", "Cl"],
    "positions": [(0, 0, 0), HALF],
    "b_factors": [1, 1],
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"lattice_parameter": [4.0, 4.0, 5.0]}, "one lattice parameter"),
        ({"lattice_parameter": []}, "one lattice parameter"),
        ({"lattice_parameter": -4.0}, "1 to 100 Å"),
        ({"lattice_parameter": np.nan}, "1 to 100 Å"),
        ({"symbols": ["Na", "Xx"]}, "scattering factors of H to Lr; got Xx"),
        ({"symbols": ["Na"]}, "shape (1, 3)"),
        ({"symbols": []}, "at least one atom"),
        ({"positions": [(0, 0, 0), (1, 1, 1)]}, "more than 1"),
        ({"positions": [(0, 0, 0), (0.05, 0, 0)]}, "0.200 Å from each other"),
        ({"positions": [(0, 0, 0), (np.inf, 0, 0)]}, "finite"),
        ({"b_factors": [1, -0.5]}, "0 or more; got -0.5"),
        ({"occupancies": [1, 0]}, "above 0 and at most 1"),
        ({"occupancies": [1, 1.5]}, "above 0 and at most 1"),
    ],
)
def test_crystals_that_are_none(changed: dict, words: str) -> None:
    Crystal(**ALLOWED)
    with pytest.raises(UsageError) as refused:
        Crystal(**(ALLOWED | changed))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"thickness": -1.0}, "0 or more"),
        ({"thickness": [[1.0]]}, "one number or a list"),
        ({"thickness": np.nan}, "finite"),
        ({"pixels": 31}, "even number of pixels"),
        ({"pixels": 6}, "8 or more"),
        ({"voltage": 0.0}, "voltage"),
        ({"half_width": 0.0}, "half-width"),
        ({"absorption": -0.1}, "absorption"),
        ({"g_max": 0.0}, "g_max"),
        ({"g_max": 200.0}, "at most 12000"),
        ({"g_max": 25.0}, "at most 12000"),
    ],
)
def test_patterns_that_cannot_be(arguments: dict, words: str) -> None:
    given = {"thickness": 100.0, "pixels": 8} | arguments
    with pytest.raises(UsageError) as refused:
        bright_field(CRYSTALS["SrTiO3"], **given)
    assert words.lower() in str(refused.value).lower()


def test_tolerances_beyond_what_single_precision_gives() -> None:
    for tolerance in (1e-5, 1.0, 0.0):
        with pytest.raises(UsageError, match="tolerance is 1e-4 to 1"):
            pattern(GOLD, 100.0, pixels=8, tolerance=tolerance, microscope=Microscope())
