"""Builds a stranger's network without memory: on torch's ``meta`` device, under a watch.

Tensors of that device have a shape and no numbers, so that building costs nothing but the modules
themselves, and those are counted. A sample is then sent through in the same way: the shape of what
comes out, the largest intermediate array and the operations are known before anything real runs.
"""

from __future__ import annotations

import time
import warnings
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mesoinv.eval.submission.problems import Problem, RefusedError, shown
from mesoinv.generators.common.numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from mesoinv.eval.submission.weights import Shapes
    from mesoinv.zoo.declared.config import ModelConfig, Quantity

    Shape = tuple[int, ...]

MAX_PARAMETERS = 500_000_000  # of 4 bytes in 2 GB
MAX_MODULES = 5_000
MAX_SECONDS = 20.0
#: Numbers of one intermediate array, and multiplications, for one sample.
MAX_ELEMENTS = 2**24
MAX_OPERATIONS = 5e11
_BATCH = 2
_FIX = "Submit a smaller network, or predictions."


class _TooMuchError(Exception):
    """Leaves a build that is out of bounds."""


def check_network(config: ModelConfig, shapes: Shapes) -> None:
    """Build the network of a configuration whose values are within bounds, and compare weights.

    Parameters
    ----------
    config : ModelConfig
        Checked by `mesoinv.eval.submission.bounds.check_config`.
    shapes : dict of str to tuple of int
        Of the tensors in the file.

    Raises
    ------
    RefusedError
        If it cannot be built, is too large, too slow, gives another shape, or its tensors are not
        those of the file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a stranger's network has nothing to tell the user
            network, given, wanted = _build(config)
            _compare(network, shapes)
            _run(network, given, wanted)
    except RefusedError:
        raise
    except Exception as error:  # whatever a stranger's numbers make torch say
        what = f"cannot be built: {shown(error, 300)}."
        raise RefusedError(Problem("the network", what, _FIX)) from error


def _build(config: ModelConfig) -> tuple[nn.Module, list[Shape], Shape]:
    import torch  # noqa: PLC0415

    from mesoinv.zoo.architectures import build_network  # noqa: PLC0415

    given = [_through(quantity, back=False) for quantity in config.inputs]
    shapes = [_through(quantity, back=True) for quantity in config.outputs]
    if len(shapes) > 1 and any(shapes):
        raise ValueError("each of several outputs must be a number behind its transforms too")
    wanted = shapes[0] if len(shapes) == 1 else (len(shapes),)
    values = {k: v for k, v in config.hyperparameters.items() if k != "pretrained"}
    with _watched(), _sizes(MAX_PARAMETERS), torch.device("meta"):
        network = build_network(config.architecture, given, [wanted], values)
    return network.eval(), given, wanted


def _through(quantity: Quantity, *, back: bool) -> tuple[int, ...]:
    """Return the network's shape of a sample, after sending zeros to it (and back)."""
    import torch  # noqa: PLC0415

    from mesoinv.zoo.model import transforms  # noqa: PLC0415
    from mesoinv.zoo.model.networks import concrete, network_shape  # noqa: PLC0415

    shape, steps = concrete(quantity.shape), quantity.transforms
    inner = network_shape(replace(quantity, shape=shape))
    with torch.inference_mode():
        if not back:
            sent, expected = transforms.apply(steps, torch.zeros(1, *shape)), inner
        else:
            sent, expected = transforms.invert(steps, torch.zeros(1, *inner)), tuple(shape)
    # the first axis too: a list of shifts makes several samples of one number
    if tuple(sent.shape) != (1, *expected):
        raise ValueError(f"the transforms turn {[1, *expected]} into {list(sent.shape)}")
    return inner


@contextmanager
def _watched() -> Iterator[None]:
    """Count modules, parameters and time while networks are built (in this whole process)."""
    from torch.nn.modules import module  # noqa: PLC0415

    modules, numbers, start = 0, 0, time.process_time()

    def see_module(*_: object) -> None:
        nonlocal modules
        modules += 1
        if modules > MAX_MODULES or time.process_time() - start > MAX_SECONDS:
            raise _TooMuchError(f"more than {MAX_MODULES} modules, or {MAX_SECONDS:g} s to build")

    def see_tensor(_module: object, _name: str, tensor: Any) -> None:
        nonlocal numbers
        numbers += 0 if tensor is None else tensor.numel()
        if numbers > MAX_PARAMETERS:
            raise _TooMuchError(f"more than {count(MAX_PARAMETERS)} parameters")

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


def _compare(network: nn.Module, shapes: Shapes) -> None:
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for what, names in {
        "lacks": expected.keys() - shapes.keys(),
        "has the unknown": shapes.keys() - expected.keys(),
        "has in another shape": {n for n in expected.keys() & shapes if expected[n] != shapes[n]},
    }.items():
        if names:
            said = f"{what} {', '.join(shown(name) for name in sorted(names)[:5])}"
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            fix = "Submit the config.json that was written with these weights."
            raise RefusedError(Problem("model.safetensors", f"{said}{more}.", fix))


def _run(network: nn.Module, given: list[Shape], wanted: Shape) -> None:
    """Send two samples without numbers through, and refuse what would be too large or too slow."""
    import torch  # noqa: PLC0415
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    part, shape = network, wanted
    if hasattr(network, "costly_part"):
        part, shape = network.costly_part(given[0])  # type: ignore[operator]
    with (
        torch.inference_mode(),
        _sizes(_BATCH * MAX_ELEMENTS),
        FlopCounterMode(display=False) as counter,
    ):
        made = part(*(torch.zeros(_BATCH, *each, device="meta") for each in given))
    if tuple(made.shape[1:]) != shape:
        raise ValueError(f"it gives {list(made.shape[1:])}, and {list(shape)} are wanted")
    if counter.get_total_flops() > 2 * _BATCH * MAX_OPERATIONS:
        raise _TooMuchError(f"more than {MAX_OPERATIONS:g} multiplications a sample")


def _sizes(limit: int) -> Any:
    from torch import Tensor  # noqa: PLC0415
    from torch.utils._python_dispatch import TorchDispatchMode  # noqa: PLC0415

    class Sizes(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Looks at the size of every intermediate array."""

        def __torch_dispatch__(
            self, func: Any, _types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            made = func(*args, **(kwargs or {}))
            parts = made if isinstance(made, list | tuple) else [made]
            largest = max((p.numel() for p in parts if isinstance(p, Tensor)), default=0)
            if largest > limit:
                raise _TooMuchError(
                    f"an array of {count(largest)} numbers; allowed are {count(limit)}"
                )
            return made

    return Sizes()  # type: ignore[no-untyped-call]
