"""Structures as arrays of one shape, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.lacbed.drawing import MOST_SITES
from mesoinv.generators.solvers.lacbed.scattering_factors import elements
from mesoinv.generators.solvers.lacbed.structures import Structure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: Type of words: formulae and names of prototypes.
WORDS = "<U40"


def as_arrays(structures: list[Structure]) -> dict[str, NDArray[Any]]:
    """Return columns of structures, the first axis the structure; unused sites are zero."""
    count = len(structures)
    symbols = np.zeros((count, MOST_SITES), dtype=np.uint8)
    positions = np.zeros((count, MOST_SITES, 3))
    b_factors, occupancies = np.zeros((2, count, MOST_SITES))
    for row, structure in enumerate(structures):
        used = len(structure.symbols)
        symbols[row, :used] = [1 + elements().index(symbol) for symbol in structure.symbols]
        positions[row, :used] = structure.positions
        b_factors[row, :used] = structure.b_factors
        occupancies[row, :used] = structure.occupancies
    return {
        "lattice_parameter": np.array([s.lattice_parameter for s in structures]),
        "space_group": np.array([s.number for s in structures], dtype=np.int64),
        "prototype": np.array([s.prototype for s in structures], dtype=WORDS),
        "formula": np.array([s.formula() for s in structures], dtype=WORDS),
        "site_element": symbols,
        "site_position": positions,
        "site_b_factor": b_factors,
        "site_occupancy": occupancies,
    }


def structure_of(batch: Mapping[str, NDArray[Any]], row: int) -> Structure:
    """Return the structure of a sample from its columns.

    Parameters
    ----------
    batch : mapping of str to (B, …) array
        Samples.
    row : int
        Which of them.

    Examples
    --------
    >>> import mesoinv
    >>> from mesoinv.generators.lacbed import structure_of
    >>> batch = mesoinv.generate("lacbed", "cubic", split="test", indices=[0])
    >>> bool(structure_of(batch, 0).number == batch["space_group"][0])
    True
    """
    used = np.flatnonzero(batch["site_element"][row])
    return Structure(
        number=int(batch["space_group"][row]),
        lattice_parameter=float(batch["lattice_parameter"][row]),
        symbols=tuple(elements()[n - 1] for n in batch["site_element"][row][used]),
        positions=batch["site_position"][row][used],
        b_factors=batch["site_b_factor"][row][used],
        occupancies=batch["site_occupancy"][row][used],
        prototype=str(batch["prototype"][row]),
    )
