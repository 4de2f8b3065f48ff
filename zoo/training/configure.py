"""From a recipe and samples to a model's configuration: units, shapes and fitted transforms."""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.config import ANY, ModelConfig, Quantity
from mesoinv.zoo.declared.recipe import Input
from mesoinv.zoo.model import transforms

if TYPE_CHECKING:
    import torch

    from mesoinv.generators.pipeline.base import Column
    from mesoinv.zoo.declared.recipe import Output, Recipe
    from mesoinv.zoo.training.batches import Samples

#: Training samples that the transforms are fitted to; fewer, where they have so many numbers.
FIT_SAMPLES, FIT_NUMBERS = 4096, 2**26


def configuration(recipe: Recipe, samples: Samples) -> ModelConfig:
    """Return the configuration of a recipe's model.

    Parameters
    ----------
    recipe : Recipe
        What is trained.
    samples : Samples
        Training samples; the first ones are looked at.
    """
    dataset = resolve_dataset(recipe.dataset)
    columns = {c.name: c for c in dataset.columns(recipe.config)}

    def fitted(asked: Input | Output, *, single: bool = False) -> Quantity:
        # one column in memory at a time
        numbers = math.prod(columns[asked.name].shape)
        values = samples.first(asked.name, min(FIT_SAMPLES, FIT_NUMBERS // numbers))
        if single and values.ndim == 1:  # a single number has an axis of its own in the network
            values = values[:, None]
        return _quantity(asked, columns[asked.name], values)

    inputs = {q.name: fitted(q) for q in recipe.inputs}
    single = len(recipe.outputs) == 1
    return ModelConfig(
        name=recipe.name,
        architecture=recipe.architecture,
        hyperparameters=recipe.hyperparameters,
        mesoinv=version("mesoinv"),
        dataset=recipe.dataset,
        dataset_version=dataset.version,
        config=recipe.config,
        task=recipe.task,
        inputs=list(inputs.values()),
        outputs=[
            _derived(q, inputs) if q.derived else fitted(q, single=single) for q in recipe.outputs
        ],
    )


def _quantity(asked: Input | Output, column: Column, values: torch.Tensor) -> Quantity:
    """Return what a model takes or gives, with its transforms fitted to samples (B, …)."""
    means = values.reshape(len(values), -1).mean(1)
    shape = list(column.shape)
    if isinstance(asked, Input) and asked.any_size:
        shape = [ANY] * len(shape)
    steps = transforms.fit(asked.transforms, values)
    low, high = float(means.min()), float(means.max())
    if column.shape and column.dtype.startswith("int"):
        # such as spins of both signs: they have no unit to be mistaken, and any mean
        return Quantity(asked.name, column.unit, shape, None, None, steps)
    return Quantity(asked.name, column.unit, shape, low, high, steps)


def _derived(asked: Output, inputs: dict[str, Quantity]) -> Quantity:
    """Return an output that is no column of the dataset."""
    if asked.like is not None:
        like = inputs[asked.like]
        return Quantity(asked.name, like.unit, like.shape, None, None, like.transforms)
    assert asked.unit is not None
    assert asked.shape is not None
    return Quantity(asked.name, asked.unit, asked.shape, None, None, list(asked.transforms))
