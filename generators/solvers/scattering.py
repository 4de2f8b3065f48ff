"""Scattering states of a strip: partial local density of states, transmission and reflection.

Mode-space Schur recursion in real arithmetic, but for the open modes of the leads, which are put in
at the end; the number of modes follows from a tolerance (`mode_count`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers import engines, mode_count
from mesoinv.generators.solvers.strip import Strip

if TYPE_CHECKING:
    from mesoinv.generators.solvers.source_states import Observables

RealArray = NDArray[np.float64]

#: Relative L2 error of the density of states that the default number of modes stays below.
TOLERANCE = 3e-4
Method = Literal["compiled", "torch"]

#: Largest element of the real elimination that is accepted, which leaves an error of about 1e-8;
#: above it the sample is solved with the next shift, which moves the levels of the closed strip.
GROWTH = 1e4
SHIFTS = (0.0, 0.6, -0.6, 1.3)


@dataclass(frozen=True)
class Transport:
    """Transport at the Fermi energy, of electrons from the source.

    Attributes
    ----------
    partial_ldos : (B, L, W) array
        2π Σ |ψ|² over the open modes of the source, each of unit flux [1/t].
    transmission, reflection : (B,) arrays
        Summed over all modes; their sum is the number of open modes.
    error_estimate : (B,) array
        Estimate of the relative L2 error of `partial_ldos` by the truncation of modes.
    """

    partial_ldos: RealArray
    transmission: RealArray
    reflection: RealArray
    error_estimate: RealArray


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
    """
    strip = strip or Strip()
    method = method or ("compiled" if device == "cpu" else "torch")
    batch, exact = potential.shape[0], tolerance <= 0
    bulk = mode_count.first_guess(potential, tolerance, strip)
    out = Transport(np.empty(potential.shape), np.empty(batch), np.empty(batch), np.zeros(batch))
    pending = np.arange(batch)
    while pending.size:
        for count in np.unique(bulk[pending]):
            rows = pending[bulk[pending] == count]
            counts = mode_count.modes_per_column(int(count), tolerance, strip)
            for shift in SHIFTS:
                found = _solve(potential[rows], counts, strip, exact, device, method, shift)
                rows = _keep(out, rows, found, counts, strip.width)
                if not rows.size:
                    break
            else:
                _solve_complex(out, rows, potential, strip)
        pending = pending[(out.error_estimate[pending] > tolerance) & (bulk[pending] < strip.width)]
        bulk[pending] = np.minimum(bulk[pending] + mode_count.TAIL, strip.width)
    return out


def _solve(
    potential: RealArray,
    counts: NDArray[np.int64],
    strip: Strip,
    exact: bool,
    device: str,
    method: Method,
    shift: float,
) -> Observables:
    if method == "compiled":
        return engines.solve_compiled(potential, counts, strip, exact=exact, shift=shift)
    return engines.solve_torch(potential, counts, strip, exact=exact, device=device, shift=shift)


def _keep(
    out: Transport,
    rows: NDArray[np.int64],
    found: Observables,
    counts: NDArray[np.int64],
    width: int,
) -> NDArray[np.int64]:
    """Store the samples that kept their digits; return the others."""
    good = (found.growth < GROWTH) & np.isfinite(found.transmission)
    kept = rows[good]
    out.partial_ldos[kept] = 2 * np.pi * found.density[good]
    out.transmission[kept] = found.transmission[good]
    out.reflection[kept] = found.reflection[good]
    out.error_estimate[kept] = mode_count.tail_estimate(found.weight[good], counts, width)
    return rows[~good]


def _solve_complex(
    out: Transport, rows: NDArray[np.int64], potential: RealArray, strip: Strip
) -> None:
    """Solve the last few samples, with a level that no shift moves, without shortcuts."""
    from mesoinv.generators.solvers.complex_recursion import scatter_complex  # noqa: PLC0415

    found = scatter_complex(potential[rows], strip)
    out.partial_ldos[rows] = found.partial_ldos
    out.transmission[rows] = found.transmission
    out.reflection[rows] = found.reflection
    out.error_estimate[rows] = 0.0
