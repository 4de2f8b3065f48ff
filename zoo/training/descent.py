"""What objectives that step along a gradient share: the lightning module's frame, and the run."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import lightning
import numpy as np
import torch
import torchmetrics
from lightning.pytorch.callbacks import ModelCheckpoint, Timer, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from torch.nn import functional

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared.objectives import Descent
from mesoinv.zoo.training.batches import loader
from mesoinv.zoo.training.effort import Effort
from mesoinv.zoo.training.noise import with_random_noise
from mesoinv.zoo.training.optimisers import optimiser_of, schedule_of
from mesoinv.zoo.training.runs import open_run
from mesoinv.zoo.training.symmetry import Augmentation

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.model.model import Model
    from mesoinv.zoo.training.batches import Batch, Samples
    from mesoinv.zoo.training.environment import TrainingEnvironment


def correlation_loss(made: Tensor, true: Tensor) -> Tensor:
    """Return 1 - r, Pearson's correlation of each sample's values, and how far its mean is off.

    Of positive maps of any scale: the second term is a tenth of the squared logarithm of the ratio
    of the means, so that samples of all scales count alike.
    """
    made, true = made.flatten(1), true.flatten(1)
    means = [x.mean(dim=1, keepdim=True) for x in (made, true)]
    a, b = made / means[0].clamp_min(_TINY) - 1, true / means[1].clamp_min(_TINY) - 1
    r = (a * b).sum(dim=1) / (a.norm(dim=1) * b.norm(dim=1)).clamp_min(_TINY)
    off = torch.log(means[0].clamp_min(_TINY) / means[1].clamp_min(_TINY))
    return (1 - r).mean() + (off**2).mean() / 10


LOSSES: dict[str, Callable[..., Tensor]] = {
    "mse": functional.mse_loss,
    "correlation": correlation_loss,
    "l1": functional.l1_loss,
    "huber": functional.smooth_l1_loss,
    "cross-entropy": functional.cross_entropy,
    "binary-cross-entropy": functional.binary_cross_entropy_with_logits,
}
#: Means and norms below this are taken for it.
_TINY = 1e-12
#: Logged after every epoch; the weights with the smallest are kept.
VALIDATION = "validation_loss"


class DescentModule(lightning.LightningModule):
    """Trains a model by its recipe; logs ``train_loss`` and ``validation_loss`` each epoch.

    A subclass says what the two losses are: `training_loss` and `validation_loss` of a batch of
    physical columns, (B, …) each.
    """

    def __init__(self, model: Model, recipe: Recipe) -> None:
        super().__init__()
        assert isinstance(recipe.objective, Descent)
        self.model, self.objective, self.seed = model, recipe.objective, recipe.seed
        self.augmented = Augmentation(
            recipe.dataset, recipe.config, self.objective.augmentation, recipe.columns
        )
        self.given = [q.name for q in recipe.inputs]
        self.errors = torchmetrics.MeanMetric()

    @abstractmethod
    def training_loss(self, batch: Batch) -> Tensor:
        """Return the loss that is made smaller."""

    @abstractmethod
    def validation_loss(self, batch: Batch) -> Tensor:
        """Return the loss that tells which weights are best."""

    def inputs(self, batch: Batch) -> list[Tensor]:
        """Return the network's inputs, in full precision."""
        with torch.autocast(self.device.type, enabled=False):
            return self.model.normalised_inputs(batch)

    def on_train_batch_start(self, _batch: Batch, number: int) -> None:
        """Make random numbers a function of the batch: a resumed run goes on with the same."""
        _seed_torch(self.seed, self.current_epoch, number, *self._other_process())

    def on_validation_batch_start(self, _batch: Batch, number: int, _loader: int = 0) -> None:
        """Give every epoch the same noise."""
        _seed_torch(self.seed, number, *self._other_process())

    def _other_process(self) -> tuple[int, ...]:
        """Return what makes the random numbers of a second process others than of the first."""
        return (self.global_rank,) if self.global_rank else ()

    def changed(self, batch: Batch) -> Batch:
        """Return a training batch as another one of the same distribution, with noise."""
        return self.measured(self.augmented(batch))

    def measured(self, batch: Batch) -> Batch:
        """Return a batch with noise on its inputs, where the recipe asks for it."""
        level = self.objective.noise
        return with_random_noise(batch, self.given, level) if level else batch

    def training_step(self, batch: Batch, _index: int) -> Tensor | None:
        """One batch."""
        loss = self.training_loss(self.changed(batch))
        self.log_loss("train_loss", loss, batch)
        return loss

    def log_loss(self, name: str, loss: Tensor, batch: Batch) -> None:
        """Log the mean over an epoch."""
        count = len(next(iter(batch.values())))
        several = self.trainer.world_size > 1
        self.log(name, loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=count,
                 sync_dist=several)  # fmt: skip

    def validation_step(self, batch: Batch, _index: int) -> None:
        """One batch of the validation samples."""
        loss = self.validation_loss(self.measured(batch))
        self.errors.update(loss, weight=len(next(iter(batch.values()))))

    def on_validation_epoch_end(self) -> None:
        """Log the mean over all validation samples."""
        self.log(VALIDATION, self.errors.compute(), prog_bar=True)
        self.errors.reset()

    def configure_optimizers(self) -> Any:
        """Optimiser and schedule of the recipe."""
        optimiser = optimiser_of(self.objective, self.model.parameters())
        schedule = schedule_of(self.objective, optimiser, self.steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    @property
    def steps(self) -> int:
        """Batches of the whole training."""
        return max(1, int(self.trainer.estimated_stepping_batches))


def descend(
    module: DescentModule,
    recipe: Recipe,
    samples: tuple[Samples, Samples],
    environment: TrainingEnvironment,
) -> Effort:
    """Train a module, continuing an interrupted run, and give its model the best weights.

    Parameters
    ----------
    module : DescentModule
        Around the model.
    recipe : Recipe
        Names the run.
    samples : (Samples, Samples)
        Training and validation samples.
    environment : TrainingEnvironment
        Where checkpoints are kept, and the device.
    """
    objective = module.objective
    if objective.batch_size % environment.devices:
        raise UsageError(
            f"batch_size, {objective.batch_size}, must be a multiple of devices, "
            f"{environment.devices}: each takes its share of every batch."
        )
    if objective.channels_last:
        module.model.network.to(memory_format=torch.channels_last)
    folder = environment.run_folder(recipe)
    last = open_run(folder, recipe)
    best = ModelCheckpoint(
        folder, filename="best", monitor=VALIDATION, save_last=True, enable_version_counter=False
    )
    timer, waiting = Timer(), WaitingTime()
    trainer = lightning.Trainer(
        max_epochs=objective.epochs,
        accelerator="gpu" if environment.device == "cuda" else "cpu",
        devices=environment.devices,
        # a cgan's step uses one of two networks
        strategy="ddp_find_unused_parameters_true" if environment.devices > 1 else "auto",
        use_distributed_sampler=False,  # `Batches` knows its share
        precision=objective.precision,
        # a module that steps its optimisers itself clips itself
        gradient_clip_val=(objective.gradient_clip or None) if module.automatic_optimization
        else None,
        callbacks=[best, timer, waiting, TQDMProgressBar(refresh_rate=20)],
        logger=CSVLogger(folder.parent, name=folder.name, version=""),
        log_every_n_steps=50, enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(
        module,
        loader(samples[0], objective.batch_size, shuffle=True, seed=recipe.seed),
        loader(samples[1], objective.batch_size, shuffle=False, seed=0),
        ckpt_path=str(last) if last else None,
        weights_only=True,  # a checkpoint is data: it runs no code
    )
    if trainer.interrupted:
        raise KeyboardInterrupt
    if trainer.global_rank:  # the first process writes the model
        raise SystemExit(0)
    state = torch.load(best.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
    module.load_state_dict(state, strict=True)
    seconds = float(timer.time_elapsed("train"))
    return Effort(objective.epochs, objective.precision, seconds, waiting.share)


def _seed_torch(*numbers: int) -> None:
    torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))


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
