"""Networks: one module each, with a `build(inputs, outputs, **hyperparameters)` function."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

Shape = tuple[int, ...]


def list_architectures() -> list[str]:
    """Return the names of all architectures: the modules of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def build_network(
    name: str,
    inputs: Sequence[Shape],
    outputs: Sequence[Shape],
    hyperparameters: Mapping[str, object],
) -> nn.Module:
    """Build a network with fresh weights.

    Parameters
    ----------
    name : str
        One of `list_architectures`.
    inputs, outputs : sequence of tuple of int
        Shape of one sample's input and output arrays as the network sees them.
    hyperparameters : mapping
        Arguments of the architecture's own.

    Returns
    -------
    torch.nn.Module
        Takes (B, *inputs[0]), gives (B, *outputs[0]).

    Raises
    ------
    UsageError
        If the architecture or a hyperparameter is unknown.
    """
    if name not in list_architectures():
        raise unknown_name("architecture", name, list_architectures())
    build = importlib.import_module(f"{__name__}.{name}").build
    allowed = list(inspect.signature(build).parameters)[2:]
    for given in hyperparameters:
        if given not in allowed:
            raise unknown_name(f"hyperparameter of {name}", given, allowed)
    try:
        network: nn.Module = build(inputs[0], outputs[0], **hyperparameters)
    except (TypeError, ValueError) as error:
        raise UsageError(f"The architecture {name} refuses its hyperparameters: {error}") from error
    return network
