"""Networks: one module each, with a `build(inputs, outputs, **hyperparameters)` function."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

Shape = tuple[int, ...]


def list_architectures() -> list[str]:
    """Return the names of all architectures: the modules of this package."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if not name.startswith("_"))


@dataclass(frozen=True)
class Refusal:
    """What a model that somebody else made may not ask of an architecture.

    Attributes
    ----------
    where : str
        A hyperparameter.
    what, hint : str
        What is wrong with it, and what is allowed; the hint may be empty.
    """

    where: str
    what: str
    hint: str = ""


def refusals(name: str, hyperparameters: Mapping[str, object]) -> list[Refusal]:
    """Return what an architecture's own `refusals`, if it has them, say about hyperparameters."""
    module = importlib.import_module(f"{__name__}.{name}")
    return list(module.refusals(hyperparameters)) if hasattr(module, "refusals") else []


def is_trivial(name: str) -> bool:
    """Whether any other model must beat those of an architecture: its module says ``TRIVIAL``."""
    return _says(name, "TRIVIAL")


def is_computed(name: str) -> bool:
    """Whether an architecture computes its answers, learning nothing: it says ``COMPUTED``."""
    return _says(name, "COMPUTED")


@functools.cache
def _says(name: str, mark: str) -> bool:
    """Whether an architecture's module has a mark; it is read only, since lists need no torch."""
    if name not in list_architectures():
        return False
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Assign)
        and [ast.unparse(target) for target in node.targets] == [mark]
        and ast.literal_eval(node.value)
        for node in tree.body
    )


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
        Takes a tensor (B, *shape) for each input; gives (B, *outputs[0]), or a dictionary of
        tensors by the name of the output.

    Raises
    ------
    UsageError
        If the architecture or a hyperparameter is unknown, or it does not take so many inputs.
    """
    if name not in list_architectures():
        raise unknown_name("architecture", name, list_architectures())
    module = importlib.import_module(f"{__name__}.{name}")
    allowed = list(inspect.signature(module.build).parameters)[2:]
    for given in hyperparameters:
        if given not in allowed:
            raise unknown_name(f"hyperparameter of {name}", given, allowed)
    # an architecture that says SEVERAL is given the shapes of all inputs and outputs
    shapes: tuple[Any, Any] = (inputs, outputs)
    if not getattr(module, "SEVERAL", False):
        if len(inputs) != 1 or len(outputs) != 1:
            raise UsageError(
                f"The architecture {name} has one input and one output (or several numbers); "
                f"got {len(inputs)} and {len(outputs)}."
            )
        shapes = (inputs[0], outputs[0])
    try:
        network: nn.Module = module.build(*shapes, **hyperparameters)
    except MesoinvError:
        raise
    except Exception as error:  # whatever impossible numbers make torch and timm say
        raise UsageError(f"The architecture {name} refuses its hyperparameters: {error}") from error
    return network
