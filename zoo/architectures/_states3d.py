"""What models of states on a cubic lattice share: sums of the density over boxes, and moments.

Boxes go around the periodic lattice, and there is one for every site, so nothing changes when a
state is shifted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def box_side(side: int, share: float) -> int:
    """Return l for a share l/M of the lattice's side.

    Raises
    ------
    UsageError
        If that is no whole number of sites.
    """
    box = round(share * side)
    if box < 1 or abs(box - share * side) > 1e-6 * side:
        raise UsageError(f"Boxes of {share:g} of a side of {side} sites are not whole.")
    return box


def box_sums(density: Tensor, box: int) -> Tensor:
    """Return the sums of densities (B, M, M, M) over box³ sites, one for every site."""
    for axis in (1, 2, 3):
        around = torch.cat([density, density.narrow(axis, 0, box - 1)], dim=axis)
        density = around.unfold(axis, box, 1).sum(dim=-1)
    return density


def moments(density: Tensor, boxes: Sequence[int], orders: Sequence[float]) -> Tensor:
    r"""Return what is known of each state at each size of boxes.

    With μ the part of the density in a box: ⟨ln μ⟩ for the order 0, (M/l)³⟨μ ln μ⟩ for 1, and
    ln (M/l)³⟨μ^q⟩ for others.

    Parameters
    ----------
    density : (B, M, M, M) tensor
        Its sum is 1.
    boxes : sequence of int
        l.
    orders : sequence of float
        q.

    Returns
    -------
    (B, boxes × orders) tensor
    """
    features = []
    for box in boxes:
        sums = box_sums(density, box).flatten(1).clamp_min(torch.finfo(density.dtype).tiny)
        number = sums.shape[1] / box**3
        logarithm = sums.log()
        for order in orders:
            if order == 0:
                features.append(logarithm.mean(dim=1))
            elif order == 1:
                features.append(number * (sums * logarithm).mean(dim=1))
            else:
                powers = torch.logsumexp(order * logarithm, dim=1)
                features.append(powers - 3 * math.log(box))
    return torch.stack(features, dim=1)


class Moments(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to features (B, n).

    Parameters
    ----------
    shares : sequence of float
        l/M of the boxes. Features of states of other M are those of boxes of the same shares.
    orders : sequence of float
        q.
    """

    def __init__(self, shares: Sequence[float], orders: Sequence[float]) -> None:
        super().__init__()
        self.shares, self.orders = list(shares), list(orders)
        if not (self.shares and self.orders):
            raise UsageError("Moments need one share and one order at least.")

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.shares) * len(self.orders)

    def forward(self, x: Tensor) -> Tensor:
        """Measure."""
        density = functional.softmax(x.flatten(1).double(), dim=1).reshape(x.shape)
        boxes = [box_side(x.shape[1], share) for share in self.shares]
        return moments(density, boxes, self.orders)
