"""The network of a model: built from its configuration, with the weights of its folder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.files import lfs_hint
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.declared.config import ANY, WEIGHTS, read_config
from mesoinv.zoo.model import transforms
from mesoinv.zoo.model.watched import ArraySizes, TooMuchError, watched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import nn

    from mesoinv.zoo.declared.config import ModelConfig, Quantity

    Shapes = dict[str, tuple[int, ...]]


def build(config: ModelConfig, *, pretrained: bool = False) -> nn.Module:
    """Build the network of a configuration, with fresh weights.

    Parameters
    ----------
    config : ModelConfig
    pretrained : bool
        Whether it may start with weights that its library downloads, to be trained further.

    Raises
    ------
    UsageError
        If the architecture or a hyperparameter is unknown.
    """
    hyperparameters = dict(config.hyperparameters)
    if not pretrained:
        hyperparameters.pop("pretrained", None)
    shapes = [network_shape(quantity) for quantity in config.inputs]
    return build_network(config.architecture, shapes, output_shapes(config), hyperparameters)


def check_weights(folder: Path) -> None:
    """Refuse a model's folder whose weights do not fit its configuration.

    Nothing is allocated: a few bytes may claim a network that no memory holds.

    Raises
    ------
    MesoinvError
        If a file is missing or damaged, a tensor is missing, unknown or of another shape, or
        there is only a pickle.
    """
    config = read_config(folder)
    path = _weights(folder)
    there = _file_shapes(path)
    # what is no parameter and not in the file, such as tables that a network makes of its sizes
    room = sum(math.prod(shape) for shape in there.values()) + _BESIDE
    try:
        with watched(room):
            expected = build(config).state_dict()
    except TooMuchError as error:
        raise MesoinvError(
            f"{path} does not fit its config.json, which asks for {error}."
        ) from None
    _compare(path, there, {name: tuple(tensor.shape) for name, tensor in expected.items()})


def network_shape(quantity: Quantity) -> tuple[int, ...]:
    """Return the shape of one sample of a quantity behind its transforms."""
    steps = [step for step in quantity.transforms if step.RESHAPES]
    with torch.device("meta"), ArraySizes(_LARGEST):
        sample = torch.zeros(1, *concrete(quantity.shape))
        return tuple(transforms.apply(steps, sample).shape[1:])


def concrete(shape: list[int]) -> list[int]:
    """Return the shape of an example, where any length will do."""
    return [_EXAMPLE if n == ANY else n for n in shape]


#: Numbers of one sample that transforms may make, and of a network that are not in its file.
_LARGEST, _BESIDE = 2**28, 2**24
#: Large enough for networks that halve a lattice several times, and a multiple of usual boxes.
_EXAMPLE = 40


def output_shapes(config: ModelConfig) -> list[tuple[int, ...]]:
    """Return the shapes of what the network gives for one sample: several numbers are one array."""
    if len(config.outputs) > 1 and are_packed(config.outputs):
        return [(len(config.outputs),)]
    return [network_shape(quantity) for quantity in config.outputs]


def are_packed(outputs: Sequence[Quantity]) -> bool:
    """Whether outputs are one tensor of the network: a single one, or several numbers."""
    return len(outputs) == 1 or not any(q.shape for q in outputs)


def load(network: nn.Module, folder: Path) -> None:
    """Give a network the weights of a model's folder, strictly.

    Raises
    ------
    MesoinvError
        As `check_weights`.
    """
    path = _weights(folder)
    expected = network.state_dict()
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error
    shapes = ({n: tuple(t.shape) for n, t in group.items()} for group in (tensors, expected))
    _compare(path, *shapes)
    network.load_state_dict({n: t.to(expected[n].dtype) for n, t in tensors.items()}, strict=True)


def _weights(folder: Path) -> Path:
    path = folder / WEIGHTS
    if not path.exists():
        pickles = [p.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
                   for p in folder.glob(pattern)]  # fmt: skip
        if pickles:
            raise MesoinvError(
                f"{folder} holds {', '.join(pickles)} but no {WEIGHTS}. Pickles can run any code "
                "when they are loaded and are refused; convert the weights to safetensors."
            )
        raise MesoinvError(f"{folder} holds no {WEIGHTS}.")
    return path


def _file_shapes(path: Path) -> Shapes:
    """Return the shapes of a file's tensors; its size is what they need."""
    try:
        with safe_open(path, "pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> MesoinvError:
    return MesoinvError(
        f"{path} is truncated or not a safetensors file ({error}). Download or train it again."
        f"{lfs_hint(path)}"
    )


def _compare(path: Path, there: Shapes, expected: Shapes) -> None:
    missing, unknown = expected.keys() - there.keys(), there.keys() - expected.keys()
    if missing or unknown:
        raise MesoinvError(
            f"{path} does not fit its config.json: missing {sorted(missing) or 'nothing'}, "
            f"unknown {sorted(unknown) or 'nothing'}."
        )
    wrong = [n for n in expected if expected[n] != there[n]]
    if wrong:
        raise MesoinvError(f"{path} has tensors of another shape: {', '.join(wrong)}.")
