"""A U-Net for diffraction patterns that sees the crystal where its pattern is: in reciprocal space.

A pixel of a pattern is a direction k, and a reflection g of the crystal acts near the line where it
is excited, 2k·g + g² = 0. So the network is not given the potential but maps on the pattern's own
grid: how much the strongest reflections take from the beam, each as if it were alone (two-beam
theory [1]_), and their amplitudes at k = g and k = g/2. A crystal that is cubic has a pattern that
is symmetric under both mirrors, so that one quadrant is predicted, and unfolded.

References
----------
.. [1] J. M. Zuo and J. C. H. Spence, Advanced Transmission Electron Microscopy (Springer, 2017).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mesoinv.generators.solvers.lacbed.structure_factors import electrons, interaction
from mesoinv.zoo.architectures.unet import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

#: It takes a potential [V], a lattice parameter [Å] and a thickness [Å], in this order.
SEVERAL = True
#: Largest |h| and |k| of the reflections that are looked at.
_MOST = 20
#: Width of a reflection's spot on the grid [1/Å].
_SPOT = 0.025
_CHANNELS = 11


class Excitation(nn.Module):
    """Potential (B, n, n), a (B,), t (B,) → maps (B, channels, n/2, n/2) on a quadrant."""

    axis: Tensor
    orders: Tensor

    def __init__(self, pixels: int, voltage: float, half_width: float, reflections: int) -> None:
        super().__init__()
        self.side, self.reflections = pixels // 2, reflections
        self.wave_number = electrons(voltage).wave_number
        self.strength = interaction(voltage)
        axis = (torch.arange(self.side) + 0.5) * half_width / self.side
        self.register_buffer("axis", axis, persistent=False)
        orders = torch.arange(-_MOST, _MOST + 1)
        self.register_buffer("orders", orders, persistent=False)

    @torch.no_grad()
    def forward(self, potential: Tensor, lattice: Tensor, thickness: Tensor) -> Tensor:
        """Compute the maps; nothing here is learnt."""
        sums = torch.fft.fft2(potential.float(), norm="forward")
        table = self.strength * sums[:, self.orders][:, :, self.orders]  # 1/Å
        mean = table[:, _MOST, _MOST].real.clone()
        table[:, _MOST, _MOST] = 0
        numbers = torch.stack(
            [lattice / 10, thickness / 1000, mean * thickness / 10, mean * 10], dim=1
        )
        return torch.cat(
            [
                self._two_beams(table.abs(), lattice, thickness),
                self._spots(table, lattice),
                numbers[..., None, None].expand(-1, -1, self.side, self.side),
                self._positions(len(table)),
            ],
            dim=1,
        )

    def _two_beams(self, table: Tensor, lattice: Tensor, thickness: Tensor) -> Tensor:
        """Return what the reflections leave, and how strongly they are excited."""
        strength, place = table.flatten(1).topk(self.reflections, dim=1)
        count = len(self.orders)
        steps = 2 * math.pi / lattice[:, None]
        along, across = self.orders[place // count] * steps, self.orders[place % count] * steps
        axis = 2 * math.pi * self.axis
        deviation = (
            2 * along[:, :, None, None] * axis[:, None]
            + 2 * across[:, :, None, None] * axis
            + (along**2 + across**2)[:, :, None, None]
        ) / (2 * self.wave_number)
        square = strength[:, :, None, None] ** 2
        frequency = square + deviation**2 / 4
        weight = square / frequency.clamp_min(1e-12)
        taken = weight * torch.sin(frequency.sqrt() * thickness[:, None, None, None]) ** 2
        left = torch.log1p(-0.99 * taken).sum(dim=1)
        return torch.stack([left.clamp_min(-12) / 4, torch.log1p(weight.sum(dim=1))], dim=1)

    def _spots(self, table: Tensor, lattice: Tensor) -> Tensor:
        """Return amplitudes at k = g, their signs too, and at k = g/2."""
        maps = []
        for scale in (1.0, 0.5):
            distance = self.axis[:, None] - scale * self.orders / lattice[:, None, None]
            weight = torch.exp(-((distance / (_SPOT * scale)) ** 2) / 2)
            parts = [table.real, table.imag, table.abs()] if scale == 1 else [table.abs()]
            maps += [weight @ part @ weight.transpose(1, 2) for part in parts]
        return torch.stack(maps[1:], dim=1) * 100

    def _positions(self, count: int) -> Tensor:
        grid = torch.stack(torch.meshgrid(self.axis, self.axis, indexing="ij"))
        return grid.expand(count, -1, -1, -1)


class ReciprocalUNet(nn.Module):
    """Potential (B, n, n) [V], a (B,) [Å], t (B,) [Å] → pattern (B, n, n), positive."""

    def __init__(self, excitation: Excitation, channels: Sequence[int], blocks: int) -> None:
        super().__init__()
        self.excitation = excitation
        self.stem = nn.Conv2d(_CHANNELS, channels[0], 3, padding=1)
        self.body = Scale(channels, blocks)
        self.head = nn.Sequential(
            nn.GroupNorm(8, channels[0]), nn.ReLU(), nn.Conv2d(channels[0], 1, 3, padding=1)
        )

    def forward(self, potential: Tensor, lattice: Tensor, thickness: Tensor) -> Tensor:
        """Predict the logarithm on a quadrant, and unfold it."""
        maps = self.excitation(potential, lattice.float(), thickness.float())
        quadrant = self.head(self.body(self.stem(maps)))[:, 0].float()
        quadrant = torch.exp(quadrant.clamp(-20, 3) - 2)
        upper = torch.cat([quadrant.flip(2), quadrant], dim=2)
        return torch.cat([upper.flip(1), upper], dim=1)


def build(
    inputs: Sequence[tuple[int, ...]],
    outputs: Sequence[tuple[int, ...]],
    channels: Sequence[int] = (32, 64, 96, 128),
    blocks: int = 1,
    reflections: int = 96,
    voltage: float = 200.0,
    half_width: float = 0.891,
) -> nn.Module:
    """Build the network: channels of the scales, blocks a scale, the microscope's settings."""
    sides = tuple(inputs[0])
    step = 2 ** len(channels)
    if [tuple(x) for x in inputs] != [sides, (), ()] or [sides] != [tuple(x) for x in outputs]:
        raise ValueError(f"a map and two numbers give a map; got {list(inputs)} → {list(outputs)}")
    if len(sides) != 2 or sides[0] != sides[1] or sides[0] % step or sides[0] <= 2 * _MOST:
        raise ValueError(f"maps {sides} must be square, above {2 * _MOST} and divisible by {step}")
    if not 0 < reflections < (2 * _MOST + 1) ** 2:
        raise ValueError(f"reflections are 1 to {(2 * _MOST + 1) ** 2 - 1}; got {reflections}")
    excitation = Excitation(sides[0], voltage, half_width, reflections)
    return ReciprocalUNet(excitation, channels, blocks)
