"""Recipes: everything that makes a model, one short YAML file each in ``zoo/recipes``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml

from mesoinv.generators.pipeline.errors import UsageError, unknown_name
from mesoinv.generators.pipeline.records import from_dict
from mesoinv.zoo.transforms import Transform  # noqa: TC001  (read at run time)

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Recipe:
    """A training, complete.

    Attributes
    ----------
    description : str
        One line for lists and cards.
    dataset, config, task : str
        What is learnt.
    inputs, outputs : list of str
        Columns, one of each.
    samples, validation : int
        The first so many of the splits ``train`` and ``validation``.
    paper_samples : int or None
        What the paper used for this network.
    architecture, hyperparameters
        As for `mesoinv.zoo.architectures.build_network`.
    input_transforms, output_transforms : list of Transform
        Physical → network; ``standardise`` and ``min-max`` are fitted.
    loss : str
        In the network's units.
    optimiser, learning_rate, weight_decay, schedule, warmup
        ``cosine`` falls to 0 over all epochs after a linear `warmup` (share of all steps); ``step``
        falls to a tenth every 7 epochs; ``inverse`` falls as (1 + steps/10 000) to the power -3/4.
    augmentation : list of str
        Exact symmetries: ``mirror`` in y; ``reverse``, source and drain exchanged; ``square``, the
        eight of a square lattice; ``translate``, all shifts of a periodic one.
    batch_size, epochs, seed, precision
        As usual; precision is lightning's name.
    gradient_clip : float
        Largest norm of the gradient; 0 for none.
    channels_last : bool
        Memory layout of the convolutions: which one is faster depends on the network.
    start : str or None
        Model whose weights are the initial ones; with 0 epochs, the final ones.
    any_size : bool
        The network takes lattices of any size, not only of the size that it is trained on.
    store : str
        Type of the stored weights.
    name : str
        Of the model: the file's name.
    """

    description: str
    dataset: str
    config: str
    task: str
    inputs: list[str]
    outputs: list[str]
    samples: int
    validation: int
    architecture: str
    epochs: int
    paper_samples: int | None = None
    hyperparameters: dict[str, object] = field(default_factory=dict)
    input_transforms: list[Transform] = field(default_factory=list)
    output_transforms: list[Transform] = field(default_factory=list)
    loss: Literal["mse", "l1", "huber", "cross-entropy", "binary-cross-entropy"] = "mse"
    optimiser: Literal["adam", "adamw", "adadelta", "rmsprop"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine", "step", "inverse"] = "constant"
    warmup: float = 0.0
    augmentation: list[Literal["mirror", "reverse", "square", "translate"]] = field(
        default_factory=list
    )
    any_size: bool = False
    batch_size: int = 32
    seed: int = 0
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    gradient_clip: float = 0.0
    channels_last: bool = False
    start: str | None = None
    store: Literal["float32", "float16"] = "float32"
    name: str = ""


def list_recipes() -> list[str]:
    """Return the names of all recipes that come with the package."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def read_recipe(name_or_path: str | Path) -> Recipe:
    """Read a recipe by the name of a model of the zoo, or from a file.

    Raises
    ------
    UsageError
        If it does not exist, or a key is unknown, missing or of a wrong type.
    """
    path = Path(name_or_path)
    if path.suffix != ".yaml":
        if str(name_or_path) not in list_recipes():
            raise unknown_name("recipe", str(name_or_path), list_recipes())
        path = RECIPES / f"{name_or_path}.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"There is no recipe {path}. Known: {', '.join(list_recipes())}."
        ) from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {error}") from error
    recipe = dataclasses.replace(from_dict(Recipe, data, path.name), name=path.stem)
    if len(recipe.inputs) != 1 or len(recipe.outputs) < 1:
        raise UsageError(f"{path.name}: inputs must be one column, outputs one or more.")
    if min(recipe.samples, recipe.validation, recipe.batch_size) < 1 or recipe.epochs < 0:
        raise UsageError(f"{path.name}: samples, validation and batch_size must be 1 or more.")
    return recipe
