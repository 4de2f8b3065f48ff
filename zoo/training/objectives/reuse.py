"""Keeps the weights that the recipe starts from; only the transforms are new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.zoo.training.effort import Effort

if TYPE_CHECKING:
    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.model.model import Model
    from mesoinv.zoo.training.batches import Samples
    from mesoinv.zoo.training.environment import TrainingEnvironment


def fit(
    _model: Model,
    _recipe: Recipe,
    _samples: tuple[Samples, Samples],
    _environment: TrainingEnvironment,
) -> Effort:
    """Leave the weights as they are."""
    return Effort()
