"""Structures: a space group, a lattice parameter and the sites of the asymmetric unit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.lacbed.crystal import Crystal
from mesoinv.generators.solvers.lacbed.cubic_groups import SpaceGroup, space_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SWAP = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
#: With any of these a structure has more than the point group 23, m-3, 432 or -43m.
_MORE = (-np.eye(3), _SWAP, -_SWAP)


@dataclass(frozen=True)
class Structure:
    """A cubic structure.

    Attributes
    ----------
    number : int
        Space group, 195 to 230.
    lattice_parameter : float
        a [Å].
    symbols : tuple of str
        Element of each of the S sites.
    positions : (S, 3) array
        One position of each site, in units of a.
    b_factors, occupancies : (S,) arrays
        Debye-Waller factors [Å²] and occupancies.
    prototype : str
        Name of the prototype, or the Wyckoff letters.
    """

    number: int
    lattice_parameter: float
    symbols: tuple[str, ...]
    positions: NDArray[np.float64]
    b_factors: NDArray[np.float64]
    occupancies: NDArray[np.float64]
    prototype: str

    def crystal(self) -> Crystal:
        """Return the cell with all of its atoms."""
        cell, site = expand(space_group(self.number), self.positions)
        return Crystal(
            self.lattice_parameter,
            tuple(self.symbols[s] for s in site),
            cell,
            self.b_factors[site],
            self.occupancies[site],
        )

    def formula(self) -> str:
        """Return the elements of a cell with their numbers over the greatest common divisor."""
        _, site = expand(space_group(self.number), self.positions)
        amounts: dict[str, float] = {}
        for s in site:
            amounts[self.symbols[s]] = amounts.get(self.symbols[s], 0.0) + self.occupancies[s]
        whole = all(abs(n - round(n)) < 1e-6 for n in amounts.values())
        divisor = float(np.gcd.reduce([round(n) for n in amounts.values()])) if whole else 1.0
        parts = [(symbol, amount / divisor) for symbol, amount in amounts.items()]
        return "".join(symbol + ("" if n == 1 else f"{n:g}") for symbol, n in parts)


@dataclass(frozen=True)
class Prototype:
    """A known structure whose elements may be exchanged.

    Attributes
    ----------
    name : str
        AFLOW's: stoichiometry, Pearson symbol, space group, Wyckoff letters.
    mineral : str
        Name or empty.
    number : int
        Space group.
    lattice_parameter : float
        Of the original [Å].
    symbols : tuple of str
        Elements of the original's sites.
    positions : (S, 3) array
        One position of each site.
    """

    name: str
    mineral: str
    number: int
    lattice_parameter: float
    symbols: tuple[str, ...]
    positions: NDArray[np.float64]


@cache
def prototypes() -> tuple[Prototype, ...]:
    """Return the cubic prototypes, but one that the library gives with atoms too close."""
    text = Path(__file__).with_name("prototypes.json").read_text(encoding="utf-8")
    return tuple(
        Prototype(
            entry["name"],
            entry["mineral"],
            entry["space_group"],
            entry["lattice_parameter"],
            tuple(symbol for symbol, _ in entry["sites"]),
            np.array([position for _, position in entry["sites"]]),
        )
        for entry in json.loads(text)["prototypes"]
    )


@cache
def radii() -> dict[str, float]:
    """Return Slater's atomic radii [Å]; elements without one form no crystals here."""
    text = Path(__file__).with_name("radii.json").read_text(encoding="utf-8")
    return dict(json.loads(text)["radii"])


def expand(
    group: SpaceGroup, positions: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return all atoms of a cell, (N, 3), and the site of each."""
    orbits = [group.orbit(position) for position in positions]
    site = np.repeat(np.arange(len(orbits)), [len(o) for o in orbits])
    return np.concatenate(orbits), site


def is_exactly(group: SpaceGroup, cell: NDArray[np.float64], kinds: NDArray[np.int64]) -> bool:
    """Whether a structure of atoms of some kinds has no symmetry beyond its group."""
    own = {tuple(np.round(r).astype(int).ravel()) for r in group.rotations}
    for operation in _MORE:
        if tuple(operation.astype(int).ravel()) in own:
            continue
        if _shifts(operation, cell, kinds, most=1):
            return False
    return len(_shifts(np.eye(3), cell, kinds, most=group.centring + 1)) == group.centring


def _shifts(
    operation: NDArray[np.float64], cell: NDArray[np.float64], kinds: NDArray[np.int64], most: int
) -> list[NDArray[np.float64]]:
    """Return shifts that, after an operation, map every atom onto one of its kind."""
    names, counts = np.unique(kinds, return_counts=True)
    rarest = cell[kinds == names[np.argmin(counts)]]
    image = cell @ operation.T
    places = {_place(p, k) for p, k in zip(cell, kinds, strict=True)}
    start = image[kinds == names[np.argmin(counts)]][0]
    shifts: list[NDArray[np.float64]] = []
    for other in rarest:
        shift = other - start
        if all(_place(p + shift, k) in places for p, k in zip(image, kinds, strict=True)):
            shifts.append(shift)
            if len(shifts) == most:
                break
    return shifts


def _place(position: NDArray[np.float64], kind: int) -> tuple[int, ...]:
    # 1/24 of the cell is a whole number of steps, so special positions never lie on an edge
    return (*(np.floor(position * 2400 + 0.5).astype(int) % 2400).tolist(), int(kind))
