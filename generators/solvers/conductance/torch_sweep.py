"""The method for wires in torch: a whole batch takes the same strides, on any device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from mesoinv.generators.solvers.conductance.cpu_sweep import GROWTH, slice_growth

if TYPE_CHECKING:
    from mesoinv.generators.solvers.conductance.lead import Lead

Tensor = torch.Tensor
RealArray = NDArray[np.float64]

#: A batch cannot shorten the stride of one sample: with a smaller pivot its result is doubtful.
PIVOT = 1e-3
#: Share of the free memory of a device that one batch may take, and bytes where it is not known.
DEVICE_SHARE, HOST_BYTES = 0.5, 2**28


def strides(onsite_energy: RealArray, energy: float) -> list[int]:
    """Cut the slices of a batch (B, L, W) into strides whose growth is bounded for every sample."""
    lengths, growth = [0], 1.0
    for slices in onsite_energy.swapaxes(0, 1):
        step = float(slice_growth(slices.ravel(), energy))
        growth *= step
        if growth > GROWTH and lengths[-1]:
            lengths.append(0)
            growth = step
        lengths[-1] += 1
    return lengths


def transmission(
    onsite_energy: RealArray, energy: float, modes: Lead, device: str
) -> tuple[RealArray, NDArray[np.bool_]]:
    """Compute the transmission of wires at one energy.

    Parameters
    ----------
    onsite_energy : (B, L, W) array
        On-site energies [t].
    energy : float
        Fermi energy [t].
    modes : Lead
        Of both leads, at this energy.
    device : str
        torch device.

    Returns
    -------
    (B,) array
        Transmission.
    (B,) array of bool
        Where too many digits may be lost.
    """
    lengths, chunk = strides(onsite_energy, energy), _batch_size(modes.basis.shape[0], device)
    parts = [
        _chunk(torch.from_numpy(onsite_energy[i : i + chunk]).to(device) - energy, modes, lengths)
        for i in range(0, len(onsite_energy), chunk)
    ]
    values, pivots = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
    return values, ~(pivots > PIVOT)


def gradient(
    onsite_energy: RealArray, energy: float, modes: Lead, device: str
) -> tuple[RealArray, RealArray, NDArray[np.bool_]]:
    """Do the same and differentiate it with torch's autograd.

    Returns
    -------
    (B,) array, (B, L, W) array, (B,) array of bool
        Transmission, its derivatives, and where too many digits may be lost.
    """
    lengths = strides(onsite_energy, energy)
    # autograd keeps ψ of every slice
    chunk = max(1, _batch_size(modes.basis.shape[0], device) // onsite_energy.shape[1])
    parts = []
    for first in range(0, len(onsite_energy), chunk):
        sites = torch.from_numpy(onsite_energy[first : first + chunk]).to(device)
        sites.requires_grad_()
        with torch.enable_grad():
            values, pivots = _chunk(sites - energy, modes, lengths)
            (derivatives,) = torch.autograd.grad(values.sum(), sites)
        parts.append([x.detach().cpu().numpy() for x in (values, derivatives, pivots)])
    values_of, derivatives_of, pivots_of = (np.concatenate(x) for x in zip(*parts, strict=True))
    return values_of, derivatives_of, ~(pivots_of > PIVOT)


def _chunk(diagonal: Tensor, modes: Lead, lengths: list[int]) -> tuple[Tensor, Tensor]:
    basis, factor, velocity, surface = (
        torch.from_numpy(array).to(diagonal.device)
        for array in (modes.basis, modes.factor, modes.velocity, modes.surface)
    )
    g = surface.expand(len(diagonal), -1, -1)
    smallest = diagonal.new_full((len(diagonal),), torch.inf)
    first = 0
    for length in lengths[:-1]:
        last, before = _propagate(diagonal[:, first : first + length], g)
        g, pivots = _solve_symmetric(last, before)
        smallest = torch.minimum(smallest, pivots)
        first += length
    last, before = (psi @ basis.to(psi.dtype) for psi in _propagate(diagonal[:, first:], g))
    m, pivots = _solve_symmetric(last - before * factor, before)
    return _transmitted(m, velocity), torch.minimum(smallest, pivots)


def _propagate(diagonal: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """Apply slices (B, l, W) to (g, 1); return the last two ψ, sites on the last axis."""
    before, psi = g, torch.eye(g.shape[-1], dtype=g.dtype, device=g.device).expand_as(g)
    for x in range(diagonal.shape[1]):
        new = diagonal[:, x, None, :] * psi - before
        new[..., 1:] -= psi[..., :-1]
        new[..., :-1] -= psi[..., 1:]
        before, psi = psi, new
    return psi, before


def _solve_symmetric(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the symmetric x of a x = b, and the smallest pivot."""
    factors, exchanges, _ = torch.linalg.lu_factor_ex(a)
    x = torch.linalg.lu_solve(factors, exchanges, b.contiguous())
    pivots = factors.diagonal(dim1=-2, dim2=-1).abs().amin(-1)
    return (x + x.mT) / 2, pivots


def _transmitted(m: Tensor, velocity: Tensor) -> Tensor:
    """T = N - Tr r r† with r = -1 - 2i √s M √s and s = sin κ."""
    diagonal = m.diagonal(dim1=-2, dim2=-1).imag @ velocity
    return 4 * (diagonal - (m.abs() ** 2 @ velocity) @ velocity)


def _batch_size(width: int, device: str) -> int:
    budget = HOST_BYTES
    if device.startswith("cuda"):
        budget = int(DEVICE_SHARE * torch.cuda.mem_get_info(device)[0])
    # ψ, ψ before, the next one, the factors and a few copies of them
    return max(1, budget // (12 * 16 * width * width))
