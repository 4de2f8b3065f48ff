"""Builds networks without memory: on torch's ``meta`` device, under a watch.

Tensors of that device have a shape and no numbers, so that building costs nothing but the modules
themselves, and those are counted. So a file that asks for more than a machine has is refused first.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.modules import module
from torch.utils._python_dispatch import TorchDispatchMode

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MODULES = 5_000
MAX_SECONDS = 20.0


class TooMuchError(MesoinvError):
    """A network or a transform is out of bounds."""


@contextmanager
def watched(numbers: int) -> Iterator[None]:
    """Build networks without memory, with at most so many parameters (in this whole process).

    Parameters
    ----------
    numbers : int
        How many parameters and buffers all modules may have together, and how many numbers any
        array that occurs.

    Raises
    ------
    TooMuchError
        If there are more, or `MAX_MODULES` or `MAX_SECONDS` are exceeded.
    """
    with _counted(numbers), ArraySizes(numbers), torch.device("meta"):
        yield


@contextmanager
def _counted(most: int) -> Iterator[None]:
    modules, numbers, start = 0, 0, time.process_time()

    def see_module(*_: object) -> None:
        nonlocal modules
        modules += 1
        if modules > MAX_MODULES or time.process_time() - start > MAX_SECONDS:
            raise TooMuchError(f"more than {MAX_MODULES} modules, or {MAX_SECONDS:g} s to build")

    def see_tensor(_module: object, _name: str, tensor: Any) -> None:
        nonlocal numbers
        numbers += 0 if tensor is None else tensor.numel()
        if numbers > most:
            raise TooMuchError(f"more than {count(most)} parameters")

    handles = [
        module.register_module_module_registration_hook(see_module),
        module.register_module_parameter_registration_hook(see_tensor),
        module.register_module_buffer_registration_hook(see_tensor),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class ArraySizes(TorchDispatchMode):
    """A context in which an array of more than `limit` numbers raises `TooMuchError`."""

    def __init__(self, limit: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._limit = limit

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        parts = made if isinstance(made, list | tuple) else [made]
        largest = max((p.numel() for p in parts if isinstance(p, Tensor)), default=0)
        if largest > self._limit:
            raise TooMuchError(
                f"an array of {count(largest)} numbers; allowed are {count(self._limit)}"
            )
        return made
