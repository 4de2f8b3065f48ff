"""A variational autoencoder [1]_: learns without targets to reconstruct its first input.

References
----------
.. [1] D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014, arXiv:1312.6114.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from mesoinv.zoo.declared.objectives import Vae
from mesoinv.zoo.training.descent import LOSSES, DescentModule, descend

if TYPE_CHECKING:
    from torch import Tensor

    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.model.model import Model
    from mesoinv.zoo.training.batches import Batch, Samples
    from mesoinv.zoo.training.effort import Effort
    from mesoinv.zoo.training.environment import TrainingEnvironment


class VaeTraining(DescentModule):
    """Loss of the reconstruction, summed over a sample, and the divergence of the latent numbers.

    Training draws the latent numbers; validation takes their means.
    """

    def training_loss(self, batch: Batch) -> Tensor:
        """Return the loss with latent numbers drawn at random."""
        return self._loss(batch, noise=True)

    def validation_loss(self, batch: Batch) -> Tensor:
        """Return the loss at the means of the latent numbers."""
        return self._loss(batch, noise=False)

    def _loss(self, batch: Batch, *, noise: bool) -> Tensor:
        assert isinstance(self.objective, Vae)
        inputs, network = self.inputs(batch), self._network()
        mean, log_variance = network.encode(*inputs)
        deviation = (0.5 * log_variance).exp()
        latent = mean + deviation * torch.randn_like(mean) if noise else mean
        made = network.decode(latent).float()
        count = len(made)
        reconstruction = LOSSES[self.objective.loss](
            made, inputs[0].reshape(made.shape), reduction="sum"
        )
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).float().sum()
        return (reconstruction + self.objective.kl_weight * divergence) / count

    def _network(self) -> Any:
        return self.model.network


def fit(
    model: Model,
    recipe: Recipe,
    samples: tuple[Samples, Samples],
    environment: TrainingEnvironment,
) -> Effort:
    """Train by steps along the gradient."""
    return descend(VaeTraining(model, recipe), recipe, samples, environment)
