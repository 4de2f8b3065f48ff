"""Recipes: everything that makes a model, one short YAML file each in ``zoo/recipes``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.common.records import from_dict
from mesoinv.zoo.declared.transforms import Transform  # noqa: TC001  (read at run time)
from mesoinv.zoo.declared.yaml_files import read_yaml

RECIPES = Path(__file__).parents[1] / "recipes"
#: Folder of recipes whose weights nobody has trained yet.
UNTRAINED = "untrained"


@dataclass(frozen=True)
class Input:
    """A column that the network is given.

    Attributes
    ----------
    name : str
        Of the column.
    transforms : list of Transform
        Physical → network; ``standardise`` and ``min-max`` are fitted.
    any_size : bool
        The network takes lattices of any size, not only of the size that it is trained on.
    """

    name: str
    transforms: list[Transform] = field(default_factory=list)
    any_size: bool = False


@dataclass(frozen=True)
class Output:
    """A column that the network predicts.

    Attributes
    ----------
    name : str
        Of the column.
    transforms : list of Transform
        Physical → network.
    """

    name: str
    transforms: list[Transform] = field(default_factory=list)


@dataclass(frozen=True)
class Supervised:
    """Predict columns of the dataset, in steps along the gradient of a loss.

    Attributes
    ----------
    epochs, batch_size
        As usual.
    loss : str
        In the network's units.
    optimiser, learning_rate, weight_decay, schedule, warmup
        ``cosine`` falls to 0 over all epochs after a linear `warmup` (share of all steps); ``step``
        falls to a tenth every 7 epochs; ``inverse`` falls as (1 + steps/10 000) to the power -3/4.
    augmentation : list of str
        Exact symmetries: ``mirror`` in y; ``reverse``, source and drain exchanged; ``square``, the
        eight of a square lattice; ``translate``, all shifts of a periodic one.
    precision : str
        lightning's name.
    gradient_clip : float
        Largest norm of the gradient; 0 for none.
    channels_last : bool
        Memory layout of the convolutions: which one is faster depends on the network.
    """

    epochs: int
    batch_size: int = 32
    loss: Literal["mse", "l1", "huber", "cross-entropy", "binary-cross-entropy"] = "mse"
    optimiser: Literal["adam", "adamw", "adadelta", "rmsprop"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine", "step", "inverse"] = "constant"
    warmup: float = 0.0
    augmentation: list[Literal["mirror", "reverse", "square", "translate"]] = field(
        default_factory=list
    )
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    gradient_clip: float = 0.0
    channels_last: bool = False
    kind: Literal["supervised"] = "supervised"

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size) < 1:
            raise UsageError("A supervised training needs 1 epoch and a batch_size of 1 or more.")


@dataclass(frozen=True)
class ClosedForm:
    """Fit the network to all samples at once; its architecture knows the formula."""

    kind: Literal["closed_form"] = "closed_form"


@dataclass(frozen=True)
class Reuse:
    """Keep the weights of the model `start`; other transforms make another model of them."""

    kind: Literal["reuse"] = "reuse"


@dataclass(frozen=True)
class Recipe:
    """A training, complete.

    Attributes
    ----------
    description : str
        One line for lists and cards.
    dataset, config : str
        Whose samples are learnt from.
    task : str
        Id of the task that the model is for.
    inputs : list of Input
        One.
    outputs : list of Output
        One column of any shape, or several numbers.
    samples, validation : int
        The first so many of the splits ``train`` and ``validation``.
    architecture, hyperparameters
        As for `mesoinv.zoo.architectures.build_network`.
    objective : Supervised, ClosedForm or Reuse
        How the weights are found, with the keys that belong to that.
    paper_samples : int or None
        What the paper used for this network.
    start : str or None
        Model whose weights are the initial ones.
    seed : int
        Of initial weights and of the order of samples.
    store : str
        Type of the stored weights.
    name : str
        Of the model: the file's name.
    """

    description: str
    dataset: str
    config: str
    task: str
    inputs: list[Input]
    outputs: list[Output]
    samples: int
    validation: int
    architecture: str
    objective: Supervised | ClosedForm | Reuse
    paper_samples: int | None = None
    hyperparameters: dict[str, object] = field(default_factory=dict)
    start: str | None = None
    seed: int = 0
    store: Literal["float32", "float16"] = "float32"
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.inputs) != 1 or len(self.outputs) < 1:
            raise UsageError("inputs must be one column, outputs one or more.")
        if min(self.samples, self.validation) < 1:
            raise UsageError("samples and validation must be 1 or more.")
        if isinstance(self.objective, Reuse) and self.start is None:
            raise UsageError("The objective reuse needs start: the model whose weights are kept.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the dataset that a training reads."""
        names = [*(q.name for q in self.inputs), *(q.name for q in self.outputs)]
        return tuple(dict.fromkeys(names))


def list_recipes() -> list[str]:
    """Return the names of all recipes that come with the package."""
    return sorted(path.stem for path in _ours())


def _ours() -> list[Path]:
    return [path for path in RECIPES.rglob("*.yaml") if path.parent.name != UNTRAINED]


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
        path = next(ours for ours in _ours() if ours.stem == str(name_or_path))
    data = read_yaml(path, "recipe", list_recipes())
    return dataclasses.replace(from_dict(Recipe, data, path.name), name=path.stem)
