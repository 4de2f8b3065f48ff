"""The fast solver of a strip: mode-space Schur recursion in real arithmetic.

Real but for the open modes of the leads, which are put in at the end; the number of modes follows
from a tolerance (`mode_count`). Rows that lose too many digits are handed back, for another solver.
"""

from __future__ import annotations

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
    bulk = mode_count.first_guess(potential, tolerance, strip)
    out = Transport.unfilled(potential.shape, SolvedBy.ELIMINATION)
    lost = np.zeros(len(potential), bool)
    pending = np.arange(len(potential))
    while pending.size:
        for count in np.unique(bulk[pending]):
            rows = pending[bulk[pending] == count]
            counts = mode_count.modes_per_column(int(count), tolerance, strip)
            for shift in SHIFTS:
                solved = _solve(potential[rows], counts, strip, exact, device, method, shift)
                rows = _keep(out, rows, solved, counts, strip.width)
                if not rows.size:
                    break
            lost[rows] = True
        too_few = (out.error_estimate[pending] > tolerance) & (bulk[pending] < strip.width)
        pending = pending[too_few & ~lost[pending]]
        bulk[pending] = np.minimum(bulk[pending] + mode_count.TAIL, strip.width)
    return out, np.flatnonzero(lost)


def _solve(
    potential: RealArray,
    counts: IntArray,
    strip: Strip,
    exact: bool,
    device: str,
    method: Method,
    shift: float,
) -> Observables:
    if method == "compiled":
        return backends.solve_compiled(potential, counts, strip, exact=exact, shift=shift)
    return backends.solve_torch(potential, counts, strip, exact=exact, device=device, shift=shift)


def _keep(
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
