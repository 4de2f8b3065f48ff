"""Electron diffraction: scattering factors, the fast solver against the dense reference."""

from __future__ import annotations

import numpy as np
import pytest
from cells import CONVERGED, CRYSTALS, wave_vectors, with_odd_atom

from mesoinv.generators.lacbed import Crystal, Microscope, bright_field, pattern
from mesoinv.generators.solvers.lacbed.bloch_states import tile_intensity
from mesoinv.generators.solvers.lacbed.dense_reference import dense_intensities, dense_intensity
from mesoinv.generators.solvers.lacbed.propagation import intensity
from mesoinv.generators.solvers.lacbed.scattering_factors import elements, scattering_factor
from mesoinv.generators.solvers.lacbed.scattering_matrix import beams_of
from mesoinv.generators.solvers.lacbed.structure_factors import (
    coefficients,
    electrons,
    interaction,
    reflections,
    volts,
)

THICKNESSES = [300.0, 600.0]
BOHR = 0.529177
#: a [Å] and b [Å²] of f = Σ a exp(-b s²), s = q/2 ≤ 2 1/Å, fitted to relativistic Hartree-Fock
#: atoms: P. A. Doyle and P. S. Turner, Acta Cryst. A 24, 390 (1968), table 4
DOYLE_TURNER = {
    "C": ((0.7307, 1.1951, 0.4563, 0.1247), (36.9951, 11.2966, 2.8139, 0.3456)),
    "O": ((0.4548, 0.9173, 0.4719, 0.1384), (23.7803, 7.6220, 2.1440, 0.2959)),
    "Al": ((2.2756, 2.4280, 0.8578, 0.3166), (72.3220, 19.7729, 3.0799, 0.4076)),
    "Si": ((2.1293, 2.5333, 0.8349, 0.3216), (57.7748, 16.4756, 2.8796, 0.3860)),
    "Cu": ((1.5792, 1.8197, 1.6576, 0.5323), (62.9403, 12.4527, 2.5042, 0.3331)),
    "Au": ((2.3880, 4.2259, 2.6886, 1.2551), (42.8656, 9.7430, 2.2641, 0.3067)),
}


def relative(values: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest relative L2 error of the thicknesses."""
    norms = np.linalg.norm(expected, axis=1)
    return float((np.linalg.norm(values - expected, axis=1) / norms).max())


@pytest.mark.parametrize("symbol", DOYLE_TURNER)
def test_scattering_factors_of_another_parametrisation(symbol: str) -> None:
    q = np.array([0.0, 0.25, 0.5, 1.0, 2.0])
    a, b = np.array(DOYLE_TURNER[symbol])
    expected = (a * np.exp(-b * (q[:, None] / 2) ** 2)).sum(axis=1)
    np.testing.assert_allclose(scattering_factor(symbol, q), expected, rtol=0.025)


def test_hydrogen_is_mott_and_bethe() -> None:
    """The 1s state's x-ray factor is 1/(1 + (π a₀ q)²)²."""
    q = np.array([0.1, 0.5, 1.0, 2.0, 4.0])
    x_rays = 1 / (1 + (np.pi * BOHR * q) ** 2) ** 2
    expected = (1 - x_rays) / (2 * np.pi**2 * BOHR * q**2)
    np.testing.assert_allclose(scattering_factor("H", q), expected, rtol=2e-3)
    np.testing.assert_allclose(scattering_factor("H", 0), BOHR, rtol=2e-3)


def test_all_factors_end_as_those_of_the_nucleus() -> None:
    """Far out (Z - f_x)/(2π² a₀ q²), with few of the electrons left in f_x."""
    assert len(elements()) == 103
    q = np.linspace(0, 8, 200)
    for number, symbol in enumerate(elements(), 1):
        factor = scattering_factor(symbol, q)
        assert (factor > 0).all()
        assert (np.diff(factor) < 0).all()
        charge = scattering_factor(symbol, 6.0) * 2 * np.pi**2 * BOHR * 36
        assert 0.85 * number < charge < 1.02 * number


def test_structure_factors_in_known_units() -> None:
    """The wave number and γ of 200 kV electrons; silicon's (220) by hand; σ = 2π m e λ/h²."""
    energy = electrons(200.0)
    np.testing.assert_allclose(2 * np.pi / energy.wave_number, 0.0250793, rtol=1e-5)
    np.testing.assert_allclose(energy.gamma, 1.391390, rtol=1e-6)
    silicon = CRYSTALS["Si"]
    sums = coefficients(silicon, 4)
    length = np.sqrt(8) / silicon.lattice_parameter
    expected = 8 * scattering_factor("Si", length) * np.exp(-0.5 * length**2 / 4)
    np.testing.assert_allclose(sums[6, 6], expected, rtol=1e-12)
    np.testing.assert_allclose(sums[6, 4], 0, atol=1e-12 * expected)
    # 47.878 V Å² Σ f(0)/Ω: about 14 V, the mean of neutral atoms; crystals have 12
    np.testing.assert_allclose(volts(silicon, sums)[4, 4].real, 13.9, rtol=0.01)
    # Kirkland's σ of 200 kV [1/(V Å)]
    np.testing.assert_allclose(interaction(200.0), 0.000729, rtol=1e-3)


@pytest.mark.parametrize("name", CRYSTALS)
def test_default_against_the_dense_reference(name: str) -> None:
    """At every third pixel of an eighth of the pattern, the rest follows by symmetry."""
    rows, columns = np.tril_indices(4)
    rows, columns = 4 + rows[::3], 4 + columns[::3]
    expected = dense_intensity(
        CRYSTALS[name], THICKNESSES, wave_vectors(8)[rows, columns], g_max=CONVERGED[name]
    )
    solved = pattern(CRYSTALS[name], THICKNESSES, pixels=8)
    assert relative(solved.intensity[:, rows, columns], expected) < 1e-3
    assert 1e-5 < solved.error < 1e-3


@pytest.mark.parametrize("name", CRYSTALS)
@pytest.mark.parametrize(
    ("voltage", "absorption", "half_width"), [(200.0, 0.1, 0.891), (300.0, 0.0, 0.4)]
)
def test_given_beams_against_the_dense_reference(
    name: str, voltage: float, absorption: float, half_width: float
) -> None:
    crystal = CRYSTALS[name]
    rows, columns = np.array([[0, 2, 7, 5, 9], [3, 8, 1, 5, 9]])
    solved = bright_field(
        crystal, THICKNESSES, pixels=10, voltage=voltage, half_width=half_width,
        absorption=absorption, g_max=2.1,
    )[:, rows, columns]  # fmt: skip
    expected = dense_intensity(
        crystal, THICKNESSES, wave_vectors(10, half_width)[rows, columns],
        voltage=voltage, absorption=absorption, g_max=2.1,
    )  # fmt: skip
    assert relative(solved, expected) < 1e-6


@pytest.mark.parametrize(("g_max", "allowed"), [(2.1, 1e-6), (None, 1e-3)])
def test_no_symmetry_against_the_dense_reference(g_max: float | None, allowed: float) -> None:
    """Complex coefficients and every pixel by itself."""
    crystal = with_odd_atom(CRYSTALS["Cu"])
    rows, columns = np.array([[0, 7, 5, 2], [3, 2, 4, 6]])
    vectors = wave_vectors(8)[rows, columns]
    expected = dense_intensity(crystal, [150.0, 300.0], vectors, g_max=g_max or 4.0)
    solved = bright_field(crystal, [150.0, 300.0], pixels=8, g_max=g_max)[:, rows, columns]
    assert relative(solved, expected) < allowed


@pytest.mark.parametrize("name", ["Be", "diamond", "Si", "Au"])
def test_small_tiles(name: str) -> None:
    """Every pixel a tile of its own: its highest state is where the polynomials' interval ends."""
    crystal = CRYSTALS[name]
    solved = pattern(crystal, THICKNESSES, pixels=8, microscope=Microscope(half_width=0.2))
    rows, columns = np.array([[4, 5, 6], [4, 4, 7]])
    expected = dense_intensity(
        crystal, THICKNESSES, wave_vectors(8, 0.2)[rows, columns], g_max=CONVERGED[name]
    )
    assert relative(solved.intensity[:, rows, columns], expected) < 1e-3


@pytest.mark.parametrize("absorption", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("thickness", [20.0, 600.0, 3000.0])
@pytest.mark.parametrize("name", ["NaCl", "Au"])
def test_any_damping_and_thickness(name: str, thickness: float, absorption: float) -> None:
    """Thick and absorbing crystals pass in slices; with all states tiles are as good."""
    crystal, vectors = CRYSTALS[name], wave_vectors(8)[[2, 4], [1, 4]]
    beams = beams_of(crystal, 200.0, reflections(crystal, 1.5))
    thick = np.array([thickness])
    expected = dense_intensity(crystal, thick.tolist(), vectors, absorption=absorption, g_max=1.5)
    whole = intensity(beams, vectors, thick, absorption)
    assert relative(whole, expected) < 1e-6
    tiles = [tile_intensity(beams, k[None], thick, absorption, np.inf) for k in vectors]
    assert relative(np.concatenate(tiles, axis=1), expected) < 1e-4


def test_beams_left_out_get_nothing() -> None:
    """The dense reference of all beams: those between the reflections stay dark."""
    crystal = CRYSTALS["Si"]
    vector = wave_vectors(8)[2, 5]
    orders, intensities = dense_intensities(crystal, [300.0], vector, g_max=1.5)
    kept = {tuple(pair) for pair in reflections(crystal, 1.5).tolist()}
    dark = np.array([tuple(pair) not in kept for pair in orders.tolist()])
    assert dark.sum() > 2 * (~dark).sum()
    assert intensities[:, dark].max() < 1e-20
    expected = dense_intensity(crystal, [300.0], vector[None], g_max=1.5)
    np.testing.assert_allclose(intensities[:, :1], expected, rtol=1e-9)


def test_partly_occupied_positions_scatter_as_their_mean() -> None:
    both = [(0, 0, 0), (0, 0, 0), (0.5, 0.5, 0.5)]
    mixed = Crystal(3.0, ["Cu", "Au", "Zn"], both, [0.5, 0.7, 0.6], [0.75, 0.2, 0.9])
    vectors = wave_vectors(8)[[2, 4], [1, 4]]
    expected = dense_intensity(mixed, [200.0], vectors, g_max=2.0)
    solved = bright_field(mixed, 200.0, pixels=8, g_max=2.0)[:, [2, 4], [1, 4]]
    assert relative(solved, expected) < 1e-6
