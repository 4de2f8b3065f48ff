"""Supervised learning: predict columns of the dataset, with a loss in the network's units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mesoinv.zoo.declared.objectives import Supervised
from mesoinv.zoo.training.descent import LOSSES, DescentModule, descend

if TYPE_CHECKING:
    from torch import Tensor

    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.model.model import Model
    from mesoinv.zoo.training.batches import Batch, Samples
    from mesoinv.zoo.training.effort import Effort
    from mesoinv.zoo.training.environment import TrainingEnvironment


class SupervisedTraining(DescentModule):
    """Compares what the network gives with the columns; several outputs count alike."""

    def training_loss(self, batch: Batch) -> Tensor:
        """Return the mean loss."""
        assert isinstance(self.objective, Supervised)
        inputs = self.inputs(batch)
        with torch.autocast(self.device.type, enabled=False):
            true = self.model.normalised_outputs(batch)
        made, loss = self.model(*inputs), LOSSES[self.objective.loss]
        if isinstance(true, dict):
            return torch.stack([loss(made[name].float(), true[name]) for name in true]).mean()
        # one number a sample has no axis in the network and one in the batch: broadcasting them
        # would compare every sample with every other
        return loss(made.float(), true.reshape(made.shape))

    def validation_loss(self, batch: Batch) -> Tensor:
        """Return the same."""
        return self.training_loss(batch)


def fit(
    model: Model,
    recipe: Recipe,
    samples: tuple[Samples, Samples],
    environment: TrainingEnvironment,
) -> Effort:
    """Train by steps along the gradient."""
    return descend(SupervisedTraining(model, recipe), recipe, samples, environment)
