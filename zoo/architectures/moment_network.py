"""A small network of the numbers that `moment_discriminant` weighs."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

from mesoinv.zoo.architectures._state_measures import ORDERS, SHARES, StateMeasures

if TYPE_CHECKING:
    from collections.abc import Sequence


class MomentNetwork(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to (B, *outputs)."""

    def __init__(
        self, outputs: tuple[int, ...], measures: StateMeasures, hidden: Sequence[int]
    ) -> None:
        super().__init__()
        self.outputs, self.measures = outputs, measures
        self.scale = nn.BatchNorm1d(measures.count, affine=False)
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise((measures.count, *hidden, math.prod(outputs))):
            layers += [nn.Linear(a, b), nn.SiLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Measure, then answer."""
        y: Tensor = self.layers(self.scale(self.measures(x).to(x.dtype)))
        return y.reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    shares: Sequence[float] = SHARES,
    orders: Sequence[float] = ORDERS,
    errors: Sequence[float] = (),
    hidden: Sequence[int] = (64, 64),
) -> nn.Module:
    """Build the network; for the other arguments see `moment_discriminant`."""
    del inputs  # any lattice that holds whole boxes
    return MomentNetwork(outputs, StateMeasures(shares, orders, errors), hidden)
