"""The 36 cubic space groups: their operations and Wyckoff positions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Numbers of the cubic groups.
NUMBERS = range(195, 231)
_CENTRINGS = {
    "P": [(0.0, 0.0, 0.0)],
    "I": [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5)],
    "F": [(0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0)],
}
_TERM = re.compile(r"([+-]?)(\d+/\d+|\d+)?([xyz])?")
#: Two positions are one if they are this close, in units of a.
_SAME = 1e-5


@dataclass(frozen=True)
class Wyckoff:
    """A Wyckoff position.

    Attributes
    ----------
    letter : str
        As in the International Tables.
    multiplicity : int
        Atoms in the cell.
    matrix, shift : (3, 3), (3,) arrays
        (x, y, z) -> the first of its positions.
    """

    letter: str
    multiplicity: int
    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    @property
    def free(self) -> bool:
        """Whether an atom on it may move."""
        return bool(self.matrix.any())

    def at(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the first position, within the cell."""
        return np.asarray((self.matrix @ coordinates + self.shift) % 1)


@dataclass(frozen=True)
class SpaceGroup:
    """A cubic space group in its standard setting, with a centre at the origin if it has one.

    Attributes
    ----------
    number : int
        195 to 230.
    symbol : str
        Hermann-Mauguin symbol.
    rotations, shifts : (G, 3, 3), (G, 3) arrays
        Operations, the translations of the centring included.
    positions : tuple of Wyckoff
        The general one first.
    """

    number: int
    symbol: str
    rotations: NDArray[np.float64]
    shifts: NDArray[np.float64]
    positions: tuple[Wyckoff, ...]

    @property
    def centring(self) -> int:
        """Lattice points in the cell: 1, 2 or 4."""
        return len(_CENTRINGS[self.symbol[0]])

    def orbit(self, position: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all positions, (M, 3), that the group makes of one."""
        images = (self.rotations @ position + self.shifts) % 1
        difference = images[:, None] - images[None]
        same = (np.abs(difference - np.round(difference)) < _SAME).all(axis=-1)
        first = np.argmax(same, axis=1) == np.arange(len(images))
        return np.asarray(images[first])


@cache
def space_group(number: int) -> SpaceGroup:
    """Return a cubic space group by its number, 195 to 230."""
    if number not in NUMBERS:
        raise UsageError(f"Cubic space groups have the numbers 195 to 230; got {number}.")
    text = Path(__file__).with_name("cubic_groups.json").read_text(encoding="utf-8")
    entry = json.loads(text)["groups"][str(number)]
    parsed = [_affine(part) for part in entry["operations"].split()]
    centring = np.array(_CENTRINGS[entry["symbol"][0]])
    rotations = np.array([matrix for matrix, _ in parsed])
    shifts = np.array([shift for _, shift in parsed])
    return SpaceGroup(
        number=number,
        symbol=entry["symbol"],
        rotations=np.tile(rotations, (len(centring), 1, 1)),
        shifts=(shifts[None] + centring[:, None]).reshape(-1, 3),
        positions=tuple(
            Wyckoff(letter, multiplicity, *_affine(text))
            for letter, multiplicity, text in entry["positions"]
        ),
    )


def _affine(text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return matrix and shift of ``"x,-y+1/2,z"``."""
    matrix, shift = np.zeros((3, 3)), np.zeros(3)
    for row, expression in enumerate(text.split(",")):
        for sign, number, letter in _TERM.findall(expression.replace(" ", "")):
            if not number and not letter:
                continue
            value = float(Fraction(number or 1)) * (-1 if sign == "-" else 1)
            if letter:
                matrix[row, "xyz".index(letter)] = value
            else:
                shift[row] = value
    return matrix, shift
