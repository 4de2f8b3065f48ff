"""Builds a stranger's network without memory: on torch's ``meta`` device, under a watch.

Tensors of that device have a shape and no numbers, so that building costs nothing but the modules
themselves, and those are counted. A sample is then sent through in the same way: the shape of what
comes out, the largest intermediate array and the operations are known before anything real runs.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mesoinv.eval.submission.problems import Problem, RefusedError, shown

if TYPE_CHECKING:
    from torch import nn

    from mesoinv.eval.submission.weights import Shapes
    from mesoinv.zoo.declared.config import ModelConfig, Quantity

    Shape = tuple[int, ...]
    #: Shapes of one tensor, or of several by their names.
    Wanted = Shape | dict[str, Shape]

MAX_PARAMETERS = 500_000_000  # of 4 bytes in 2 GB
#: Numbers of one intermediate array, and multiplications, for one sample.
MAX_ELEMENTS = 2**24
MAX_OPERATIONS = 5e11
_BATCH = 2
_FIX = "Submit a smaller network, or predictions."


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


def _build(config: ModelConfig) -> tuple[nn.Module, list[Shape], Wanted]:
    from mesoinv.zoo.architectures import build_network  # noqa: PLC0415
    from mesoinv.zoo.model.networks import are_packed  # noqa: PLC0415
    from mesoinv.zoo.model.watched import watched  # noqa: PLC0415

    given = [_through(quantity, back=False) for quantity in config.inputs]
    shapes = [_through(quantity, back=True) for quantity in config.outputs]
    wanted: Wanted = {q.name: shape for q, shape in zip(config.outputs, shapes, strict=True)}
    if are_packed(config.outputs):
        if len(shapes) > 1 and any(shapes):
            raise ValueError("each of several outputs must be a number behind its transforms too")
        wanted = shapes[0] if len(shapes) == 1 else (len(shapes),)
        shapes = [wanted]
    values = {k: v for k, v in config.hyperparameters.items() if k != "pretrained"}
    with watched(MAX_PARAMETERS):
        network = build_network(config.architecture, given, shapes, values)
    return network.eval(), given, wanted


def _through(quantity: Quantity, *, back: bool) -> tuple[int, ...]:
    """Return the network's shape of a sample, after sending one without numbers (and back)."""
    import torch  # noqa: PLC0415

    from mesoinv.zoo.model import transforms  # noqa: PLC0415
    from mesoinv.zoo.model.networks import concrete, network_shape  # noqa: PLC0415
    from mesoinv.zoo.model.watched import ArraySizes  # noqa: PLC0415

    shape, steps = concrete(quantity.shape), quantity.transforms
    inner = network_shape(replace(quantity, shape=shape))
    with torch.inference_mode(), torch.device("meta"), ArraySizes(MAX_ELEMENTS):
        if not back:
            sent, expected = transforms.apply(steps, torch.zeros(1, *shape)), inner
        else:
            sent, expected = transforms.invert(steps, torch.zeros(1, *inner)), tuple(shape)
    # the first axis too: a list of shifts makes several samples of one number
    if tuple(sent.shape) != (1, *expected):
        raise ValueError(f"the transforms turn {[1, *expected]} into {list(sent.shape)}")
    return inner


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


def _run(network: nn.Module, given: list[Shape], wanted: Wanted) -> None:
    """Send two samples without numbers through, and refuse what would be too large or too slow."""
    import torch  # noqa: PLC0415
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    from mesoinv.zoo.model.watched import ArraySizes, TooMuchError  # noqa: PLC0415

    part, shape = network, wanted
    if hasattr(network, "costly_part"):
        part, shape = network.costly_part(given[0])  # type: ignore[operator]
    with (
        torch.inference_mode(),
        ArraySizes(_BATCH * MAX_ELEMENTS),
        FlopCounterMode(display=False) as counter,
    ):
        made = part(*(torch.zeros(_BATCH, *each, device="meta") for each in given))
    _check_shapes(made, shape)
    if counter.get_total_flops() > 2 * _BATCH * MAX_OPERATIONS:
        raise TooMuchError(f"more than {MAX_OPERATIONS:g} multiplications a sample")


def _check_shapes(made: Any, wanted: Wanted) -> None:
    """Refuse outputs of other shapes than are wanted, or without one that is."""
    if not isinstance(wanted, dict):
        made, wanted = {"": made}, {"": wanted}
    for name, shape in wanted.items():
        if name not in made:
            raise ValueError(f"it gives no {name}")
        if tuple(made[name].shape[1:]) != shape:
            there = list(made[name].shape[1:])
            raise ValueError(f"it gives {there}, and {list(shape)} are wanted")
