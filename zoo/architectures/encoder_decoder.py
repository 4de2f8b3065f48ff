"""The convolutional encoder-decoder of Percebois & Weinmann (2021), Appendix A 3.

Three blocks of three convolutions and a pooling, 48 maps at the bottleneck, three blocks of three
convolutions and an upsampling, ReLU. The other numbers of maps are not in the text: 16 and 32 cost
about what the paper's hour on a P100 for 24 epochs allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from mesoinv.zoo.architectures.conv_regressor import glorot

if TYPE_CHECKING:
    from collections.abc import Sequence


def _convolutions(inputs: int, maps: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for channels in (inputs, maps, maps):
        layers += [nn.Conv2d(channels, maps, 3, padding="same"), nn.ReLU()]
    return layers


class EncoderDecoder(nn.Module):
    """Maps (B, L, W) to (B, L, W) through a bottleneck of (L/8, W/8)."""

    def __init__(self, maps: Sequence[int]) -> None:
        super().__init__()
        encoder: list[nn.Module] = []
        for a, b in zip((1, *maps), maps, strict=False):
            encoder += [*_convolutions(a, b), nn.MaxPool2d(2)]
        decoder: list[nn.Module] = []
        back = maps[::-1]
        for a, b in zip((maps[-1], *back), back, strict=False):
            decoder += [*_convolutions(a, b), nn.Upsample(scale_factor=2)]
        self.encoder, self.decoder = nn.Sequential(*encoder), nn.Sequential(*decoder)
        self.output = nn.Conv2d(maps[0], 1, 3, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, L, W) to (B, L, W)."""
        return self.output(self.decoder(self.encoder(x[:, None])))[:, 0]


def build(
    inputs: tuple[int, ...], outputs: tuple[int, ...], maps: Sequence[int] = (16, 32, 48)
) -> nn.Module:
    """Build the network; the maps of the encoder, the decoder has them in reverse."""
    if tuple(inputs) != tuple(outputs) or any(n % 2 ** len(maps) for n in inputs):
        raise ValueError(f"maps {inputs} → {outputs} must be equal and divisible by 2^{len(maps)}")
    return glorot(EncoderDecoder(maps))
