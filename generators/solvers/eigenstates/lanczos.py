"""Shift-invert Lanczos with full reorthogonalisation: the levels next to an energy.

Where every level is a Kramers pair, the basis is also kept orthogonal to its time reversed one,
so that each pair comes once.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.eigenstates.inertia import PivotsLostError
from mesoinv.generators.solvers.eigenstates.states import time_reversed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.eigenstates.inertia import Factors

    RealArray = NDArray[np.float64]


@functools.lru_cache(maxsize=4)
def _start(size: int, real: bool) -> NDArray[Any]:
    """Return the same random unit vector every time; it decides nothing but phases."""
    rng = np.random.default_rng(size)
    vector: NDArray[Any] = rng.normal(size=size)
    if not real:
        vector = vector + 1j * rng.normal(size=size)
    return vector / np.linalg.norm(vector)


class Krylov:
    """A Krylov space of (H - σ)⁻¹ that grows on demand.

    Parameters
    ----------
    factors : Factors
        Of H - σ.
    size : int
        n, the rows of H.
    pairs : bool
        Whether levels are Kramers pairs.
    real : bool
        Whether H is.
    """

    def __init__(
        self, factors: Factors, size: int, *, pairs: bool = False, real: bool = False
    ) -> None:
        self.factors, self.size, self.pairs = factors, size, pairs
        self._copies = 2 if pairs else 1
        self._basis = np.empty((32 * self._copies, size), dtype=float if real else complex)
        self._alpha: list[float] = []
        self._beta: list[float] = []
        self.exhausted = False
        self._append(_start(size, real))

    @property
    def steps(self) -> int:
        """How often the inverse was applied."""
        return len(self._alpha)

    def _append(self, vector: NDArray[Any]) -> None:
        row = self._copies * self.steps
        if row == len(self._basis):
            self._basis = np.concatenate([self._basis, np.empty_like(self._basis)])
        self._basis[row] = vector
        if self.pairs:
            self._basis[row + 1] = time_reversed(vector)

    def extend(self, steps: int) -> None:
        """Apply the inverse so many times more, or until the space is invariant."""
        most = self.size // self._copies
        for _ in range(min(steps, most - self.steps)):
            if self.exhausted:
                return
            self._step()
        self.exhausted = self.exhausted or self.steps >= most

    def _step(self) -> None:
        row = self._copies * self.steps
        current = self._basis[row]
        vector = self.factors.solve(current)
        length = np.linalg.norm(vector)
        alpha = float(np.vdot(current, vector).real)
        vector = vector - alpha * current
        if self._beta:
            vector -= self._beta[-1] * self._basis[row - self._copies]
        basis = self._basis[: row + self._copies]
        vector -= (basis @ vector.conj()).conj() @ basis
        beta = float(np.linalg.norm(vector))
        if not np.isfinite(beta):
            raise PivotsLostError(f"The inverse of H - {self.factors.shift:g} overflows.")
        self._alpha.append(alpha)
        self._beta.append(beta)
        if beta <= 1e-13 * length:
            self.exhausted = True
        else:
            self._append(vector / beta)

    def ritz(self) -> tuple[RealArray, RealArray, RealArray]:
        """Return what the space knows of the levels, in ascending order.

        Returns
        -------
        energies : (k,) array
            Ritz values of H.
        errors : (k,) array
            Size of the residual of the inverse, relative: below 1 near convergence.
        coefficients : (steps, k) array
            Of the Ritz vectors in the basis.
        """
        from scipy.linalg import eigh_tridiagonal  # noqa: PLC0415  (slow to import)

        values, vectors = eigh_tridiagonal(np.array(self._alpha), np.array(self._beta[:-1]))
        with np.errstate(divide="ignore"):
            errors = abs(self._beta[-1] * vectors[-1] / values)
            energies = self.factors.shift + 1 / values
        order = np.argsort(energies)
        return energies[order], errors[order], vectors[:, order]

    def vectors(self, coefficients: RealArray) -> NDArray[Any]:
        """Return states from their coefficients, shape (n, k)."""
        basis = self._basis[: self._copies * self.steps : self._copies]
        lifted: NDArray[Any] = (coefficients.T.astype(basis.dtype) @ basis).T
        return lifted
