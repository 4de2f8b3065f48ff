"""Optimisers and schedules of the learning rate by their names in a recipe."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor
    from torch.optim.lr_scheduler import LRScheduler

    from mesoinv.zoo.declared.objectives import Descent

_OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "adadelta": torch.optim.Adadelta,
    # the decay of Caffe's example for MNIST, lenet_solver_rmsprop
    "rmsprop": partial(torch.optim.RMSprop, alpha=0.98),
}  # fmt: skip
#: Epochs after which the schedule ``step`` divides the learning rate by ten.
_STEP = 7


def optimiser_of(
    objective: Descent, parameters: Iterable[Tensor], learning_rate: float | None = None
) -> torch.optim.Optimizer:
    """Return the optimiser that an objective asks for."""
    rate = objective.learning_rate if learning_rate is None else learning_rate
    make = _OPTIMISERS[objective.optimiser]
    return make(parameters, lr=rate, weight_decay=objective.weight_decay)


def schedule_of(objective: Descent, optimiser: torch.optim.Optimizer, steps: int) -> LRScheduler:
    """Return the schedule of the learning rate, to be stepped after every batch.

    Parameters
    ----------
    objective : Descent
        Names the schedule.
    optimiser : torch.optim.Optimizer
        Whose learning rate it sets.
    steps : int
        Batches of the whole training.
    """
    scheduler = torch.optim.lr_scheduler
    if objective.schedule == "cosine":
        return scheduler.OneCycleLR(
            optimiser, optimiser.param_groups[0]["lr"], total_steps=steps + 1,
            pct_start=max(objective.warmup, 1 / steps), final_div_factor=1e4,
        )  # fmt: skip
    if objective.schedule == "step":
        per_epoch = max(1, steps // objective.epochs)
        return scheduler.StepLR(optimiser, _STEP * per_epoch, gamma=0.1)
    if objective.schedule == "inverse":
        return scheduler.LambdaLR(optimiser, _inverse)
    return scheduler.ConstantLR(optimiser, factor=1.0)


def _inverse(step: int) -> float:
    """Return the factor of the learning rate of Caffe's policy ``inv`` in its example for MNIST."""
    return (1 + 1e-4 * step) ** -0.75
