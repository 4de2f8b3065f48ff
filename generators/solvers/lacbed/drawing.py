"""Structures from random numbers: decorated prototypes and atoms on Wyckoff positions.

All that is decided from a number is decided by comparisons of sums, products and square roots, so
that a structure is the same on every machine.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.lacbed.crystal import CLOSEST, atom_distances
from mesoinv.generators.solvers.lacbed.cubic_groups import NUMBERS, SpaceGroup, Wyckoff, space_group
from mesoinv.generators.solvers.lacbed.scattering_factors import elements
from mesoinv.generators.solvers.lacbed.structures import (
    Prototype,
    Structure,
    expand,
    is_exactly,
    prototypes,
    radii,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Numbers that one attempt takes, and sites that a structure has at most.
NUMBERS_NEEDED, MOST_SITES = 64, 8
#: How common the groups are in `common`: an approximation of how inorganic compounds are
#: distributed. A few groups hold most of them.
_COMMON = {
    225: 300.0, 227: 210.0, 221: 180.0, 216: 90.0, 229: 40.0, 230: 35.0, 223: 30.0, 217: 20.0,
    205: 18.0, 198: 18.0, 206: 15.0, 220: 14.0, 204: 12.0, 215: 8.0, 226: 7.0, 224: 4.0, 213: 4.0,
    200: 3.0, 218: 3.0, 212: 3.0, 197: 3.0, 199: 3.0, 219: 3.0, 202: 2.0, 203: 2.0, 214: 2.0,
    228: 2.0, 222: 1.5, 201: 1.5, 196: 1.5, 195: 1.5, 207: 1.0, 208: 1.0, 209: 1.0, 210: 1.0,
    211: 1.0,
}  # fmt: skip
#: Cells [Å] and the part of them that spheres of the atomic radii fill, as real crystals have them.
_CELLS, _FILLED = (2.4, 12.0), (0.25, 2.0)
#: The largest cell over the root of its lattice points [Å], and the most beams that a pattern may
#: need by the rule of `_beams_needed`: beyond them it takes minutes.
_LARGEST_PRIMITIVE, _MOST_BEAMS = 7.2, 900.0
_MOST_ATOMS = 48
_B_FACTORS = (0.2, 1.2)
#: Part of the structures that are prototypes, of groups that have some; trials of the others.
_DECORATED, _MOST_TRIALS = 0.6, 100_000
#: Trials after which group and kind are decided anew: some have no structure that is unseen.
_REDECIDE = 2000
#: Elements that exchange each other have radii this close, relative to the original's.
_SIMILAR = 0.15
#: One in so many prototypes and combinations of positions is kept for the split that is unseen.
_KEPT = 8


@dataclass(frozen=True)
class Sampling:
    """Which structures are drawn.

    Attributes
    ----------
    balanced : bool
        The 36 groups in turn, else as common as in nature.
    unseen : bool
        Prototypes and combinations of Wyckoff positions that are kept from all other sampling.
    """

    balanced: bool = False
    unseen: bool = False


class _Numbers:
    """Random numbers, taken one after the other."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self._values = values
        self._at = 0

    def next(self) -> float:
        value = float(self._values[self._at % len(self._values)])
        self._at += 1
        return value

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.next()

    def below(self, count: int) -> int:
        return min(int(self.next() * count), count - 1)

    def weighted(self, weights: list[float]) -> int:
        target, total = self.next() * sum(weights), 0.0
        for place, weight in enumerate(weights):
            total += weight
            if target < total:
                return place
        return len(weights) - 1


def draw_structure(
    sampling: Sampling, turn: int, numbers_of: Callable[[int], NDArray[np.float64]]
) -> Structure:
    """Return the structure of a sample.

    Parameters
    ----------
    sampling : Sampling
        Which structures are drawn.
    turn : int
        Place of the group in `NUMBERS`, if the groups come in turn.
    numbers_of : callable
        Channel -> `NUMBERS_NEEDED` numbers, uniform in (0, 1). The first channel decides on group
        and kind; from each further one a structure is tried, until one is sensible.
    """
    for channel in range(_MOST_TRIALS):
        numbers = _Numbers(numbers_of(channel))
        if channel % _REDECIDE == 0:
            group, prototype = _decided(sampling, turn, numbers)
        else:
            structure = (
                _decorated(prototype, numbers)
                if prototype
                else _built(group, numbers, unseen=sampling.unseen)
            )
            if structure:
                return structure
    raise ArithmeticError(f"no structure after {_MOST_TRIALS} trials")


def _decided(
    sampling: Sampling, turn: int, numbers: _Numbers
) -> tuple[SpaceGroup, Prototype | None]:
    """Return the group, and the prototype unless atoms are put on Wyckoff positions."""
    number = NUMBERS[turn]
    if not sampling.balanced:
        common = list(_COMMON)
        number = common[numbers.weighted([_COMMON[n] for n in common])]
    known = [
        p
        for p in prototypes()
        if p.number == number
        and kept(p.name) == sampling.unseen
        and p.lattice_parameter <= 0.9 * _largest(space_group(number))
    ]
    chosen = known and numbers.next() < _DECORATED
    return space_group(number), known[numbers.below(len(known))] if chosen else None


def _largest(group: SpaceGroup) -> float:
    return min(_CELLS[1], _LARGEST_PRIMITIVE * float(np.sqrt(group.centring)))


def _beams_needed(side: float, group: SpaceGroup, symbols: tuple[str, ...]) -> float:
    """Return about how many beams give a pattern to a percent: heavier atoms scatter farther."""
    heaviest = 1 + max(elements().index(symbol) for symbol in symbols)
    return float(np.pi * side**2 / group.centring * (1.9 + heaviest / 33) ** 2)


def kept(name: str) -> bool:
    """Whether a prototype or a combination of positions is kept for the unseen split."""
    return hashlib.sha256(name.encode()).digest()[0] % _KEPT == 0


def _decorated(prototype: Prototype, numbers: _Numbers) -> Structure | None:
    exchanged: dict[str, str] = {}
    for original in dict.fromkeys(prototype.symbols):
        similar = [
            symbol
            for symbol, radius in radii().items()
            if abs(radius - radii()[original]) <= _SIMILAR * radii()[original]
            and symbol not in exchanged.values()
        ]
        if not similar:
            return None
        exchanged[original] = similar[numbers.below(len(similar))]
    symbols = tuple(exchanged[s] for s in prototype.symbols)
    group = space_group(prototype.number)
    return _finished(group, symbols, prototype.positions, prototype.name, numbers, decorated=True)


def _built(group: SpaceGroup, numbers: _Numbers, *, unseen: bool) -> Structure | None:
    sites = _sites(group, numbers)
    if not sites:
        return None
    name = f"{group.number}_{''.join(sorted(w.letter for w in sites))}"
    if kept(name) != unseen:
        return None
    positions = np.array([w.at(np.array([numbers.next() for _ in range(3)])) for w in sites])
    species = 1 + numbers.below(min(4, len(sites)))
    elements = list(radii())
    chosen: list[str] = []
    while len(chosen) < species:
        symbol = elements[numbers.below(len(elements))]
        if symbol not in chosen:
            chosen.append(symbol)
    symbols = tuple(chosen[i % species] for i in range(len(sites)))
    return _finished(group, symbols, positions, name, numbers, decorated=False)


def _sites(group: SpaceGroup, numbers: _Numbers) -> list[Wyckoff]:
    """Return Wyckoff positions of at most `_MOST_ATOMS` atoms a lattice point."""
    # positions of few atoms are the common ones, but some groups need the others to be themselves
    few = numbers.next() < 0.7
    wanted = 1 + numbers.weighted([2.0, 5.0, 5.0, 3.0, 1.0])
    most = _MOST_ATOMS * group.centring
    left = list(group.positions)
    sites: list[Wyckoff] = []
    for _ in range(wanted):
        atoms = sum(w.multiplicity for w in sites)
        fitting = [w for w in left if atoms + w.multiplicity <= most]
        if not fitting:
            break
        place = numbers.weighted([1.0 / np.sqrt(w.multiplicity) if few else 1.0 for w in fitting])
        sites.append(fitting[place])
        if not fitting[place].free:
            left.remove(fitting[place])
    return sites


def _finished(
    group: SpaceGroup,
    symbols: tuple[str, ...],
    positions: NDArray[np.float64],
    name: str,
    numbers: _Numbers,
    *,
    decorated: bool,
) -> Structure | None:
    """Return the structure with a lattice parameter at which its atoms touch, if that is one."""
    cell, site = expand(group, positions)
    sizes = np.array([radii()[symbols[s]] for s in site])
    distances = atom_distances(cell)
    # atoms touch their own images one lattice parameter away
    np.fill_diagonal(distances, 1.0)
    if distances.min() < 1e-3:
        return None
    spacing = numbers.between(0.92, 1.08)
    side = float(((sizes[:, None] + sizes[None, :]) / distances).max()) * spacing
    filled = float((4 / 3 * np.pi * sizes**3).sum()) / side**3
    if not _CELLS[0] <= side <= _largest(group) or distances.min() * side < CLOSEST:
        return None
    if _beams_needed(side, group, symbols) > _MOST_BEAMS:
        return None
    if not decorated and not _FILLED[0] <= filled <= _FILLED[1]:
        return None
    order = sorted(set(symbols))
    if not is_exactly(group, cell, np.array([order.index(symbols[s]) for s in site])):
        return None
    low, high = _B_FACTORS
    return Structure(
        number=group.number,
        lattice_parameter=side,
        symbols=symbols,
        positions=positions,
        b_factors=np.array([numbers.between(low, high) for _ in symbols]),
        occupancies=np.ones(len(symbols)),
        prototype=name,
    )
