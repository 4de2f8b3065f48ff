"""Scattering states of a strip: partial local density of states, transmission and reflection.

The fast elimination solves nearly every row. The few that it hands back are solved by the complex
recursion, which also serves as its reference, so each row says which of the two computed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.complex_recursion import scatter_complex
from mesoinv.generators.solvers.pldos.elimination import Method, eliminate
from mesoinv.generators.solvers.pldos.strip import Strip

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.transport import Transport

RealArray = NDArray[np.float64]

#: Relative L2 error of the density of states that the default number of modes stays below.
TOLERANCE = 3e-4


def scatter(
    potential: RealArray,
    strip: Strip | None = None,
    *,
    tolerance: float = TOLERANCE,
    device: str = "cpu",
    method: Method | None = None,
) -> Transport:
    """Solve the scattering problem for a batch of potentials.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential on the sites [t].
    strip : Strip, optional
        Geometry; the paper's by default.
    tolerance : float
        Relative L2 error allowed in `partial_ldos`. 0 keeps every mode, and refines the solution to
        rounding accuracy.
    device : str
        ``"cpu"`` or a torch device such as ``"cuda"``.
    method : {"compiled", "torch"}, optional
        Which code eliminates the columns; by default the compiled one on the CPU.

    Returns
    -------
    Transport
        ``solved_by`` is `SolvedBy.ELIMINATION`, or `SolvedBy.RECURSION` in rows with a level that
        no shift of the elimination moves; those have every mode and an ``error_estimate`` of 0.
    """
    strip = strip or Strip()
    method = method or ("compiled" if device == "cpu" else "torch")
    out, lost = eliminate(potential, strip, tolerance=tolerance, device=device, method=method)
    if lost.size:
        out.put(lost, scatter_complex(potential[lost], strip))
    return out
