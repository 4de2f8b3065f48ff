"""The training loop: a lightning module around a model, with losses in the network's units."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import lightning
import torch
import torchmetrics
from torch.nn import functional

from mesoinv.zoo.declared.recipe import Supervised
from mesoinv.zoo.training.symmetry import (
    check_reverse,
    check_square,
    check_translate,
    mirror_of,
    mirrored_at_random,
    reversed_at_random,
    shifted_at_random,
    turned_at_random,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.model.model import Model

_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": functional.mse_loss,
    "l1": functional.l1_loss,
    "huber": functional.smooth_l1_loss,
    "cross-entropy": functional.cross_entropy,
    "binary-cross-entropy": functional.binary_cross_entropy_with_logits,
}
_OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "adadelta": torch.optim.Adadelta,
    # the decay of Caffe's example for MNIST, lenet_solver_rmsprop
    "rmsprop": partial(torch.optim.RMSprop, alpha=0.98),
}  # fmt: skip
#: Epochs after which the schedule ``step`` divides the learning rate by ten.
_STEP = 7


class Training(lightning.LightningModule):
    """Trains a model by its recipe; logs ``train_loss`` and ``validation_loss`` each epoch."""

    def __init__(self, model: Model, recipe: Recipe) -> None:
        super().__init__()
        assert isinstance(recipe.objective, Supervised)
        self.model, self.objective = model, recipe.objective
        asked, outputs = self.objective.augmentation, [q.name for q in recipe.outputs]
        self.mirror = mirror_of(outputs) if "mirror" in asked else None
        self.reverse = "reverse" in asked
        if self.reverse:
            check_reverse(outputs)
        self.square = "square" in asked
        if self.square:
            check_square(outputs)
        self.translate = "translate" in asked
        if self.translate:
            check_translate(recipe.dataset, recipe.config, outputs)
        self.errors = torchmetrics.MeanMetric()

    def _loss(self, x: Tensor, y: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            a, b = self.model.normalised_input(x), self.model.normalised_output(y)
        predicted = self.model(a).float()
        # one number a sample has no axis in the network and one in the batch: broadcasting them
        # would compare every sample with every other
        return _LOSSES[self.objective.loss](predicted, b.reshape(predicted.shape))

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        """One batch."""
        x, y = batch
        if self.mirror is not None:
            x, y = mirrored_at_random(x, y, self.mirror)
        if self.reverse:
            x = reversed_at_random(x)
        if self.square:
            x = turned_at_random(x)
        if self.translate:
            x = shifted_at_random(x)
        loss = self._loss(x, y)
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(x))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        """One batch of the validation samples."""
        self.errors.update(self._loss(*batch), weight=len(batch[0]))

    def on_validation_epoch_end(self) -> None:
        """Log the mean over all validation samples."""
        self.log("validation_loss", self.errors.compute(), prog_bar=True)
        self.errors.reset()

    def configure_optimizers(self) -> Any:
        """Optimiser and schedule of the recipe."""
        asked = self.objective
        optimiser = _OPTIMISERS[asked.optimiser](
            self.model.parameters(), lr=asked.learning_rate, weight_decay=asked.weight_decay
        )
        if asked.schedule == "constant":
            return optimiser
        if asked.schedule == "step":
            return [optimiser], [torch.optim.lr_scheduler.StepLR(optimiser, _STEP, gamma=0.1)]
        if asked.schedule == "inverse":
            falling = torch.optim.lr_scheduler.LambdaLR(optimiser, _inverse)
            return _every_step(optimiser, falling)
        steps = max(1, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, asked.learning_rate, total_steps=steps + 1,
            pct_start=max(asked.warmup, 1 / steps), final_div_factor=1e4,
        )  # fmt: skip
        return _every_step(optimiser, schedule)


def _inverse(step: int) -> float:
    """Return the factor of the learning rate of Caffe's policy ``inv`` in its example for MNIST."""
    return (1 + 1e-4 * step) ** -0.75


def _every_step(optimiser: torch.optim.Optimizer, schedule: Any) -> Any:
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class WaitingTime(lightning.Callback):
    """Share of the training time that was spent waiting for batches."""

    def __init__(self) -> None:
        self.waited = self.worked = 0.0
        self._mark: float | None = None

    def on_train_epoch_start(self, *_args: Any) -> None:
        """Start to wait for the first batch."""
        self._mark = time.perf_counter()

    def on_train_batch_start(self, *_args: Any) -> None:
        """Note that a batch is there."""
        now = time.perf_counter()
        if self._mark is not None:
            self.waited += now - self._mark
        self._mark = now

    def on_train_batch_end(self, *_args: Any) -> None:
        """Note that a batch is done."""
        now = time.perf_counter()
        if self._mark is not None:
            self.worked += now - self._mark
        self._mark = now

    @property
    def share(self) -> float:
        """Waiting time over all time."""
        return self.waited / max(self.waited + self.worked, 1e-9)
