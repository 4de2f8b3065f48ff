"""A U-Net for maps whose input oscillates faster than its output: fine input, coarse output.

The density of states has fringes of 6.5 sites, the landscape no wave shorter than 18: so squares of
`patch` × `patch` sites are folded into channels without loss, and all work is done on that grid.
Residual blocks, skip connections between equal scales [1]_, two channels with the position (the
source is at one place), bicubic interpolation back.

References
----------
.. [1] O. Ronneberger, P. Fischer, T. Brox, "U-Net", MICCAI 2015, arXiv:1505.04597.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from mesoinv.zoo.architectures._channels import as_channels, sides_of

if TYPE_CHECKING:
    from collections.abc import Sequence

#: It takes maps of one shape, and numbers.
SEVERAL = True


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(relu(norm(x))))) with group normalisation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(8, channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        return x + self.layers(x)


class Scale(nn.Module):
    """Blocks on one grid around everything that happens on coarser ones."""

    def __init__(self, channels: Sequence[int], blocks: int) -> None:
        super().__init__()
        here = channels[0]
        self.before = nn.Sequential(*(ResidualBlock(here) for _ in range(blocks)))
        self.after = nn.Sequential(*(ResidualBlock(here) for _ in range(blocks)))
        self.inner: nn.Module | None = None
        if len(channels) > 1:
            self.down = nn.Conv2d(here, channels[1], 2, stride=2)
            self.inner = Scale(channels[1:], blocks)
            self.up = nn.ConvTranspose2d(channels[1], here, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        x = self.before(x)
        if self.inner is not None:
            x = x + self.up(self.inner(self.down(x)))
        return self.after(x)


class UNet(nn.Module):
    """Maps (B, L, W) and numbers (B,) → (B, L, W), on a grid of (L/patch, W/patch)."""

    def __init__(
        self, maps: int, numbers: int, channels: Sequence[int], blocks: int, patch: int
    ) -> None:
        super().__init__()
        self.patch = patch
        self.stem = nn.Conv2d(maps * patch**2 + 2 + numbers, channels[0], 3, padding=1)
        self.body = Scale(channels, blocks)
        self.head = nn.Sequential(
            nn.GroupNorm(8, channels[0]), nn.ReLU(), nn.Conv2d(channels[0], 1, 3, padding=1)
        )

    def forward(self, *values: Tensor) -> Tensor:
        """Fold the maps, add the position and the numbers, map, and enlarge."""
        maps = as_channels([x for x in values if x.ndim > 1])
        folded = functional.pixel_unshuffle(maps, self.patch)
        sides = folded.shape[2:]
        numbers = [x[:, None, None, None].expand(-1, 1, *sides) for x in values if x.ndim == 1]
        y = torch.cat([folded, _position(folded), *numbers], dim=1)
        y = self.head(self.body(self.stem(y)))
        size = maps.shape[2:]
        return functional.interpolate(y, size=size, mode="bicubic", align_corners=False)[:, 0]


def _position(x: Tensor) -> Tensor:
    """Two channels with the position along and across, from -1 to 1."""
    along, across = (torch.linspace(-1, 1, n, dtype=x.dtype, device=x.device) for n in x.shape[2:])
    grid = torch.stack(torch.meshgrid(along, across, indexing="ij"))
    return grid.expand(x.shape[0], -1, -1, -1)


def build(
    inputs: Sequence[tuple[int, ...]],
    outputs: Sequence[tuple[int, ...]],
    channels: Sequence[int] = (32, 64, 96),
    blocks: int = 1,
    patch: int = 4,
) -> nn.Module:
    """Build the network: channels from the finest to the coarsest grid, residual blocks a scale."""
    step = patch * 2 ** (len(channels) - 1)
    sides, numbers = sides_of(inputs), sum(not shape for shape in inputs)
    if [sides] != [tuple(shape) for shape in outputs] or any(n % step for n in sides):
        raise ValueError(f"maps {sides} → {outputs} must be equal and divisible by {step}")
    return UNet(len(inputs) - numbers, numbers, channels, blocks, patch)
