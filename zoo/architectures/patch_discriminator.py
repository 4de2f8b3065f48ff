"""The discriminator of pix2pix [1]_: tells true maps from generated ones, patch by patch.

References
----------
.. [1] P. Isola, J.-Y. Zhu, T. Zhou, A. A. Efros, CVPR 2017, arXiv:1611.07004.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from mesoinv.zoo.architectures._channels import as_channels, sides_of

if TYPE_CHECKING:
    from collections.abc import Sequence

#: It is given the shapes of all inputs: those of the generator, then its output.
SEVERAL = True


class PatchDiscriminator(nn.Module):
    """Maps (B, L, W) and numbers (B,) → one logit a patch, (B, l, w)."""

    def __init__(self, inputs: int, maps: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for n, (a, b) in enumerate(zip((inputs, *maps), maps, strict=False)):
            layers.append(nn.Conv2d(a, b, 4, stride=2, padding=1))
            if n:
                layers.append(nn.GroupNorm(min(8, b), b))
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers, nn.Conv2d(maps[-1], 1, 3, padding=1))

    def forward(self, *values: Tensor) -> Tensor:
        """Judge every patch."""
        return self.layers(as_channels(values))[:, 0]


def build(
    inputs: Sequence[tuple[int, ...]],
    outputs: Sequence[tuple[int, ...]],
    maps: Sequence[int] = (32, 64, 128),
) -> nn.Module:
    """Build the network; each of the `maps` halves the sides, so it judges larger patches."""
    del outputs  # as many logits as there are patches
    sides = sides_of(inputs)
    if len(sides) != 2 or min(sides) < 2 ** len(maps):
        raise ValueError(f"maps {sides} cannot be halved {len(maps)} times")
    return PatchDiscriminator(len(inputs), maps)
