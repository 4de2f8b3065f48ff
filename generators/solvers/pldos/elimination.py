"""The fast solver of a strip: mode-space Schur recursion in real arithmetic.

Real but for the open modes of the leads, which are put in at the end; the number of modes follows
from a tolerance (`mode_count`). Rows that lose too many digits are handed back, for another solver.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos import backends, mode_count
from mesoinv.generators.solvers.pldos.transport import SolvedBy, Transport

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.source_states import Observables
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Method = Literal["compiled", "torch"]
Attempt = Callable[[IntArray, IntArray, float], IntArray]

#: Largest element of the real elimination that is accepted, which leaves an error of about 1e-8;
#: above it the sample is solved with the next shift, which moves the levels of the closed strip.
GROWTH = 1e4
SHIFTS = (0.0, 0.6, -0.6, 1.3)


def eliminate(
    potential: RealArray, strip: Strip, *, tolerance: float, device: str, method: Method
) -> tuple[Transport, IntArray]:
    """Solve the scattering problem for a batch of potentials, as far as digits last.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential on the sites [t].
    strip : Strip
        Geometry.
    tolerance : float
        Relative L2 error allowed in `partial_ldos`. 0 keeps every mode, and refines the solution to
        rounding accuracy.
    device : str
        ``"cpu"`` or a torch device such as ``"cuda"``.
    method : {"compiled", "torch"}
        Which code eliminates the columns.

    Returns
    -------
    Transport
        Its rows are valid but for those that follow.
    (n,) array of int
        The rows that lost their digits at every shift, ascending.
    """
    exact = tolerance <= 0
    out = Transport.unfilled(potential.shape, SolvedBy.ELIMINATION)

    def attempt(rows: IntArray, counts: IntArray, shift: float) -> IntArray:
        if method == "compiled":
            solved = backends.solve_compiled(
                potential[rows], counts, strip, exact=exact, shift=shift
            )
        else:
            solved = backends.solve_torch(
                potential[rows], counts, strip, exact=exact, device=device, shift=shift
            )
        return keep(out, rows, solved, counts, strip.width)

    return out, settle(potential, strip, tolerance, out.error_estimate, attempt)


def settle(
    potential: RealArray, strip: Strip, tolerance: float, estimate: RealArray, attempt: Attempt
) -> IntArray:
    """Solve a batch with as many modes, and at such shifts, as every sample needs.

    Parameters
    ----------
    potential, strip, tolerance
        As for `eliminate`.
    estimate : (B,) array
        Relative error of each row, which `attempt` writes.
    attempt : callable
        Given rows, the modes of each column and a shift, solves them; returns the rows that lost
        their digits. A row may be asked for again, with more modes.

    Returns
    -------
    (n,) array of int
        The rows that lost their digits at every shift, ascending.
    """
    bulk = mode_count.first_guess(potential, tolerance, strip)
    lost = np.zeros(len(potential), bool)
    pending = np.arange(len(potential))
    while pending.size:
        for count in np.unique(bulk[pending]):
            rows = pending[bulk[pending] == count]
            counts = mode_count.modes_per_column(int(count), tolerance, strip)
            for shift in SHIFTS:
                rows = attempt(rows, counts, shift)
                if not rows.size:
                    break
            lost[rows] = True
        too_few = (estimate[pending] > tolerance) & (bulk[pending] < strip.width)
        pending = pending[too_few & ~lost[pending]]
        bulk[pending] = np.minimum(bulk[pending] + mode_count.TAIL, strip.width)
    return np.flatnonzero(lost)


def keep(
    out: Transport, rows: IntArray, solved: Observables, counts: IntArray, width: int
) -> IntArray:
    """Store the samples that kept their digits; return the others."""
    good = (solved.growth < GROWTH) & np.isfinite(solved.transmission)
    kept = rows[good]
    out.partial_ldos[kept] = 2 * np.pi * solved.density[good]
    out.transmission[kept] = solved.transmission[good]
    out.reflection[kept] = solved.reflection[good]
    out.error_estimate[kept] = mode_count.tail_estimate(solved.weight[good], counts, width)
    return rows[~good]
