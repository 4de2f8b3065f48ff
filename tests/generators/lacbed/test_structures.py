"""Cubic groups, prototypes and the structures that are drawn from them."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.lacbed import DATASET, structure_of
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.lacbed.crystal import atom_distances
from mesoinv.generators.solvers.lacbed.cubic_groups import NUMBERS, space_group
from mesoinv.generators.solvers.lacbed.drawing import MOST_SITES, kept
from mesoinv.generators.solvers.lacbed.site_arrays import as_arrays
from mesoinv.generators.solvers.lacbed.structures import (
    Structure,
    expand,
    is_exactly,
    prototypes,
    radii,
)

#: Operations of the point groups: the last group of each, in the order of the numbers.
POINT_GROUPS = {199: 12, 206: 24, 214: 24, 220: 24, 230: 48}
#: Groups and their Wyckoff positions in the International Tables, the general one first.
TABLES = {
    195: "j12 i6 h6 g6 f6 e4 d3 c3 b1 a1",
    205: "d24 c8 b4 a4",
    216: "i96 h48 g24 f24 e16 d4 c4 b4 a4",
    221: "n48 m24 l24 k24 j12 i12 h12 g8 f6 e6 d3 c3 b1 a1",
    225: "l192 k96 j96 i48 h48 g48 f32 e24 d24 c8 b4 a4",
    227: "i192 h96 g96 f48 e32 d16 c16 b8 a8",
    230: "h96 g48 f48 e32 d24 c24 b16 a16",
}


@pytest.mark.parametrize("number", NUMBERS)
def test_operations_are_a_group(number: int) -> None:
    group = space_group(number)
    order = next(order for last, order in POINT_GROUPS.items() if number <= last)
    assert len(group.rotations) == order * group.centring
    elements = {_key(r, t) for r, t in zip(group.rotations, group.shifts, strict=True)}
    assert len(elements) == len(group.rotations)
    for r, t in zip(group.rotations, group.shifts, strict=True):
        for s, u in zip(group.rotations[1:4], group.shifts[1:4], strict=True):
            assert _key(r @ s, r @ u + t) in elements


def _key(rotation: np.ndarray, shift: np.ndarray) -> tuple:
    twenty_fourths = np.round(shift * 24).astype(int) % 24
    return (*rotation.astype(int).ravel().tolist(), *twenty_fourths.tolist())


@pytest.mark.parametrize("number", NUMBERS)
def test_positions_have_their_multiplicity(number: int) -> None:
    group = space_group(number)
    coordinates = np.array([0.137, 0.291, 0.418])
    for position in group.positions:
        assert len(group.orbit(position.at(coordinates))) == position.multiplicity
    assert group.positions[0].multiplicity == len(group.rotations)


@pytest.mark.parametrize("number", TABLES)
def test_positions_of_the_international_tables(number: int) -> None:
    found = " ".join(f"{p.letter}{p.multiplicity}" for p in space_group(number).positions)
    assert found == TABLES[number]


def test_there_are_36_groups() -> None:
    assert len({space_group(n).symbol for n in NUMBERS}) == 36
    for number in (194, 231):
        with pytest.raises(UsageError, match="195 to 230"):
            space_group(number)


def test_prototypes_are_what_their_names_say() -> None:
    """AFLOW's: Pearson symbol with the atoms of the cell, and the space group."""
    assert len(prototypes()) == 65
    for prototype in prototypes():
        _, pearson, number, *_ = prototype.name.split("_")
        assert int(number) == prototype.number
        cell, site = expand(space_group(prototype.number), prototype.positions)
        assert len(cell) == int(pearson[2:]), prototype.name
        kinds = np.array([sorted(set(prototype.symbols)).index(s) for s in prototype.symbols])
        assert is_exactly(space_group(prototype.number), cell, kinds[site]), prototype.name
        assert set(prototype.symbols) <= set(radii())


def test_diamond_is_more_than_its_subgroups() -> None:
    """The atoms of zinc blende, both of one kind, have the symmetry of diamond."""
    positions = np.array([(0, 0, 0), (0.25, 0.25, 0.25)])
    cell, site = expand(space_group(216), positions)
    assert is_exactly(space_group(216), cell, site)
    assert not is_exactly(space_group(216), cell, np.zeros_like(site))


@cache
def drawn(config: str, count: int, split: str = "test") -> list[Structure]:
    batch = DATASET.draw(config, stream_of(DATASET, config, split), np.arange(count))
    return [structure_of(batch, row) for row in range(count)]


def test_drawn_structures_are_crystals() -> None:
    for structure in drawn("cubic", 20) + drawn("balanced", 38):
        crystal = structure.crystal()  # refuses atoms on top of each other
        assert 2.4 <= structure.lattice_parameter <= 12
        assert len(structure.symbols) <= MOST_SITES
        assert ((structure.b_factors >= 0.2) & (structure.b_factors <= 1.2)).all()
        sizes = np.array([radii()[s] for s in crystal.symbols])
        distances = atom_distances(crystal.positions)
        np.fill_diagonal(distances, 1.0)
        touching = (distances * crystal.lattice_parameter / (sizes[:, None] + sizes)).min()
        # the closest pair touches up to the spread of the lattice parameter
        assert 0.92 - 1e-9 <= touching <= 1.08 + 1e-9


def test_balanced_takes_the_groups_in_turn() -> None:
    assert [s.number for s in drawn("balanced", 38)] == [*NUMBERS, 195, 196]


def test_common_groups_are_common() -> None:
    counts = Counter(s.number for s in drawn("cubic", 120, "train"))
    common = [number for number, _ in counts.most_common(4)]
    assert common[0] == 225
    assert {225, 227, 221} <= set(common)
    assert counts[225] > 120 * 0.2


def test_unseen_kinds_are_kept_apart() -> None:
    assert all(kept(s.prototype) for s in drawn("unseen", 20))
    assert not any(kept(s.prototype) for s in drawn("cubic", 120, "train"))
    assert not any(kept(s.prototype) for s in drawn("balanced", 38))


def test_normalised_has_the_crystals_of_the_default() -> None:
    default = [s.formula() for s in drawn("cubic", 20)]
    assert [s.formula() for s in drawn("normalised", 5)] == default[:5]


def test_structures_come_back_from_their_columns() -> None:
    structures = drawn("cubic", 20)
    again = as_arrays(structures)
    for row, structure in enumerate(structures):
        back = structure_of(again, row)
        assert back.symbols == structure.symbols
        assert back.prototype == structure.prototype
        np.testing.assert_array_equal(back.positions, structure.positions)
        np.testing.assert_array_equal(back.b_factors, structure.b_factors)


def test_formula() -> None:
    positions = np.array([(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)])
    ones = np.ones(3)
    titanate = Structure(221, 3.9, ("Sr", "Ti", "O"), positions, ones, ones, "perovskite")
    assert titanate.formula() == "SrTiO3"
    partly = np.array([0.5, 1.0, 1.0])
    assert Structure(221, 3.9, ("Sr", "Ti", "O"), positions, ones, partly, "").formula() == (
        "Sr0.5TiO3"
    )
