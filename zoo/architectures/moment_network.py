"""A small network of numbers that physics gives: moments of the density, and bounds of energies.

Moments tell how the density is spread over boxes, see `moment_discriminant`. With `errors`, it is
also told what Schrödinger's equation says of the on-site energies: how large they are at least, see
`_least_energies`.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mesoinv.zoo.architectures._least_energies import LeastEnergies
from mesoinv.zoo.architectures._states3d import Moments
from mesoinv.zoo.architectures.moment_discriminant import ORDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Ranks of the bounds that the network is told.
RANKS = (0, 1, 2, 4, 9, 19, 49)


class MomentNetwork(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to (B, *outputs)."""

    def __init__(
        self,
        outputs: tuple[int, ...],
        measures: Sequence[Moments | LeastEnergies],
        hidden: Sequence[int],
    ) -> None:
        super().__init__()
        self.outputs = outputs
        self.measures = nn.ModuleList(measures)
        features = sum(measure.count for measure in measures)
        self.scale = nn.BatchNorm1d(features, affine=False)
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise((features, *hidden, math.prod(outputs))):
            layers += [nn.Linear(a, b), nn.SiLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Measure, then answer."""
        # in full precision, whatever the layers have
        with torch.autocast(x.device.type, enabled=False):
            features = torch.cat([measure(x).to(x.dtype) for measure in self.measures], dim=1)
        y: Tensor = self.layers(self.scale(features))
        return y.reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    shares: Sequence[float] = (0.05, 0.1, 0.2, 0.4),
    orders: Sequence[float] = ORDERS,
    errors: Sequence[float] = (),
    ranks: Sequence[int] = RANKS,
    hidden: Sequence[int] = (64, 64),
) -> nn.Module:
    """Build the network; with `errors` [hopping], the bounds are among its inputs."""
    del inputs  # any lattice that holds whole boxes
    measures: list[Moments | LeastEnergies] = [Moments(shares, orders)]
    if errors:
        measures.append(LeastEnergies(errors, ranks))
    return MomentNetwork(outputs, measures, hidden)
