"""Real crystals: cells, densities, Debye-Waller factors and their sources."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mesoinv.generators.lacbed import DATASET, structure_of
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.lacbed.crystal import atom_distances
from mesoinv.generators.solvers.lacbed.cubic_groups import space_group
from mesoinv.generators.solvers.lacbed.materials import entries, materials
from mesoinv.generators.solvers.lacbed.structures import Structure, expand, is_exactly

BY_NAME = {m.prototype: m for m in materials()}
#: [u], standard atomic weights
MASSES = {
    "Li": 6.94, "B": 10.81, "C": 12.011, "O": 15.999, "F": 18.998, "Na": 22.990, "Mg": 24.305,
    "Al": 26.982, "Si": 28.085, "S": 32.06, "Cl": 35.45, "K": 39.098, "Ca": 40.078, "Ti": 47.867,
    "Cr": 51.996, "Co": 58.933, "Mn": 54.938, "Fe": 55.845, "Ni": 58.693, "Cu": 63.546, "Zn": 65.38,
    "Ga": 69.723, "As": 74.922, "Sr": 87.62, "Y": 88.906, "W": 183.84,
    "Au": 196.967, "Pb": 207.2,
}  # fmt: skip
#: [g/cm³] at room temperature, as handbooks have them
DENSITIES = {
    "Li": 0.534, "Al": 2.70, "Fe": 7.87, "Cu": 8.96, "Au": 19.3, "Pb": 11.34,
    "W": 19.25, "diamond": 3.515, "Si": 2.329, "GaAs": 5.32, "NaCl": 2.165, "KCl": 1.984,
    "MgO": 3.58, "CaF2": 3.18, "SrTiO3": 5.12, "pyrite": 5.01, "spinel": 3.58,
    "cuprite": 6.1, "sphalerite": 4.09, "yttrium aluminium garnet": 4.56, "alpha Mn": 7.47,
    "calcium hexaboride": 2.45, "Cr3Si": 6.46, "MgCu2": 5.76, "Cr23C6": 6.97, "pyrope": 3.58,
    "skutterudite": 6.8,
}  # fmt: skip
#: Shortest distances of unlike atoms [Å], which depend on coordinates that no symmetry fixes.
BONDS = {
    "pyrope": ("Si", "O", 1.634), "yttrium aluminium garnet": ("Y", "O", 2.303),
    "pyrite": ("Fe", "S", 2.262), "spinel": ("Al", "O", 1.93), "skutterudite": ("Co", "As", 2.334),
    "cuprite": ("Cu", "O", 1.848), "rhenium trioxide": ("Re", "O", 1.87),
}  # fmt: skip


def test_there_are_many_and_each_has_one_name() -> None:
    assert len(entries()) == DATASET.config("materials").sizes["full"]["test"] == len(BY_NAME)
    assert len(entries()) >= 60
    assert len({(m.number, m.formula()) for m in materials()}) == len(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_material_has_its_group_and_sensible_distances(name: str) -> None:
    material = BY_NAME[name]
    group = space_group(material.number)
    cell, site = expand(group, material.positions)
    kinds = np.array([sorted(set(material.symbols)).index(s) for s in material.symbols])
    assert is_exactly(group, cell, kinds[site])
    distances = atom_distances(cell) * material.lattice_parameter
    np.fill_diagonal(distances, material.lattice_parameter)
    assert 1.5 < distances.min() < 4.5
    assert ((material.b_factors > 0.1) & (material.b_factors < 6)).all()


def density(material: Structure) -> float:
    mass = sum(MASSES[s] for s in material.crystal().symbols)
    return mass * 1.66054 / material.lattice_parameter**3


@pytest.mark.parametrize(("name", "expected"), DENSITIES.items())
def test_densities(name: str, expected: float) -> None:
    assert density(BY_NAME[name]) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("name", "bond"), BONDS.items())
def test_bonds(name: str, bond: tuple[str, str, float]) -> None:
    first, second, expected = bond
    crystal = BY_NAME[name].crystal()
    symbols = np.array(crystal.symbols)
    distances = atom_distances(
        crystal.positions[symbols == first], crystal.positions[symbols == second]
    )
    assert distances.min() * crystal.lattice_parameter == pytest.approx(expected, rel=0.015)


def test_every_number_has_a_source() -> None:
    for entry in entries():
        assert re.search(r"\d", entry["source"])
        assert entry["b_source"]
    assumed = [e for e in entries() if e["b_source"] == "assumed"]
    assert all(b == 0.5 for e in assumed for _, _, b in e["sites"])


def test_debye_waller_factors_are_those_of_the_named_temperatures() -> None:
    """At high temperature B = 6h²T/(M k Θ²), with a correction (Θ/T)²/36."""
    constant = 11_492.0  # 6h²/k [Å² K u]
    checked = 0
    for entry in entries():
        (symbol, _, b_factor), *_ = entry["sites"]
        theta = re.search(r"at 295 K, Θ = (\d+) K", entry["b_source"])
        if not theta or symbol not in MASSES or len(entry["sites"]) > 1:
            continue
        ratio = float(theta[1]) / 295
        if ratio < 2:
            high = constant * 295 / (MASSES[symbol] * float(theta[1]) ** 2) * (1 + ratio**2 / 36)
            assert b_factor == pytest.approx(high, rel=0.01)
            checked += 1
    assert checked >= 10


def test_configuration_holds_them_in_their_order() -> None:
    drawn = DATASET.draw("materials", stream_of(DATASET, "materials", "test"), np.arange(20, 85))
    assert drawn["prototype"].tolist() == [m.prototype for m in materials()[20:]]
    for row in (0, 40, 64):
        assert structure_of(drawn, row).formula() == materials()[20 + row].formula()
