"""What there is in the zoo: every model with its size, its training and its main scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import unknown_name
from mesoinv.generators.common.numbers import with_interval
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, read_config
from mesoinv.zoo.declared.evaluation import stored_evaluations
from mesoinv.zoo.declared.models import HUB_NAMESPACE, list_models, local_folder
from mesoinv.zoo.declared.recipe import read_recipe

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.zoo.declared.evaluation import Score


@dataclass(frozen=True)
class Headline:
    """A main score, with the split that it is from; bounds of its 95 % interval."""

    name: str
    split: str
    samples: int
    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True)
class Entry:
    """A model of the zoo.

    Attributes
    ----------
    name, description, architecture : str
        As in the recipe.
    dataset, config, task : str
        What it was trained for.
    parameters, num_bytes : int or None
        Numbers to learn and size of the weights; None where the weights are not here.
    samples, paper_samples : int or None
        Training samples, and what the paper trained on.
    scores : tuple of Headline
        Main scores, where they were measured.
    licence : str
        Of the weights.
    where : str
        ``"here"`` or ``"Hub"``.
    repo : str
        On the Hub.
    """

    name: str
    description: str
    architecture: str
    dataset: str
    config: str
    task: str
    parameters: int | None
    num_bytes: int | None
    samples: int
    paper_samples: int | None
    scores: tuple[Headline, ...]
    licence: str
    where: Literal["here", "Hub"]
    repo: str


def describe_models(pattern: str = "*") -> list[Entry]:
    """Return models of the zoo; what is not in this checkout comes from the recipe alone.

    Parameters
    ----------
    pattern : str
        Only names like this one, such as ``"pldos-*"``.

    Raises
    ------
    UsageError
        If no name is like it.
    """
    names = list_models(pattern)
    if not names:
        raise unknown_name("model", pattern, list_models())
    return [_entry(name) for name in names]


def main_scores(folder: Path) -> tuple[Headline, ...]:
    """Return the score that ranks, of every stored evaluation in a model's folder."""
    return tuple(
        Headline(e.headline, e.split, e.samples, score.value, score.low, score.high, score.unit)
        for e in stored_evaluations(folder)
        if (score := e.scores.get(e.headline)) is not None
    )


def score_text(score: Score | Headline) -> str:
    """Return value, interval and unit: ``2.31 [2.25, 2.37] nm``."""
    unit = "" if score.unit == "1" else f" {score.unit}"
    digits = 5 if 0.9 < abs(score.value) <= 1 else 3  # a correlation near 1
    return with_interval(score.value, score.low, score.high, f".{digits}g") + unit


def _entry(name: str) -> Entry:
    recipe, folder = read_recipe(name), local_folder(name)
    # weights too large for a checkout are on the Hub alone; what is known of them is here
    config = read_config(folder) if (folder / CONFIG).exists() else None
    here = config is not None and (folder / WEIGHTS).exists()
    return Entry(
        name=name,
        description=recipe.description,
        architecture=recipe.architecture,
        dataset=recipe.dataset,
        config=recipe.config,
        task=recipe.task,
        parameters=config.parameters if config else None,
        num_bytes=(folder / WEIGHTS).stat().st_size if here else None,
        samples=config.training.samples if config and config.training else recipe.samples,
        paper_samples=recipe.paper_samples,
        scores=main_scores(folder),
        licence=config.licence if config else "CC-BY-4.0",
        where="here" if here else "Hub",
        repo=f"{HUB_NAMESPACE}/{name}",
    )
