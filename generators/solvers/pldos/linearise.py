"""The density of states of a batch together with its derivative, from one solve of each sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.solvers.pldos import backends, elimination
from mesoinv.generators.solvers.pldos.transport import SolvedBy, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesoinv.generators.solvers.pldos.elimination import Method
    from mesoinv.generators.solvers.pldos.linear_response import LinearResponse
    from mesoinv.generators.solvers.pldos.source_states import Observables
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Linearised(ArrayResult):
    """Transport at some potentials, and how its density of states follows them.

    The factorisations are kept: of 256 × 192 sites about 20 MB a sample at the default tolerance,
    80 MB with every mode.

    Attributes
    ----------
    transport : Transport
        At the potentials.
    responses : tuple
        Rows and the derivative of these, in the order in which they were solved: what a later one
        says of a row is right.
    """

    transport: Transport
    responses: tuple[tuple[IntArray, LinearResponse], ...]

    @property
    def value(self) -> RealArray:
        """The density of states at the potentials, (B, L, W) [1/t]."""
        return self.transport.partial_ldos

    def product(self, change: RealArray) -> RealArray:
        """Return J δV: the change of ρ to first order.

        Parameters
        ----------
        change : (B, L, W) array
            δV [t].

        Returns
        -------
        (B, L, W) array
            [1/t].
        """
        return self._applied(change, lambda response, part: response.product(part))

    def adjoint(self, weight: RealArray) -> RealArray:
        """Return Jᵀ w: the gradient of Σ w ρ with respect to the potential.

        Parameters
        ----------
        weight : (B, L, W) array
            w.

        Returns
        -------
        (B, L, W) array
            In units of w/t².
        """
        return self._applied(weight, lambda response, part: response.adjoint(part))

    def _applied(self, given: RealArray, apply: Callable[[LinearResponse, Any], Any]) -> RealArray:
        out = np.empty(self.transport.partial_ldos.shape)
        for rows, response in self.responses:
            part, basis = given[rows], response.tables["basis"]
            if isinstance(basis, np.ndarray):
                out[rows] = apply(response, part)
            else:
                moved = response.xp.from_numpy(part).to(basis.device)
                out[rows] = apply(response, moved).cpu().numpy()
        return out


def linearise(
    potential: RealArray, strip: Strip, *, tolerance: float, device: str, method: Method
) -> Linearised:
    """Solve a batch of potentials and keep what its derivative needs.

    Parameters
    ----------
    potential, strip, tolerance, device, method
        As for `elimination.eliminate`.

    Raises
    ------
    MesoinvError
        If a sample has a level so near to the Fermi energy that the elimination loses its digits.
    """
    out = Transport.unfilled(potential.shape, SolvedBy.ELIMINATION)
    made: list[tuple[IntArray, LinearResponse]] = []
    owner = np.zeros(len(potential), dtype=np.int64)

    def attempt(rows: IntArray, counts: IntArray, shift: float) -> IntArray:
        lost, first = [rows[:0]], 0
        solved = _solved(potential[rows], counts, strip, tolerance <= 0, device, method, shift)
        for observables, response in solved:
            part = rows[first : first + len(observables.growth)]
            first += len(part)
            lost.append(elimination.keep(out, part, observables, counts, strip.width))
            owner[part] = len(made)
            made.append((part, response))
        return np.concatenate(lost)

    lost = elimination.settle(potential, strip, tolerance, out.error_estimate, attempt)
    if lost.size:
        raise MesoinvError(
            f"Potential {lost[0]} has no derivative here: a level at the Fermi energy leaves the "
            "elimination too few digits."
        )
    # a row that was solved again has a later owner, whose result replaces the earlier one's
    return Linearised(out, tuple(made[number] for number in np.unique(owner)))


def _solved(
    potential: RealArray,
    counts: IntArray,
    strip: Strip,
    exact: bool,
    device: str,
    method: Method,
    shift: float,
) -> Iterator[tuple[Observables, LinearResponse]]:
    if method == "compiled":
        return backends.respond_compiled(potential, counts, strip, exact=exact, shift=shift)
    return backends.respond_torch(potential, counts, strip, exact=exact, device=device, shift=shift)
