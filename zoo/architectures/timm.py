"""Any network of timm by name, with one input channel and as many outputs as a task has.

https://github.com/huggingface/pytorch-image-models
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn


class TimmNetwork(nn.Module):
    """Maps (B, L, W) to (B, *outputs)."""

    def __init__(self, backbone: nn.Module, outputs: tuple[int, ...]) -> None:
        super().__init__()
        self.outputs, self.backbone = outputs, backbone

    def forward(self, x: Tensor) -> Tensor:
        """Add the channel and shape the output."""
        y: Tensor = self.backbone(x[:, None])
        return y.reshape(-1, *self.outputs)


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    model: str = "resnet18",
    pretrained: bool = False,
    arguments: dict[str, object] | None = None,
) -> nn.Module:
    """Build ``timm.create_model(model, in_chans=1, num_classes=…, **arguments)``.

    `pretrained` downloads timm's weights, for a training; loading a model never does.
    """
    import timm  # noqa: PLC0415  (slow to import)

    given: dict[str, Any] = dict(arguments or {})
    if "img_size" in given:
        given["img_size"] = tuple(inputs)
    backbone = timm.create_model(
        model, pretrained=pretrained, in_chans=1, num_classes=math.prod(outputs), **given
    )
    return TimmNetwork(backbone, outputs)
