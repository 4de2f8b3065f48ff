"""A crystal with a cubic cell, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.lacbed.scattering_factors import elements

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Atoms of one position that share it, such as Na and K on one site, are this close [Å].
_SAME = 1e-3
#: Atoms of different positions are farther from each other than this [Å].
CLOSEST = 0.5
#: Cubic cells of real crystals have 2.5 to 40 Å.
_CELLS = (1.0, 100.0)


@dataclass(frozen=True, eq=False)
class Crystal:
    """A cubic cell and its atoms.

    Attributes
    ----------
    lattice_parameter : float
        a [Å].
    symbols : sequence of str
        Elements of the N atoms of the cell.
    positions : (N, 3) array_like
        In units of a; any integers may be added.
    b_factors : (N,) array_like
        Debye-Waller factors B = 8π²⟨u²⟩ [Å²].
    occupancies : (N,) array_like
        Above 0, at most 1. Several elements may share a position, together at most 1.

    Raises
    ------
    UsageError
        If anything is not so, or atoms are on top of each other.
    """

    lattice_parameter: float
    symbols: tuple[str, ...]
    positions: NDArray[np.float64]
    b_factors: NDArray[np.float64]
    occupancies: NDArray[np.float64]

    def __init__(
        self,
        lattice_parameter: float | ArrayLike,
        symbols: tuple[str, ...] | list[str],
        positions: ArrayLike,
        b_factors: ArrayLike,
        occupancies: ArrayLike | None = None,
    ) -> None:
        count = len(symbols)
        values = {
            "lattice_parameter": _cubic(lattice_parameter),
            "symbols": tuple(symbols),
            "positions": real_array(positions, "positions") if count else np.zeros((0, 3)),
            "b_factors": real_array(b_factors, "B factors"),
            "occupancies": real_array(
                np.ones(count) if occupancies is None else occupancies, "occupancies"
            ),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        _check_atoms(self)
        _check_distances(self)


def _cubic(lattice_parameter: ArrayLike) -> float:
    array = real_array(lattice_parameter, "lattice parameter")
    several = array.size != 1
    if several and not (array.ndim == 1 and len(array) and np.allclose(array, array[0], rtol=1e-6)):
        raise UsageError(f"A cubic cell has one lattice parameter; got {array.tolist()}.")
    value = float(array.flat[0])
    if not _CELLS[0] <= value <= _CELLS[1]:
        raise UsageError(f"A lattice parameter is {_CELLS[0]:g} to {_CELLS[1]:g} Å; got {value}.")
    return value


def _check_atoms(crystal: Crystal) -> None:
    count = len(crystal.symbols)
    if not count:
        raise UsageError("A crystal needs at least one atom.")
    if unknown := sorted(set(crystal.symbols) - set(elements())):
        raise UsageError(f"There are scattering factors of H to Lr; got {', '.join(unknown)}.")
    shapes = {"positions": (count, 3), "b_factors": (count,), "occupancies": (count,)}
    for name, shape in shapes.items():
        array = getattr(crystal, name)
        if array.shape != shape:
            raise UsageError(f"{count} atoms need {name} of shape {shape}; got {array.shape}.")
        if not np.isfinite(array).all():
            raise UsageError(f"The {name} of a crystal are finite numbers.")
    if (crystal.b_factors < 0).any():
        raise UsageError(f"B factors are 0 or more; got {crystal.b_factors.min():g} Å².")
    if not ((crystal.occupancies > 0) & (crystal.occupancies <= 1)).all():
        raise UsageError("Occupancies are above 0 and at most 1.")


def _check_distances(crystal: Crystal) -> None:
    distances = atom_distances(crystal.positions) * crystal.lattice_parameter
    np.fill_diagonal(distances, np.inf)
    same = distances < _SAME
    close = (distances < CLOSEST) & ~same
    if close.any():
        first, second = np.argwhere(close)[0]
        raise UsageError(
            f"Atoms {first} and {second} are {distances[first, second]:.3f} Å from each other; "
            f"atoms share a position or are {CLOSEST} Å apart at least."
        )
    together = crystal.occupancies + same @ crystal.occupancies
    if (together > 1 + 1e-6).any():
        atom = int(np.argmax(together))
        raise UsageError(f"The occupancies at the position of atom {atom} sum up to more than 1.")


def atom_distances(
    positions: NDArray[np.float64], others: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the smallest distances, over all images, of atoms in a cubic cell in units of a."""
    difference = positions[:, None] - (positions if others is None else others)[None]
    difference -= np.round(difference)
    return np.asarray(np.sqrt((difference**2).sum(axis=-1)))
