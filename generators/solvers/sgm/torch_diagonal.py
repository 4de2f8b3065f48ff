"""The response to a point-like tip for a batch of samples in torch, on any device.

The drain is in place from the start, so that the sweep from it is complex; what `diagonal_sweep`
gains on a CPU by real arithmetic is left to the device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos import backends, mode_count, source_states, torch_sweep
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes
from mesoinv.generators.solvers.pldos.transport import SolvedBy
from mesoinv.generators.solvers.sgm.mode_tail import mode_tail
from mesoinv.generators.solvers.sgm.tip_response import TipResponse, assembled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

RealArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def solve(
    potential: RealArray,
    counts: IntArray,
    strip: Strip,
    shift: float,
    device: str,
    exact: bool,
) -> Iterator[tuple[TipResponse, float]]:
    """Yield the response of each sample, and the largest element of its elimination.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential [t].
    counts : (L,) array of int
        Modes kept in each column.
    strip : Strip
        Geometry.
    shift : float
        β of `strip_modes` [t].
    device : str
        torch device.
    exact : bool
        Refine the states to rounding accuracy; every mode must be kept.
    """
    tables = backends.torch_tables(strip, shift, device)
    modes = strip_modes(strip, shift)
    chunk = backends.batch_size(counts, device)
    for i in range(0, len(potential), chunk):
        part = potential[i : i + chunk]
        solved, growth = _solve_chunk(torch.from_numpy(part), counts, strip, tables, exact)
        *parts, estimate = (array.cpu().numpy() for array in solved)
        for row, sample in enumerate(part):
            if counts.min() < strip.width:
                parts[0][row] -= mode_tail(sample, counts, strip.energy, modes)
            green, density, overlap, transmission, error = (
                values[row : row + 1] for values in (*parts, estimate)
            )
            solved_by = np.full(1, SolvedBy.ELIMINATION, np.uint8)
            made = TipResponse(green, density, overlap, transmission, error, solved_by)
            yield made, float(growth[row])


def _solve_chunk(
    potential: Tensor,
    counts: IntArray,
    strip: Strip,
    tables: dict[str, Tensor],
    exact: bool,
) -> tuple[tuple[Tensor, ...], RealArray]:
    cosine_sums, factors, linear = backends.eliminated_chunk(
        potential, counts, strip, tables, exact
    )
    inner = _diagonal(cosine_sums, factors.inverses, counts.tolist(), strip.energy, tables)
    overlap = source_states.source_overlap(linear.states, tables)
    parts = assembled(linear.wave_functions(), overlap, inner, tables, torch)
    weight = (linear.states**2).sum(-2).cpu().numpy()
    estimate = torch.from_numpy(mode_count.tail_estimate(weight, counts, strip.width))
    return (*parts, estimate), factors.growth.cpu().numpy()


def _diagonal(
    cosine_sums: Tensor,
    from_source: list[Tensor],
    counts: list[int],
    energy: float,
    tables: dict[str, Tensor],
) -> Tensor:
    """Diagonal of L⁻¹ on the sites without the source's open modes, (B, L, W) complex."""
    onsite = 2.0 + tables["kinetic"] - energy
    basis = tables["basis"] + 0j
    out = []
    from_drain = torch.diag(tables["drain"])
    for x in range(len(counts) - 1, -1, -1):
        n = counts[x]
        block = torch_sweep.columns(cosine_sums[:, x], onsite, n) + 0j
        ahead = counts[x + 1] if x + 1 < len(counts) else n
        common = min(n, ahead)
        block[:, :common, :common] -= from_drain[..., :common, :common]
        # closed modes that the next column lacks decay there
        half = ((cosine_sums[:, x, :1] + onsite) / 2)[:, common:n]
        block.diagonal(dim1=-2, dim2=-1)[:, common:] -= half - (half**2 - 1).sqrt()
        inner = block.clone()
        if x == 0:
            inner -= tables["closed_source"][:n, :n]
        else:
            common = min(n, counts[x - 1])
            inner[:, :common, :common] -= from_source[x - 1][:, :common, :common]
        inner, from_drain = torch.linalg.inv(inner), torch.linalg.inv(block)
        out.append(((basis[:, :n] @ inner) * basis[:, :n]).sum(-1))
    return torch.stack(out[::-1], dim=1)
