"""Transport through a strip, as every one of its solvers returns it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.array_result import ArrayResult

RealArray = NDArray[np.float64]


class SolvedBy(IntEnum):
    """Which solver computed a row."""

    #: the fast elimination in real arithmetic, `elimination`
    ELIMINATION = 0
    #: the complex recursion, `complex_recursion`: asked for, or because the elimination lost digits
    RECURSION = 1
    #: kwant, `kwant_reference`
    KWANT = 2


@dataclass(frozen=True, repr=False)
class Transport(ArrayResult):
    """Transport at the Fermi energy, of electrons from the source.

    Attributes
    ----------
    partial_ldos : (B, L, W) array
        2π Σ |ψ|² over the open modes of the source, each of unit flux [1/t].
    transmission, reflection : (B,) arrays
        Summed over all modes; their sum is the number of open modes.
    error_estimate : (B,) array
        Estimate of the relative L2 error of `partial_ldos` by the truncation of modes.
    solved_by : (B,) array of uint8
        A `SolvedBy` for each row.
    """

    partial_ldos: RealArray
    transmission: RealArray
    reflection: RealArray
    error_estimate: RealArray
    solved_by: NDArray[np.uint8]

    @classmethod
    def unfilled(cls, shape: tuple[int, ...], solved_by: SolvedBy) -> Transport:
        """Return arrays for potentials (B, L, W) that a solver writes its rows into.

        Parameters
        ----------
        shape : (int, int, int)
            B, L and W.
        solved_by : SolvedBy
            The solver.

        Returns
        -------
        Transport
            ``error_estimate`` is 0, the other numbers are whatever the memory held.
        """
        batch = shape[0]
        return cls(
            partial_ldos=np.empty(shape),
            transmission=np.empty(batch),
            reflection=np.empty(batch),
            error_estimate=np.zeros(batch),
            solved_by=np.full(batch, solved_by, np.uint8),
        )

    def put(self, rows: NDArray[np.int64], other: Transport) -> None:
        """Replace some rows by all rows of another result, labels included."""
        for field in dataclasses.fields(self):
            getattr(self, field.name)[rows] = getattr(other, field.name)
