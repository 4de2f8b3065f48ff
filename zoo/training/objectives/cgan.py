"""A conditional generative adversarial network, as in pix2pix [1]_.

Two networks learn in turns: the discriminator tells the true output of an input from the
generator's, the generator learns to be taken for true and to be near the true output.

References
----------
.. [1] P. Isola, J.-Y. Zhu, T. Zhou, A. A. Efros, "Image-to-image translation with conditional
   adversarial networks", CVPR 2017, arXiv:1611.07004.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.declared.objectives import Cgan
from mesoinv.zoo.model.networks import network_shape
from mesoinv.zoo.training.descent import LOSSES, DescentModule, descend
from mesoinv.zoo.training.optimisers import optimiser_of, schedule_of

if TYPE_CHECKING:
    from torch import Tensor

    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.model.model import Model
    from mesoinv.zoo.training.batches import Batch, Samples
    from mesoinv.zoo.training.effort import Effort
    from mesoinv.zoo.training.environment import TrainingEnvironment


class CganTraining(DescentModule):
    """Steps of the discriminator and of the generator in turns, on the same batch.

    Logs ``discriminator_loss`` and ``adversarial_loss`` beside ``train_loss``, which is the
    distance of generated outputs from true ones, as is ``validation_loss``.
    """

    def __init__(self, model: Model, recipe: Recipe) -> None:
        super().__init__(model, recipe)
        assert isinstance(recipe.objective, Cgan)
        if len(model.config.outputs) != 1:
            raise UsageError(f"{recipe.name}: a cgan has one output.")
        self.cgan, self.automatic_optimization = recipe.objective, False
        shapes = [network_shape(q) for q in (*model.config.inputs, *model.config.outputs)]
        self.discriminator = build_network(
            self.cgan.discriminator, shapes, [()], self.cgan.discriminator_hyperparameters
        )

    def training_step(self, batch: Batch, _index: int) -> None:
        """One step of each network."""
        batch = self.changed(batch)
        inputs, true = self.inputs(batch), self._true(batch)
        made = self.model(*inputs)
        generator, discriminator = self._optimisers()

        self.toggle_optimizer(discriminator)
        judged = [self.discriminator(*inputs, y) for y in (true, made.detach())]
        loss = (_against(judged[0], 1.0) + _against(judged[1], 0.0)) / 2
        self._step(discriminator, loss)
        self.untoggle_optimizer(discriminator)
        self.log_loss("discriminator_loss", loss, batch)

        self.toggle_optimizer(generator)
        adversarial = _against(self.discriminator(*inputs, made), 1.0)
        distance = LOSSES[self.cgan.loss](made.float(), true)
        self._step(generator, adversarial + self.cgan.loss_weight * distance)
        self.untoggle_optimizer(generator)
        self.log_loss("adversarial_loss", adversarial, batch)
        self.log_loss("train_loss", distance, batch)
        schedules: Any = self.lr_schedulers()
        for schedule in schedules:
            schedule.step()

    def training_loss(self, batch: Batch) -> Tensor:
        """Return the distance of generated outputs from true ones."""
        made = self.model(*self.inputs(batch))
        return LOSSES[self.cgan.loss](made.float(), self._true(batch))

    def validation_loss(self, batch: Batch) -> Tensor:
        """Return the same."""
        return self.training_loss(batch)

    def configure_optimizers(self) -> Any:
        """Two optimisers, each with the schedule of the recipe."""
        rate = self.cgan.discriminator_learning_rate
        both = [
            optimiser_of(self.cgan, self.model.parameters()),
            optimiser_of(self.cgan, self.discriminator.parameters(), rate),
        ]
        return both, [schedule_of(self.cgan, each, self.steps) for each in both]

    def _true(self, batch: Batch) -> Tensor:
        with torch.autocast(self.device.type, enabled=False):
            true = self.model.normalised_outputs(batch)
        assert isinstance(true, torch.Tensor)
        return true

    def _optimisers(self) -> tuple[Any, Any]:
        both: Any = self.optimizers()
        return both[0], both[1]

    def _step(self, optimiser: Any, loss: Tensor) -> None:
        optimiser.zero_grad()
        self.manual_backward(loss)
        if self.cgan.gradient_clip:
            self.clip_gradients(optimiser, self.cgan.gradient_clip, "norm")
        optimiser.step()


def _against(logits: Tensor, answer: float) -> Tensor:
    return binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits.float(), answer))


def fit(
    model: Model,
    recipe: Recipe,
    samples: tuple[Samples, Samples],
    environment: TrainingEnvironment,
) -> Effort:
    """Train both networks; the generator becomes the model."""
    return descend(CganTraining(model, recipe), recipe, samples, environment)
