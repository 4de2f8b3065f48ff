"""Objectives: what a training does, with the keys that belong to it; a recipe names one.

`mesoinv.zoo.training.objectives` has a module for each kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.pipeline.base import SYMMETRIES


@dataclass(frozen=True)
class Descent:
    """Steps along the gradient of a loss.

    Attributes
    ----------
    epochs, batch_size
        As usual.
    optimiser, learning_rate, weight_decay, schedule, warmup
        ``cosine`` falls to 0 over all epochs after a linear `warmup` (share of all steps); ``step``
        falls to a tenth every 7 epochs; ``inverse`` falls as (1 + steps/10 000) to the power -3/4.
    augmentation : list of str
        Exact symmetries of the configuration, names of
        `mesoinv.generators.pipeline.base.SYMMETRIES`.
    noise : float
        Largest level of random noise on the inputs, over the mean of each; 0 for none. The
        validation samples have it too, always the same.
    precision : str
        lightning's name.
    gradient_clip : float
        Largest norm of the gradient; 0 for none.
    channels_last : bool
        Memory layout of the convolutions: which one is faster depends on the network.
    """

    epochs: int
    batch_size: int = 32
    optimiser: Literal["adam", "adamw", "adadelta", "rmsprop"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine", "step", "inverse"] = "constant"
    warmup: float = 0.0
    augmentation: list[str] = field(default_factory=list)
    noise: float = 0.0
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    gradient_clip: float = 0.0
    channels_last: bool = False

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size) < 1:
            raise UsageError("A training needs 1 epoch and a batch_size of 1 or more.")
        if not 0 <= self.noise < math.inf:
            raise UsageError(f"noise must be 0 or more, and finite; got {self.noise}.")
        for group in self.augmentation:
            if group not in SYMMETRIES:
                raise unknown_name("augmentation", group, SYMMETRIES)


@dataclass(frozen=True)
class Supervised(Descent):
    """Predict columns of the dataset; `loss` is in the network's units.

    ``correlation`` is 1 - r of each sample's map, of positive values, and a term for its mean.
    """

    loss: Literal["mse", "l1", "huber", "correlation", "cross-entropy", "binary-cross-entropy"] = (
        "mse"
    )
    kind: Literal["supervised"] = "supervised"


@dataclass(frozen=True)
class Vae(Descent):
    """A variational autoencoder of the first input: nothing else is to be predicted.

    The network has ``encode`` (inputs → mean and logarithm of the variance of the latent numbers)
    and ``decode`` (latent numbers → reconstruction); its ``forward`` gives the recipe's outputs.

    Attributes
    ----------
    loss : str
        Of the reconstruction, summed over the sites of a sample.
    kl_weight : float
        Weight of the Kullback-Leibler divergence from a normal distribution.
    """

    loss: Literal["mse", "l1", "binary-cross-entropy"] = "mse"
    kl_weight: float = 1.0
    kind: Literal["vae"] = "vae"


@dataclass(frozen=True)
class Cgan(Descent):
    """A conditional generative adversarial network: the generator alone becomes the model.

    Attributes
    ----------
    discriminator : str
        Architecture that tells true outputs from generated ones; it is given the inputs, then the
        output, and returns logits.
    discriminator_hyperparameters : dict
        Of that architecture.
    discriminator_learning_rate : float or None
        The generator's by default.
    loss : str
        Distance from the true output, beside the adversarial loss.
    loss_weight : float
        Its weight; that of the adversarial loss is 1.
    """

    discriminator: str = "patch_discriminator"
    discriminator_hyperparameters: dict[str, object] = field(default_factory=dict)
    discriminator_learning_rate: float | None = None
    loss: Literal["mse", "l1", "huber", "correlation"] = "l1"
    loss_weight: float = 100.0
    kind: Literal["cgan"] = "cgan"


@dataclass(frozen=True)
class ClosedForm:
    """Fit the network to all samples at once; its architecture knows the formula."""

    kind: Literal["closed_form"] = "closed_form"


@dataclass(frozen=True)
class Reuse:
    """Keep the weights of the model `start`; other transforms make another model of them."""

    kind: Literal["reuse"] = "reuse"


Objective = Supervised | Vae | Cgan | ClosedForm | Reuse
