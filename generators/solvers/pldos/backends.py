"""Two ways to solve a batch of strips: compiled code on the CPU, batched torch on any device.

Both return the same `Observables` as numpy arrays; what surrounds the elimination is shared.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos import source_states
from mesoinv.generators.solvers.pldos.linear_response import LinearResponse
from mesoinv.generators.solvers.pldos.source_states import Observables
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from mesoinv.generators.solvers.pldos.cpu_sweep import ColumnFactors
    from mesoinv.generators.solvers.pldos.torch_sweep import BatchFactors

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Tables = dict[str, Any]

#: Share of the free memory of a device that one batch may take.
DEVICE_SHARE = 0.5
#: Bytes that one batch may take where the free memory is not known.
HOST_BYTES = 2**28
#: Steps of refinement at most; nearly always one is enough.
REFINEMENTS = 4


def refined_states(
    solution: Any,
    substitute: source_states.Substitute,
    potential: Any,
    energy: float,
    tables: Tables,
    xp: Any,
    exact: bool,
) -> Any:
    """Scattering states from the strip's solutions, refined where every mode is kept."""
    states = source_states.scattering_states(solution, tables, xp)
    if not exact:
        return states
    for _ in range(REFINEMENTS):
        residual = source_states.residual(states, potential, tables, energy, xp)
        correction = source_states.inverse(residual, solution, substitute, tables, xp)
        states = states + correction
        change = abs(correction).max() / abs(states).max()
        # each step multiplies the error by the same small factor
        if change < 1e-6:
            break
    return states


def solve_compiled(
    potential: RealArray, counts: IntArray, strip: Strip, *, exact: bool, shift: float = 0.0
) -> Observables:
    """Solve a batch on the CPU, one sample after the other.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential [t].
    counts : (L,) array of int
        Modes kept in each column.
    strip : Strip
        Geometry.
    exact : bool
        Refine to rounding accuracy; every mode must be kept.
    shift : float
        β of `strip_modes` [t].

    Returns
    -------
    Observables
        As numpy arrays.
    """
    from mesoinv.generators.solvers.pldos import cpu_sweep  # noqa: PLC0415  (numba is slow to import)

    store = np.empty(cpu_sweep.store_size(counts))
    samples = [
        _solved_sample(sample, counts, strip, exact, shift, store)[0] for sample in potential
    ]
    return Observables(*(np.concatenate(parts) for parts in zip(*samples, strict=True)))


def respond_compiled(
    potential: RealArray, counts: IntArray, strip: Strip, *, exact: bool, shift: float = 0.0
) -> Iterator[tuple[Observables, LinearResponse]]:
    """Solve as `solve_compiled` does, and keep the factors of each sample for its derivative."""
    from mesoinv.generators.solvers.pldos import cpu_sweep  # noqa: PLC0415  (numba is slow to import)

    for sample in potential:
        store = np.empty(cpu_sweep.store_size(counts))
        yield _solved_sample(sample, counts, strip, exact, shift, store)


def _solved_sample(
    sample: RealArray, counts: IntArray, strip: Strip, exact: bool, shift: float, store: RealArray
) -> tuple[Observables, LinearResponse]:
    """Solve one sample; its derivative refers to the store."""
    _, factors, response = eliminated_sample(sample, counts, strip, exact, shift, store)
    return _observables(response, np.array([factors.growth])), response


def eliminated_sample(
    sample: RealArray,
    counts: IntArray,
    strip: Strip,
    exact: bool,
    shift: float,
    store: RealArray,
    limits: tuple[float, float] | None = None,
) -> tuple[RealArray, ColumnFactors, LinearResponse]:
    """Eliminate the columns of one sample and solve for its states.

    Parameters
    ----------
    sample, counts, strip, exact, shift
        As for `solve_compiled`, of one sample (L, W).
    store, limits
        As for `cpu_sweep.factorise`; by default the limits of `columns`.

    Returns
    -------
    (L, K) array
        c_k of every column [t].
    ColumnFactors
    LinearResponse
        With the states; it refers to the store.
    """
    from mesoinv.generators.solvers.pldos import columns, cpu_sweep  # noqa: PLC0415  (numba is slow to import)

    modes = strip_modes(strip, shift)
    tables = dataclasses.asdict(modes)
    cosine_sums = sample @ np.ascontiguousarray(modes.cosines[:, : 2 * counts.max() + 1])
    factors, solution = cpu_sweep.factorise(
        cosine_sums, counts, strip.energy, modes, store, limits or columns.LIMITS
    )
    substitute = _unbatched(factors.substitute)
    states = refined_states(
        solution[None], substitute, sample[None], strip.energy, tables, np, exact
    )
    response = LinearResponse(states, solution[None], substitute, counts, tables, np)
    return cosine_sums, factors, response


def _observables(response: LinearResponse, growth: Any) -> Observables:
    states, counts, tables = response.states, response.counts, response.tables
    return source_states.observables(states, counts, growth, tables, response.xp)


def _unbatched(substitute: source_states.Substitute) -> source_states.Substitute:
    """Give a one-sample function the batch axis that the shared code has."""
    return lambda rows: substitute(rows[0])[None]


def solve_torch(
    potential: RealArray,
    counts: IntArray,
    strip: Strip,
    *,
    exact: bool,
    device: str,
    shift: float = 0.0,
) -> Observables:
    """Solve a batch in torch, as many samples at a time as the device's memory takes.

    Parameters
    ----------
    potential, counts, strip, exact, shift
        As for `solve_compiled`.
    device : str
        torch device.

    Returns
    -------
    Observables
        As numpy arrays.
    """
    solved = respond_torch(potential, counts, strip, exact=exact, device=device, shift=shift)
    # by map, which lets go of the derivative of a chunk before the next one is computed
    parts = list(map(operator.itemgetter(0), solved))
    return Observables(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def respond_torch(
    potential: RealArray,
    counts: IntArray,
    strip: Strip,
    *,
    exact: bool,
    device: str,
    shift: float = 0.0,
) -> Iterator[tuple[Observables, LinearResponse]]:
    """Solve as `solve_torch` does, and yield each chunk with its derivative, on the device."""
    import torch  # noqa: PLC0415  (heavy, and not needed on the CPU)

    chunk = batch_size(counts, device)
    tables = torch_tables(strip, shift, device)
    for i in range(0, len(potential), chunk):
        part = torch.from_numpy(potential[i : i + chunk])
        yield _solve_torch_chunk(part, counts, strip, tables, exact)


def _solve_torch_chunk(
    potential: torch.Tensor, counts: IntArray, strip: Strip, tables: Tables, exact: bool
) -> tuple[Observables, LinearResponse]:
    _, factors, response = eliminated_chunk(potential, counts, strip, tables, exact)
    observables = _observables(response, factors.growth)
    return Observables(*(array.cpu().numpy() for array in observables)), response


def eliminated_chunk(
    potential: torch.Tensor, counts: IntArray, strip: Strip, tables: Tables, exact: bool
) -> tuple[torch.Tensor, BatchFactors, LinearResponse]:
    """Do what `eliminated_sample` does for a batch in torch, on the device of the tables."""
    import torch  # noqa: PLC0415

    from mesoinv.generators.solvers.pldos import torch_sweep  # noqa: PLC0415

    on_device = potential.to(tables["basis"].device)
    cosine_sums = on_device @ tables["cosines"][:, : 2 * int(counts.max()) + 1]
    factors, solution = torch_sweep.factorise(cosine_sums, counts.tolist(), strip.energy, tables)
    states = refined_states(
        solution, factors.substitute, on_device, strip.energy, tables, torch, exact
    )
    response = LinearResponse(states, solution, factors.substitute, counts, tables, torch)
    return cosine_sums, factors, response


@functools.lru_cache(maxsize=8)
def torch_tables(strip: Strip, shift: float, device: str) -> Tables:
    """Return (and keep) the fields of `StripModes` as tensors on a device."""
    import torch  # noqa: PLC0415

    arrays = dataclasses.asdict(strip_modes(strip, shift))
    return {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}


def batch_size(counts: IntArray, device: str) -> int:
    """Return how many samples fit into the memory of a device at a time."""
    import torch  # noqa: PLC0415

    budget = HOST_BYTES
    if device.startswith("cuda"):
        budget = int(DEVICE_SHARE * torch.cuda.mem_get_info(device)[0])
    # the columns' inverses, and a dozen copies of the states while they are made
    per_sample = 8 * int((counts**2).sum()) + 12 * 96 * counts.size * int(counts.max())
    return max(1, budget // per_sample)
