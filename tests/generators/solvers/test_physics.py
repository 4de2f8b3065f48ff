"""What physics demands of the scattering states: closed forms, conservation laws, symmetries."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from strips import DISORDER, landscapes, relative_error, small_strip

from mesoinv.generators.solvers.pldos import cpu_sweep, source_states
from mesoinv.generators.solvers.pldos.complex_recursion import scatter_complex
from mesoinv.generators.solvers.pldos.scattering import scatter
from mesoinv.generators.solvers.pldos.strip import Strip, hard_wall_modes, lead_factor, strip_modes


def test_perfect_wire_is_a_sum_of_plane_waves() -> None:
    """A source as wide as the strip: R = 0 and ρ = Σ 2π φ_n(y)²/v_n, v = 2 sin k, at any x."""
    for strip in (Strip(source_width=192), small_strip(40, 31, 31, 1.7)):
        found = scatter(np.zeros((1, strip.length, strip.width)), strip, tolerance=0)
        kinetic, phi = hard_wall_modes(strip.width)
        sin_k = lead_factor(kinetic, strip.energy).imag
        is_open = sin_k > 0
        density = (np.pi / sin_k[is_open] * phi[:, is_open] ** 2).sum(axis=1)
        np.testing.assert_allclose(found.partial_ldos[0], np.tile(density, (strip.length, 1)),
                                   rtol=1e-9)  # fmt: skip
        assert found.transmission[0] == pytest.approx(is_open.sum(), rel=1e-11)
        assert abs(found.reflection[0]) < 1e-11


def barrier_transmission(kinetic: np.ndarray, energy: float, height: float, length: int) -> float:
    """Σ over open modes of T through a square barrier, 4 sin²k/|U_L - 2e^{ik}U_{L-1} + …|²."""
    factor = lead_factor(kinetic, energy)
    inside = np.arccos(((2 + kinetic + height - energy) / 2).astype(complex))
    u = [np.sin((n + 1) * inside) / np.sin(inside) for n in (length, length - 1, length - 2)]
    determinant = u[0] - 2 * factor * u[1] + factor**2 * u[2]
    return float((4 * factor.imag**2 / abs(determinant) ** 2)[factor.imag > 0].sum())


@pytest.mark.parametrize("height", [-0.8, 0.31, 1.4])
def test_constant_potential_is_a_shift_of_energy(height: float) -> None:
    """Between ideal leads of full width every mode meets its own square barrier, or tunnels."""
    strip = small_strip(17, 12, 12, 1.9)
    found = scatter(np.full((1, 17, 12), height), strip, tolerance=0)
    expected = barrier_transmission(hard_wall_modes(12)[0], strip.energy, height, 17)
    assert found.transmission[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("energy", [2.5, 3.9, 4.0, 5.2])
def test_single_impurity_in_a_chain(energy: float) -> None:
    """T = 1/(1 + (V/2 sin k)²). At E = 4 t the clean columns before it are exactly singular."""
    strip, height = small_strip(9, 1, 1, energy), 0.7
    potential = np.zeros((2, 9, 1))
    potential[0, 4] = height
    expected = 1 / (1 + (height / (2 * np.sin(np.arccos((4 - energy) / 2)))) ** 2)
    for method in ("compiled", "torch"):
        found = scatter(potential, strip, tolerance=0, method=method)
        np.testing.assert_allclose(found.transmission, [expected, 1], rtol=1e-11)
        np.testing.assert_allclose(found.reflection, [1 - expected, 0], atol=1e-11)


@pytest.mark.parametrize(("s", "n_d"), DISORDER)
def test_flux_is_conserved(s: float, n_d: float) -> None:
    potential = landscapes(s, n_d, 4)
    exact, default = scatter(potential, tolerance=0), scatter(potential)
    np.testing.assert_allclose(exact.transmission + exact.reflection, 3, rtol=1e-9)
    # the truncated problem is Hermitian as well: what is missing there is digits only
    np.testing.assert_allclose(default.transmission + default.reflection, 3, rtol=1e-6)
    assert (exact.transmission > 0).all()
    assert (exact.reflection > 0).all()


def test_current_is_the_same_through_every_column() -> None:
    strip, potential = Strip(), landscapes(50.0, 1.0, 4)[0]
    modes, counts = strip_modes(strip), np.full(256, 192)
    store = np.empty(cpu_sweep.store_size(counts))
    _, solution = cpu_sweep.factorise(potential @ modes.cosines, counts, strip.energy, modes, store)
    rows = source_states.scattering_states(solution[None], dataclasses.asdict(modes), np)[0]
    states = rows[:, :3] + 1j * rows[:, 3:]
    current = 2 * (states[:-1].conj() * states[1:]).imag.sum(axis=(1, 2))
    transmission = scatter(potential[None], tolerance=0).transmission[0]
    np.testing.assert_allclose(current, transmission, rtol=1e-7)


def test_mirrored_potential_gives_mirrored_density() -> None:
    """Walls and leads are symmetric under y → -y."""
    potential = landscapes(40.0, 1.5, 4)[:2]
    mirrored = scatter(np.ascontiguousarray(potential[:, :, ::-1]), tolerance=0)
    expected = scatter(potential, tolerance=0)
    assert relative_error(mirrored.partial_ldos[:, :, ::-1], expected.partial_ldos).max() < 1e-9
    np.testing.assert_allclose(mirrored.transmission, expected.transmission, rtol=1e-9)


def test_reciprocity() -> None:
    """Without a magnetic field T is the same from left to right and from right to left."""
    strip = small_strip(20, 15, 15, 2.2)
    potential = 0.6 * np.random.default_rng(2).normal(size=(3, 20, 15))
    forward = scatter(potential, strip, tolerance=0)
    backward = scatter(np.ascontiguousarray(potential[:, ::-1]), strip, tolerance=0)
    np.testing.assert_allclose(forward.transmission, backward.transmission, rtol=1e-9)
    assert relative_error(backward.partial_ldos, forward.partial_ldos).min() > 0.01


def test_a_high_wall_reflects_everything() -> None:
    potential = np.zeros((1, 256, 192))
    potential[:, 100:140] = 1.0
    found = scatter(potential)
    assert found.transmission[0] < 1e-12
    assert found.reflection[0] == pytest.approx(3, rel=1e-6)
    assert found.partial_ldos[:, 200:].max() < 1e-12


def test_closed_source_is_refused() -> None:
    strip = small_strip(8, 8, 2, 0.5)
    for solve in (scatter, scatter_complex):
        with pytest.raises(ValueError, match=r"no open mode at E = 0\.5 t"):
            solve(np.zeros((1, 8, 8)), strip)


@pytest.mark.parametrize(
    "wrong", [{"length": 1}, {"source_width": 0}, {"source_width": 193}, {"effective_mass": 0.0},
              {"lattice_constant": -5.0}, {"fermi_energy": 0.0}, {"fermi_energy": 200.0}]
)  # fmt: skip
def test_impossible_strips_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"strip needs|must be positive|outside the band"):
        Strip(**wrong)  # type: ignore[arg-type]


def test_material_constants_are_the_papers() -> None:
    strip = Strip()
    assert strip.hopping == pytest.approx(24.186, abs=5e-4)
    assert strip.energy == pytest.approx(0.23154, abs=5e-6)
    assert len(strip_modes(strip).source_sin) == 3
    assert (strip_modes(strip).drain.imag > 0).sum() == 29
