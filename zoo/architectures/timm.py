"""Any network of timm by name, with one input channel and as many outputs as a task has.

https://github.com/huggingface/pytorch-image-models
"""

from __future__ import annotations

import difflib
import math
from typing import Any

from torch import Tensor, nn

from mesoinv.generators.pipeline.errors import UsageError

#: Arguments of `timm.create_model` that read other weights.
_REFUSED = ("checkpoint_path", "pretrained_cfg", "pretrained_cfg_overlay", "cache_dir")


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

    _check(model, timm.is_model(model), timm.list_models(), arguments or {})
    given: dict[str, Any] = dict(arguments or {})
    if "img_size" in given:
        given["img_size"] = tuple(inputs)
    backbone = timm.create_model(
        model, pretrained=pretrained, in_chans=1, num_classes=math.prod(outputs), **given
    )
    return TimmNetwork(backbone, outputs)


def _check(model: str, known: bool, names: list[str], arguments: dict[str, object]) -> None:
    """Refuse names that timm does not have itself, and arguments that read files."""
    if not known or ":" in model:
        near = difflib.get_close_matches(model, names, n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"timm has no network {model!r}.{hint} timm.list_models() names all.")
    if refused := [name for name in arguments if name in _REFUSED]:
        raise UsageError(
            f"Arguments of timm networks may not name other weights: {', '.join(refused)}. "
            "`pretrained: true` starts a training with timm's own."
        )
