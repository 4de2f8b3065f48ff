"""The numbers that physics gives of a state: moments of its density, bounds of on-site energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from mesoinv.zoo.architectures._least_energies import LeastEnergies
from mesoinv.zoo.architectures._states3d import Moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

#: Sides of boxes over that of the lattice, and q.
SHARES = (0.05, 0.1, 0.2, 0.4)
ORDERS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
#: Ranks of the bounds.
RANKS = (0, 1, 2, 4, 9, 19, 49)


class StateMeasures(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to numbers (B, n), in double precision.

    Parameters
    ----------
    shares, orders : sequences of float
        Of `Moments`.
    errors : sequence of float
        Of `LeastEnergies`; without them, it is left out.
    """

    def __init__(
        self, shares: Sequence[float], orders: Sequence[float], errors: Sequence[float] = ()
    ) -> None:
        super().__init__()
        self.moments = Moments(shares, orders)
        self.bounds = LeastEnergies(errors, RANKS) if errors else None

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return self.moments.count + (self.bounds.count if self.bounds else 0)

    def forward(self, x: Tensor) -> Tensor:
        """Measure."""
        numbers = [self.moments(x)]
        if self.bounds:
            numbers.append(self.bounds(x).double())
        return torch.cat(numbers, dim=1)
