"""States around one shift: found by Lanczos, numbered by the pivots of two more shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.eigenstates.inertia import (
    Factors,
    PivotsLostError,
    factorise,
    largest_entry,
)
from mesoinv.generators.solvers.eigenstates.lanczos import Krylov
from mesoinv.generators.solvers.eigenstates.refinement import refined
from mesoinv.generators.solvers.eigenstates.states import NotProvenError, numbered, whole_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    from mesoinv.generators.solvers.eigenstates.inertia import Factoriser
    from mesoinv.generators.solvers.eigenstates.states import States

    RealArray = NDArray[np.float64]
    #: Chooses the first and the last place that are wanted among those known, place -> energy.
    Choice = Callable[[dict[int, float]], tuple[int, int]]

#: Levels between the shift and the wanted ones that are not worth another factorisation.
NEARBY = 16
#: Relative residuals of the inverse for states that are wanted, and for those next to them.
CONVERGED, KNOWN = 1e-13, 1e-4
#: Largest residual of a proven state, in units of the matrix.
RESIDUAL = 1e-11
#: Where in a gap the levels are counted: in its middle, or elsewhere if pivots are lost there.
FRACTIONS = (0.5, 0.37, 0.61, 0.24, 0.73, 0.13)


class Search:
    """Finds and proves states around one shift.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        H.
    factors : Factors
        Of H - σ.
    pairs : bool
        Whether levels are Kramers pairs.
    factoriser : callable, optional
        Makes the factorisations that the proof needs; SuperLU by default.
    """

    def __init__(
        self,
        matrix: sparse.csc_matrix,
        factors: Factors,
        pairs: bool,
        factoriser: Factoriser | None = None,
    ) -> None:
        if pairs and factors.below % 2:
            raise NotProvenError("Rounding has split a Kramers pair.")
        self.matrix, self.factors, self.pairs = matrix, factors, pairs
        self.each = 2 if pairs else 1
        self.scale = largest_entry(matrix)
        self.factoriser = factoriser
        real = not np.iscomplexobj(matrix.data)
        self.krylov = Krylov(factors, matrix.shape[0], pairs=pairs, real=real)

    def range(self, first: int, last: int) -> States:
        """Return the levels `first` … `last`, whole pairs."""
        below, each = self.factors.below, self.each
        start, stop = (first - below) // each, (last + 1 - below) // each - 1
        return self._search(max(stop, -start), lambda _: (start, stop), None)

    def nearest(self, energy: float) -> States:
        """Return the level, or the pair, nearest to an energy."""

        def choose(places: dict[int, float]) -> tuple[int, int]:
            place = min(places, key=lambda p: abs(places[p] - energy))
            # with all between it and the shift, whose own pivots may then count one side
            return min(place, 0), max(place, -1)

        states = self._search(1, choose, energy)
        number = states.first + int(abs(states.energies - energy).argmin())
        return states.select(*(whole_pairs(number, number) if self.pairs else (number, number)))

    def _search(self, reach: int, choose: Choice, mirror: float | None) -> States:
        self.krylov.extend(20 + 4 * reach)
        for _ in range(12):
            energies, errors, coefficients = self.krylov.ritz()
            # places are counted from the shift: 0 is the first level above it
            zero = int((energies < self.factors.shift).sum())
            places_known = np.flatnonzero(errors < KNOWN)
            places = {int(k) - zero: float(energies[k]) for k in places_known}
            if places:
                start, stop = choose(places)
                if self._is_ready(places, errors, zero, (start, stop)):
                    states = self._proven((start, stop), places, coefficients, zero, mirror)
                    if states is not None:
                        return states
            if self.krylov.exhausted:
                break
            self.krylov.extend(8 + reach)
        raise NotProvenError("The levels found do not agree with the number of levels there are.")

    def _is_ready(
        self, places: dict[int, float], errors: RealArray, zero: int, wanted: tuple[int, int]
    ) -> bool:
        start, stop = wanted
        around = range(start - (not self._at_bottom(start)), stop + 1 + (not self._at_top(stop)))
        return all(place in places for place in around) and all(
            errors[zero + place] < CONVERGED for place in range(start, stop + 1)
        )

    def _number(self, place: int) -> int:
        return self.factors.below + self.each * place

    def _at_bottom(self, place: int) -> bool:
        return self._number(place) == 0

    def _at_top(self, place: int) -> bool:
        return self._number(place + 1) == self.matrix.shape[0]

    def _proven(
        self,
        wanted: tuple[int, int],
        places: dict[int, float],
        coefficients: RealArray,
        zero: int,
        mirror: float | None,
    ) -> States | None:
        start, stop = wanted
        # all levels from the shift to beyond the wanted ones: inverse iteration would favour those
        # nearer to the shift than they are
        near = [p for p in sorted(places) if min(start - 1, -1) <= p <= max(stop + 1, 0)]
        vectors = self.krylov.vectors(coefficients[:, [zero + place for place in near]])
        energies, vectors, residuals = refined(self.matrix, self.factors, vectors, self.pairs)
        at = near.index(start)
        part = slice(self.each * at, self.each * (at + stop + 1 - start))
        energy, residual = energies[part], residuals[part]
        if residual.max() > RESIDUAL * self.scale:
            return None
        low, high = float(energy[0]), float(energy[-1])
        if mirror is not None:  # nothing may be nearer on the other side either
            distance = float(abs(energy - mirror).min())
            low, high = min(low, mirror - distance), max(high, mirror + distance)
        first, end = self._number(start), self._number(stop + 1)
        error = float(residual.max())
        if self._counted(low, places.get(start - 1), -1, error) != first:
            return None
        if self._counted(high, places.get(stop + 1), 1, error) != end:
            return None
        return numbered(first, energy, vectors[:, part], residual, "ldl")

    def _counted(self, edge: float, other: float | None, sign: int, error: float) -> int | None:
        """Count the levels below an energy in the gap between an edge and the level beyond it."""
        gap = 0.1 * self.scale if other is None else sign * (other - edge)
        away = sign * (self.factors.shift - edge)
        if self.factors.margin + error < min(away, gap - away):
            return self.factors.below
        for fraction in FRACTIONS:
            away = fraction * gap
            try:
                factors = (self.factoriser or factorise)(self.matrix, edge + sign * away)
            except PivotsLostError:
                continue
            if factors.margin + error < min(away, gap - away):
                return factors.below
        return None
