"""A network that has a formula for its weights is given all samples at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.training.effort import Effort

if TYPE_CHECKING:
    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.model.model import Model
    from mesoinv.zoo.training.batches import Samples
    from mesoinv.zoo.training.environment import TrainingEnvironment

_PIECE = 1024


def fit(
    model: Model,
    _recipe: Recipe,
    samples: tuple[Samples, Samples],
    _environment: TrainingEnvironment,
) -> Effort:
    """Call the network's ``fit`` with its inputs and outputs, (samples, …) in its own units."""
    if not hasattr(model.network, "fit"):
        raise UsageError(
            f"The architecture {model.config.architecture} has no closed form. Take the objective "
            "supervised."
        )
    start, count = time.perf_counter(), len(samples[0])
    whole: list[torch.Tensor] = []
    for i in range(0, count, _PIECE):
        rows = list(range(i, min(i + _PIECE, count)))
        batch = {name: values.cpu() for name, values in samples[0][rows].items()}
        outputs = model.normalised_outputs(batch)
        assert isinstance(outputs, torch.Tensor)
        ready = [*model.normalised_inputs(batch), outputs]
        # in place: a list of blocks would hold everything twice when it is joined
        whole = whole or [part.new_empty((count, *part.shape[1:])) for part in ready]
        for target, part in zip(whole, ready, strict=True):
            target[i : i + len(part)] = part
    model.network.fit(*whole)  # type: ignore[operator]
    return Effort(seconds=time.perf_counter() - start)
