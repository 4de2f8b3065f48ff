"""Transmission of disordered wires: closed forms, symmetries, limits, kwant, torch."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.generators.solvers.conductance import cpu_sweep, torch_sweep
from mesoinv.generators.solvers.conductance import transmission as solver
from mesoinv.generators.solvers.conductance.inverse import solve_symmetric
from mesoinv.generators.solvers.conductance.kwant_reference import transmission_kwant
from mesoinv.generators.solvers.conductance.lead import EDGE, lead
from mesoinv.generators.solvers.conductance.transmission import Steps

#: inside the band, above and below its centre, near its ends, outside of it
ENERGIES = np.array([0.0, 0.31, -1.13, 2.57, -3.2, 3.6, 4.2])
#: shorter and longer than wide, a chain, one slice, one site, many strides
SHAPES = [(1, 1), (1, 6), (6, 1), (2, 3), (3, 2), (5, 5), (8, 13), (13, 8), (60, 5), (150, 1)]


def transmission(sites: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Transmission (B, E) on the CPU, all of it in strides where any lead is open."""
    solved = solver.transmission(sites, energies)
    assert set(np.unique(solved.steps)) <= {Steps.NONE, Steps.STRIDES}
    assert (solved.values[solved.steps == Steps.NONE] == 0).all()
    return solved.values


def impurities(shape: tuple[int, ...], values: list[float], n: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.uniform(size=shape) < n, rng.choice(values, shape), 0.0)


def transverse(width: int) -> np.ndarray:
    return -2 * np.cos(np.pi * np.arange(1, width + 1) / (width + 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_small_wires_equal_kwant(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    sites = np.stack([rng.uniform(-2, 2, shape), rng.uniform(-9, 9, shape)])
    found = transmission(sites, ENERGIES)
    np.testing.assert_allclose(found, transmission_kwant(sites, ENERGIES), atol=1e-11, rtol=0)


@pytest.mark.parametrize("values", [[5.0], [2.5, 5.0], [5 / 3, 10 / 3, 5.0]])
@pytest.mark.parametrize("n", [0.1, 0.5])
def test_impurity_models_equal_kwant(values: list[float], n: float) -> None:
    sites, energies = impurities((1, 40, 40), values, n), np.array([0.0, -0.18, 0.06])
    found = transmission(sites, energies)
    np.testing.assert_allclose(found, transmission_kwant(sites, energies), atol=1e-9, rtol=0)


def test_uniform_disorder_equals_kwant() -> None:
    sites = np.random.default_rng(3).uniform(-2, 2, (1, 20, 20))
    energies = np.array([0.0, 0.1])
    found = transmission(sites, energies)
    np.testing.assert_allclose(found, transmission_kwant(sites, energies), atol=1e-11, rtol=0)


@pytest.mark.parametrize("value", [20.0, -100.0, 1000.0])
def test_strong_impurities_equal_kwant(value: float) -> None:
    sites, energies = impurities((2, 12, 12), [value], 0.3), np.array([0.0, 0.1, -2.0])
    found = transmission(sites, energies)
    np.testing.assert_allclose(found, transmission_kwant(sites, energies), atol=1e-9, rtol=0)


@pytest.mark.parametrize(("length", "width"), [(1, 1), (7, 3), (40, 40), (500, 6), (9, 25)])
def test_clean_wire_has_as_many_units_as_channels(length: int, width: int) -> None:
    """At any energy, at every edge of a band too: there the mode has stopped, or not begun."""
    levels = transverse(width)
    edges = np.concatenate([levels - 2, levels + 2])
    energies = np.concatenate([np.linspace(-4.1, 4.1, 12), edges])
    distance = abs(levels - energies[:, None])
    expected = (distance < 2 - 1e-14).sum(axis=1)
    found = transmission(np.zeros((1, length, width)), energies)[0]
    np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("length", [1, 9])
@pytest.mark.parametrize("energy", [0.0, -1.5, 1.2, 1.999])
def test_one_impurity_in_a_chain(length: int, energy: float) -> None:
    """T = 1/(1 + (V/2 sin k)²) with E = -2 cos k."""
    height = np.array([0.3, -1.0, 7.0, 400.0])
    sites = np.zeros((4, length, 1))
    sites[:, length // 2, 0] = height
    expected = 1 / (1 + (height / (2 * np.sin(np.arccos(-energy / 2)))) ** 2)
    found = transmission(sites, np.array([energy]))[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("height", [-0.8, 0.31, 1.4, 6.0])
def test_constant_onsite_energy_is_a_barrier_for_each_mode(height: float) -> None:
    """Σ 4 sin²k/|U_L - 2λU_{L-1} + λ²U_{L-2}|², U the Chebyshev polynomials inside."""
    length, width, energy = 7, 12, 0.37
    factor = lead(width, energy).factor
    inside = np.arccos(((transverse(width) + height - energy) / 2).astype(complex))
    u = [np.sin((n + 1) * inside) / np.sin(inside) for n in (length, length - 1, length - 2)]
    determinant = u[0] - 2 * factor * u[1] + factor**2 * u[2]
    expected = (4 * factor.imag**2 / abs(determinant) ** 2)[factor.imag > 0].sum()
    found = transmission(np.full((1, length, width), height), np.array([energy]))[0, 0]
    assert found == pytest.approx(expected, rel=1e-10)


def test_symmetries() -> None:
    """Mirror, reversal (reciprocity), and particle-hole: sublattices take opposite signs."""
    sites = np.concatenate(
        [impurities((2, 30, 17), [5.0], 0.3), np.random.default_rng(2).uniform(-2, 2, (2, 30, 17))]
    )
    found = transmission(sites, ENERGIES)
    for other in (sites[:, :, ::-1], sites[:, ::-1], sites[:, ::-1, ::-1]):
        np.testing.assert_allclose(transmission(other, ENERGIES), found, atol=1e-10, rtol=0)
    np.testing.assert_allclose(transmission(-sites, -ENERGIES), found, atol=1e-10, rtol=0)


def test_flux_bounds() -> None:
    sites = np.random.default_rng(5).uniform(-3, 3, (50, 6, 6))
    found = transmission(sites, ENERGIES)
    channels = [lead(6, energy).num_open for energy in ENERGIES]
    assert (found >= 0).all()
    assert (found <= channels).all()


def test_outside_the_band_nothing_passes() -> None:
    sites = np.random.default_rng(5).uniform(-3, 3, (2, 3, 4))
    top = 2 + 2 * np.cos(np.pi / 5)
    energies = np.array([top, -top, top + 1e-9, 4.0, -5.0, 1e300])
    np.testing.assert_array_equal(transmission(sites, energies), 0)
    assert (solver.transmission(sites, energies).steps == Steps.NONE).all()
    assert (transmission(sites, np.array([top - 1e-3, 1e-3 - top])) > 0).all()


def test_the_edge_of_a_band_is_the_limit() -> None:
    """A mode that is just about to open brings nothing: its velocity is zero."""
    sites = np.random.default_rng(6).uniform(-1, 1, (3, 8, 3))
    edge = 2 - np.sqrt(2.0)  # where the lowest mode of W = 3 stops
    assert [lead(3, edge + step).num_open for step in (-1e-9, 0, 1e-9)] == [3, 2, 2]
    below, at, above = transmission(sites, np.array([edge - 1e-12, edge, edge + 1e-12])).T
    # the rest follows a square root on either side
    np.testing.assert_allclose(below, at, atol=1e-4)
    np.testing.assert_allclose(above, at, atol=1e-4)


def test_a_long_wire_localises() -> None:
    sites = np.random.default_rng(7).uniform(-4, 4, (3, 400, 2))
    assert transmission(sites, np.array([0.1])).max() < 1e-9


def test_torch_equals_compiled() -> None:
    cases = [
        impurities((5, 40, 40), [5.0], 0.4), np.random.default_rng(8).uniform(-2, 2, (6, 7, 5)),
        np.random.default_rng(8).uniform(-2, 2, (3, 1, 1)),
    ]  # fmt: skip
    for sites in cases:
        for energy in (0.0, 0.18, -1.7):
            modes = lead(sites.shape[2], energy)
            compiled = cpu_sweep.transmission(sites, energy, modes)
            found, doubtful = torch_sweep.transmission(sites, energy, modes, "cpu")
            sure = ~doubtful
            assert sure.mean() > 0.5
            np.testing.assert_allclose(found[sure], compiled[sure], atol=1e-9, rtol=0)


def test_torch_in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    sites, modes = np.random.default_rng(8).uniform(-2, 2, (7, 9, 4)), lead(4, 0.2)
    together, _ = torch_sweep.transmission(sites, 0.2, modes, "cpu")
    monkeypatch.setattr(torch_sweep, "HOST_BYTES", 12 * 16 * 16 * 3)
    apart, _ = torch_sweep.transmission(sites, 0.2, modes, "cpu")
    np.testing.assert_allclose(apart, together, atol=1e-12)


def test_doubtful_results_of_a_device_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubtful(*_: object) -> tuple[np.ndarray, np.ndarray]:
        return np.array([0.5, 99.0, 99.0]), np.array([False, True, True])

    monkeypatch.setattr(torch_sweep, "transmission", doubtful)
    sites, energies = np.random.default_rng(9).uniform(-2, 2, (3, 4, 4)), np.array([0.3])
    solved = solver.transmission(sites, energies, device="cuda")
    assert solved.steps.tolist() == [[Steps.STRIDES], [Steps.COMPILED], [Steps.COMPILED]]
    assert solved.values[0, 0] == 0.5
    np.testing.assert_array_equal(solved.values[1:], transmission(sites, energies)[1:])


@pytest.mark.cuda
def test_cuda_equals_compiled() -> None:
    sites, energies = impurities((64, 40, 40), [5.0], 0.4), np.array([0.0, 0.1])
    solved = solver.transmission(sites, energies, device="cuda")
    # the others were computed by the method that they would be compared with
    own = solved.steps == Steps.STRIDES
    assert own.mean() > 0.9
    expected = transmission(sites, energies)
    np.testing.assert_allclose(solved.values[own], expected[own], atol=1e-8, rtol=0)


def test_alone_in_a_batch_and_in_another_order() -> None:
    sites = impurities((4, 15, 12), [5.0], 0.3)
    before = sites.copy()
    together = transmission(sites, ENERGIES)
    np.testing.assert_array_equal(transmission(sites[::-1], ENERGIES)[::-1], together)
    np.testing.assert_array_equal(transmission(sites[2:3], ENERGIES[::-1])[:, ::-1], together[2:3])
    np.testing.assert_array_equal(sites, before)


def test_what_is_no_transmission_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (-1e-6, 3.1, np.nan):

        def lossy(sites: np.ndarray, *_: object, wrong: float = wrong, **__: float) -> np.ndarray:
            return np.array([1.0, wrong])[-len(sites) :]

        monkeypatch.setattr(cpu_sweep, "transmission", lossy)
        with pytest.raises(ArithmeticError, match=r"sample 1 at E = 0 .* between 0 and 3"):
            solver.transmission(np.zeros((2, 3, 3)), np.array([0.0]))
    monkeypatch.setattr(cpu_sweep, "transmission", lambda *_: np.array([-1e-13, 3 + 1e-13]))
    found = transmission(np.zeros((2, 3, 3)), np.array([0.0]))
    np.testing.assert_array_equal(found, [[0.0], [3.0]])


def test_where_digits_were_lost_every_slice_goes_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sites, energies = impurities((3, 9, 7), [5.0], 0.3), np.array([0.1])
    expected, exact = transmission(sites, energies), cpu_sweep.transmission

    def lossy(*arguments: object, growth: float = 1e3) -> np.ndarray:
        values = exact(*arguments, growth)  # type: ignore[arg-type]
        return values if growth == 1.0 else np.where(np.arange(3) == 1, -1e-3, values)

    monkeypatch.setattr(cpu_sweep, "transmission", lossy)
    solved = solver.transmission(sites, energies)
    assert solved.steps.tolist() == [[Steps.STRIDES], [Steps.SLICES], [Steps.STRIDES]]
    np.testing.assert_allclose(solved.values, expected, atol=1e-12)


def test_strides_are_as_long_as_the_growth_allows() -> None:
    """|ψ| grows by at most the product of the steps' norms, which their singular values give."""
    rng = np.random.default_rng(10)
    for strength in (0.0, 2.0, 5.0, 100.0, 1e3):
        sites, width = rng.uniform(-strength, strength, (40, 6)), 6
        length = cpu_sweep.stride_length(sites, 0.3, cpu_sweep.GROWTH)
        product, hopping = np.eye(2 * width), np.eye(width, k=1) + np.eye(width, k=-1)
        for slices in sites[:length]:
            block = np.diag(slices - 0.3) - hopping
            product = np.block([[np.zeros_like(block), np.eye(width)],
                                [-np.eye(width), block]]) @ product  # fmt: skip
        growth = np.linalg.norm(product, 2)
        assert 1 <= length < 40
        assert growth <= cpu_sweep.GROWTH or length == 1
    assert cpu_sweep.stride_length(np.zeros((40, 6)), 0.0, cpu_sweep.GROWTH) > 6


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 11, 40])
def test_solve_symmetric(n: int) -> None:
    rng = np.random.default_rng(n)
    a, x = rng.normal(size=(2, n, n)) + 1j * rng.normal(size=(2, n, n))
    x = x + x.T
    b = a @ x
    parts = [np.ascontiguousarray(part) for part in (a.real, a.imag, b.real, b.imag)]
    pivot = solve_symmetric(*parts)
    np.testing.assert_allclose(parts[2] + 1j * parts[3], x, atol=1e-11)
    assert np.linalg.svd(a)[1][-1] * 0.1 < pivot < np.linalg.norm(a)


def test_solve_symmetric_with_a_singular_matrix() -> None:
    parts = [np.zeros((3, 3)) for _ in range(4)]
    parts[0][0, 0] = parts[2][0, 0] = 1.0
    assert solve_symmetric(*parts) < 1e-15
    assert np.isfinite(parts[2]).all()


def test_lead() -> None:
    """λ + 1/λ = ε - E; open modes leave, closed ones decay; the surface solves its equation."""
    for energy in (0.0, 0.7, -2.9):
        modes = lead(7, energy)
        np.testing.assert_allclose(modes.factor + 1 / modes.factor, transverse(7) - energy,
                                   atol=1e-14)  # fmt: skip
        is_open = abs(transverse(7) - energy) < 2
        np.testing.assert_array_equal(modes.velocity > 0, is_open)
        np.testing.assert_array_equal(modes.velocity, modes.factor.imag)
        assert (abs(modes.factor[~is_open]) < 1).all()
        block = -(np.eye(7, k=1) + np.eye(7, k=-1)) - energy * np.eye(7)
        residual = modes.surface @ (block - modes.surface) - np.eye(7)
        assert abs(residual).max() < 1e-13
    assert EDGE < 1e-15
