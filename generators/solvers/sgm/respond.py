"""The response to a point-like tip on the CPU: how many modes, which shift, and the fallback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos import mode_count, source_states
from mesoinv.generators.solvers.pldos.backends import eliminated_sample
from mesoinv.generators.solvers.pldos.elimination import settle
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes
from mesoinv.generators.solvers.pldos.transport import SolvedBy
from mesoinv.generators.solvers.sgm.complex_strip import respond_complex
from mesoinv.generators.solvers.sgm.drain import Drain
from mesoinv.generators.solvers.sgm.mode_tail import mode_tail
from mesoinv.generators.solvers.sgm.tip_response import TipResponse, assembled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mesoinv.generators.solvers.pldos.elimination import Method

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Relative L2 error of T - T₀ that the default number of modes stays below, at any strength.
TOLERANCE = 6e-3
#: Bound on (error of T - T₀) / (estimated error of the density of states): of 112 maps (28
#: landscapes over the ranges of `pldos`, four strengths) the largest was 5.9, half of them below 1.
#: The errors themselves were at most 2e-3, half of them below 5e-4.
SAFETY = 6.0
#: Largest element of the elimination that is accepted, which leaves an error of at most about 1e-5;
#: above it the sample is solved with the next shift.
GROWTH = 3e5
#: Limits of the elimination when every mode is kept, which leave errors of about 1e-9 in G(r, r).
STRICT = (1e-13, 100.0)


def respond(
    potential: RealArray,
    strip: Strip | None = None,
    *,
    tolerance: float = TOLERANCE,
    device: str = "cpu",
    method: Method | None = None,
) -> TipResponse:
    """Compute the response of a batch of potentials to a point-like tip.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential on the sites [t].
    strip : Strip, optional
        Geometry; the paper's by default.
    tolerance : float
        Relative L2 error allowed in T - T₀. 0 keeps every mode.
    device : str
        ``"cpu"`` or a torch device such as ``"cuda"``.
    method : {"compiled", "torch"}, optional
        Which code sweeps over the columns; by default the compiled one on the CPU.

    Returns
    -------
    TipResponse
        ``solved_by`` is `SolvedBy.RECURSION` in rows with a level that no shift of the elimination
        moves; those have every mode and an ``error_estimate`` of 0.
    """
    strip = strip or Strip()
    method = method or ("compiled" if device == "cpu" else "torch")
    out = TipResponse.unfilled(potential.shape, SolvedBy.ELIMINATION)
    exact = tolerance <= 0

    def attempt(rows: IntArray, counts: IntArray, shift: float) -> IntArray:
        if method == "compiled":
            solved: Iterable[tuple[TipResponse, float]] = (
                solve_sample(potential[row], counts, strip, shift, exact) for row in rows
            )
        else:
            from mesoinv.generators.solvers.sgm import torch_diagonal  # noqa: PLC0415  (torch)

            solved = torch_diagonal.solve(potential[rows], counts, strip, shift, device, exact)
        lost = []
        for row, (response, growth) in zip(rows, solved, strict=True):
            if growth < GROWTH and np.isfinite(response.transmission[0]):
                out.put(row, response)
            else:
                lost.append(row)
        return np.array(lost, np.int64)

    density_tolerance = tolerance / SAFETY
    lost = settle(potential, strip, density_tolerance, out.error_estimate, attempt)
    for row in lost:
        out.put(row, respond_complex(potential[row : row + 1], strip))
    out.error_estimate[:] *= SAFETY
    return out


def solve_sample(
    sample: RealArray, counts: IntArray, strip: Strip, shift: float, exact: bool
) -> tuple[TipResponse, float]:
    """Return the response of one potential (L, W), and the largest element of the elimination."""
    from mesoinv.generators.solvers.pldos import columns, cpu_sweep  # noqa: PLC0415  (numba is slow to import)
    from mesoinv.generators.solvers.sgm import diagonal_sweep  # noqa: PLC0415

    modes = strip_modes(strip, shift)
    limits = STRICT if exact else columns.LIMITS
    store = np.empty(cpu_sweep.store_size(counts))
    cosine_sums, factors, linear = eliminated_sample(
        sample, counts, strip, exact, shift, store, limits
    )
    inner, growth = diagonal_sweep.diagonal(
        cosine_sums, factors, 2 + modes.kinetic - strip.energy, modes.closed_source,
        Drain.of(modes, shift), modes.basis, modes.cosines, limits,
    )  # fmt: skip
    if counts.min() < strip.width:
        inner += mode_tail(sample, counts, strip.energy, modes)
    overlap = source_states.source_overlap(linear.states, linear.tables)
    parts = assembled(linear.wave_functions(), overlap, inner[None], linear.tables, np)
    weight = (linear.states**2).sum(-2)
    estimate = mode_count.tail_estimate(weight, counts, strip.width)
    return TipResponse(*parts, estimate, np.full(1, SolvedBy.ELIMINATION, np.uint8)), growth
