"""Factorisations of real symmetric sparse matrices by MKL's Pardiso [1]_, with their inertia.

Within dense blocks Pardiso swaps rows for the sake of pivots (Bunch and Kaufman), and it counts the
negative ones. Where it had to change a pivot the factorisation is lost. What rounding costs is not
bounded beforehand, as in `inertia`, but measured: the residuals of a few linear systems.

References
----------
.. [1] O. Schenk and K. Gärtner, "Solving unsymmetric sparse systems of linear equations with
   PARDISO", Future Gener. Comput. Syst. 20, 475 (2004).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.solvers.eigenstates.inertia import PivotsLostError
from mesoinv.generators.solvers.eigenstates.probing import probed

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray
    from scipy import sparse

    from mesoinv.generators.solvers.eigenstates.inertia import Factors

    RealArray = NDArray[np.float64]

#: Of the matrix, and phases, in Pardiso's numbering.
_SYMMETRIC, _ANALYSE, _FACTORISE, _SOLVE, _RELEASE = -2, 11, 22, 33, -1
#: Places in Pardiso's list of options and results, counted from 0: whether it is filled in, the
#: ordering, the refinement, the size of changed pivots, their number, memory [KiB], whether to
#: count the factor's entries, pivots of 2 × 2, negative ones.
_GIVEN, _ORDERING, _REFINED, _TINY, _CHANGED, _FIXED, _GROWING = 0, 1, 7, 9, 13, 15, 16
_ENTRIES, _PIVOTING, _NEGATIVE = 17, 20, 22


class Pardiso:
    """Matrices of one pattern: analysed once, factorised as often as asked.

    It holds one factorisation at a time; that of another shift is made again when it is used.

    Parameters
    ----------
    matrix : (n, n) csc_matrix
        H, real and symmetric, with a diagonal that is stored; others may differ from it in that
        alone.
    """

    def __init__(self, matrix: sparse.csc_matrix) -> None:
        from pypardiso import PyPardisoSolver  # noqa: PLC0415  (an extra)
        from scipy import sparse  # noqa: PLC0415  (slow to import)

        self._solver: Any = PyPardisoSolver(mtype=_SYMMETRIC)
        options = self._solver.iparm
        options[_GIVEN], options[_ORDERING], options[_REFINED] = 1, 2, 0
        options[_TINY], options[_ENTRIES], options[_PIVOTING] = 10, -1, 1
        self._upper = sparse.triu(matrix, format="csr")
        self._upper.sort_indices()
        self._diagonal = self._upper.indptr[:-1]
        self._held: tuple[sparse.csc_matrix, float] | None = None
        self._call(_ANALYSE, np.zeros(matrix.shape[0]))

    def _call(self, phase: int, right: RealArray) -> RealArray:
        self._solver.set_phase(phase)
        # what the public methods do, but for the phases, which they put together
        solution: RealArray = self._solver._call_pardiso(self._upper, np.asfortranarray(right))
        return solution

    @property
    def bytes_needed(self) -> int:
        """Memory that a factorisation takes, known from the analysis [bytes]."""
        return 1024 * int(self._solver.iparm[_FIXED] + self._solver.iparm[_GROWING])

    def _hold(self, matrix: sparse.csc_matrix, shift: float) -> None:
        if self._held is not None and self._held[0] is matrix and self._held[1] == shift:
            return
        self._held = None
        self._upper.data[self._diagonal] = matrix.diagonal() - shift
        self._call(_FACTORISE, np.zeros(self._upper.shape[0]))
        self._held = matrix, shift

    def _solve(self, matrix: sparse.csc_matrix, shift: float, right: RealArray) -> RealArray:
        self._hold(matrix, shift)
        return self._call(_SOLVE, right)

    def factorise(self, matrix: sparse.csc_matrix, shift: float) -> Factors:
        """Factorise H - σ and count its negative pivots, as `inertia.factorise` does.

        Parameters
        ----------
        matrix : (n, n) csc_matrix
            The one that it was made with, or another that differs in its diagonal alone.
        shift : float
            σ.

        Raises
        ------
        PivotsLostError
            If a pivot had to be changed, or so many digits are lost that the count means nothing.
        """
        if matrix.shape != self._upper.shape:
            raise MesoinvError(f"The matrix has shape {matrix.shape}, not {self._upper.shape}.")
        self._hold(matrix, shift)
        if changed := int(self._solver.iparm[_CHANGED]):
            raise PivotsLostError(f"{changed} pivots of H - {shift:g} are as small as rounding.")
        below = int(self._solver.iparm[_NEGATIVE])
        return probed(matrix, shift, below, lambda right: self._solve(matrix, shift, right))

    def release(self) -> None:
        """Give MKL's memory back."""
        self._held = None
        self._call(_RELEASE, np.zeros(self._upper.shape[0]))
