"""Recipes: everything that makes a model, one short YAML file each in ``zoo/recipes``."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.common.records import from_dict
from mesoinv.generators.pipeline.resolve import check_named_in_file
from mesoinv.zoo.declared.objectives import Objective, Reuse
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
    """What the network predicts: a column of the dataset, or something else that is declared here.

    Attributes
    ----------
    name : str
        Of the column, or of one of the network's own outputs.
    transforms : list of Transform
        Physical → network.
    unit, shape : str, list of int; or None
        Of an output that is no column.
    like : str or None
        Input whose unit, shape and transforms it has, such as a reconstruction of it.
    """

    name: str
    transforms: list[Transform] = field(default_factory=list)
    unit: str | None = None
    shape: list[int] | None = None
    like: str | None = None

    def __post_init__(self) -> None:
        if (self.unit is None) != (self.shape is None):
            raise UsageError(f"{self.name}: an output that is no column needs unit and shape.")
        if self.like and (self.unit is not None or self.transforms):
            raise UsageError(f"{self.name}: like says unit, shape and transforms already.")
        if self.derived and any(step.FITTED for step in self.transforms):
            raise UsageError(
                f"{self.name} is no column: there are no samples to fit its transforms."
            )

    @property
    def derived(self) -> bool:
        """Whether it is no column of the dataset."""
        return self.like is not None or self.unit is not None


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
        One or more, as many as the architecture takes.
    outputs : list of Output
        One, several numbers, or several of any shape if the architecture gives them.
    samples, validation : int
        The first so many of the splits ``train`` and ``validation``.
    architecture, hyperparameters
        As for `mesoinv.zoo.architectures.build_network`.
    objective : Objective
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
    objective: Objective
    paper_samples: int | None = None
    hyperparameters: dict[str, object] = field(default_factory=dict)
    start: str | None = None
    seed: int = 0
    store: Literal["float32", "float16"] = "float32"
    name: str = ""

    def __post_init__(self) -> None:
        if not self.inputs or not self.outputs:
            raise UsageError("inputs and outputs must be one or more.")
        given = [q.name for q in self.inputs]
        for output in self.outputs:
            if output.like is not None and output.like not in given:
                raise unknown_name(f"like of {output.name}, an input", output.like, given)
        if min(self.samples, self.validation) < 1:
            raise UsageError("samples and validation must be 1 or more.")
        if isinstance(self.objective, Reuse) and self.start is None:
            raise UsageError("The objective reuse needs start: the model whose weights are kept.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the dataset that a training reads."""
        names = [q.name for q in self.inputs]
        names += [q.name for q in self.outputs if not q.derived]
        return tuple(dict.fromkeys(names))


def list_recipes() -> list[str]:
    """Return the names of all recipes that come with the package."""
    return list(_ours())


@functools.cache
def _ours() -> dict[str, Path]:
    """Return name → file, sorted by name."""
    paths = [path for path in RECIPES.rglob("*.yaml") if path.parent.name != UNTRAINED]
    return dict(sorted((path.stem, path) for path in paths))


def read_recipe(name_or_path: str | Path) -> Recipe:
    """Read a recipe by the name of a model of the zoo, or from a file.

    Raises
    ------
    UsageError
        If it does not exist, or a key is unknown, missing or of a wrong type.
    """
    path = Path(name_or_path)
    if path.suffix != ".yaml":
        if str(name_or_path) not in _ours():
            raise unknown_name("recipe", str(name_or_path), list_recipes())
        path = _ours()[str(name_or_path)]
    data = read_yaml(path, "recipe", _ours())
    recipe = dataclasses.replace(from_dict(Recipe, data, path.name), name=path.stem)
    check_named_in_file(recipe.dataset, path.name)
    return recipe
