"""Any network of timm by name, with one input channel and as many outputs as a task has.

https://github.com/huggingface/pytorch-image-models
"""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.architectures import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Arguments of `timm.create_model` that read other weights.
_REFUSED = ("checkpoint_path", "pretrained_cfg", "pretrained_cfg_overlay", "cache_dir")
#: Arguments of timm's networks that choose sizes and nothing else.
SIZES = {
    "img_size", "patch_size", "embed_dim", "embed_dims", "depth", "depths", "dims", "num_heads",
    "window_size", "mlp_ratio", "mlp_ratios", "qkv_bias", "class_token", "init_values", "layers",
    "channels", "stem_width", "stem_type", "base_width", "cardinality", "drop_rate",
    "drop_path_rate", "proj_drop_rate", "attn_drop_rate", "pos_drop_rate", "global_pool",
    "ls_init_value", "conv_mlp", "dynamic_img_size",
}  # fmt: skip
#: Largest number among them, in a model that somebody else made.
MAX_SIZE = 4_096


def refusals(hyperparameters: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield what a model that somebody else made may not ask for.

    ``hf-hub:`` and ``local-dir:`` names, ``checkpoint_path``, ``pretrained_cfg`` and ``cache_dir``
    read files or the network, and ``device`` allocates at once; so only `SIZES` may be set.
    """
    arguments, where = hyperparameters.get("arguments"), "arguments"
    if arguments is None:
        return
    if not isinstance(arguments, dict):
        yield Refusal(where, "is not keys and values.")
        return
    for name in sorted(arguments.keys() - SIZES):
        what = f"{name!r:.80} is not among the arguments that a submission may set."
        yield Refusal(where, what, f"Those: {', '.join(sorted(SIZES))}.")
    if any(abs(number) > MAX_SIZE for number in _numbers(arguments)):
        yield Refusal(where, f"hold a number beyond {MAX_SIZE}.")


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)


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
    periodic: bool = False,
    arguments: dict[str, object] | None = None,
) -> nn.Module:
    """Build ``timm.create_model(model, in_chans=1, num_classes=…, **arguments)``.

    `pretrained` downloads timm's weights, for a training; loading a model never does. With
    `periodic`, convolutions see the opposite edge of the lattice beyond an edge, instead of zeros.
    """
    import timm  # noqa: PLC0415  (slow to import)

    _check(model, timm.is_model(model), timm.list_models(), arguments or {})
    given: dict[str, Any] = dict(arguments or {})
    if "img_size" in given:
        given["img_size"] = tuple(inputs)
    backbone = timm.create_model(
        model, pretrained=pretrained, in_chans=1, num_classes=math.prod(outputs), **given
    )
    if periodic:
        for module in backbone.modules():
            if isinstance(module, nn.Conv2d):
                module.padding_mode = "circular"
    return TimmNetwork(backbone, outputs)


def _check(model: str, exists: bool, names: list[str], arguments: dict[str, object]) -> None:
    """Refuse names that timm does not have itself, and arguments that read files."""
    if not exists or ":" in model:
        near = difflib.get_close_matches(model, names, n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"timm has no network {model!r}.{hint} timm.list_models() names all.")
    if refused := [name for name in arguments if name in _REFUSED]:
        raise UsageError(
            f"Arguments of timm networks may not name other weights: {', '.join(refused)}. "
            "`pretrained: true` starts a training with timm's own."
        )
