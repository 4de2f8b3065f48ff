"""Writes the card of a model, ``README.md``: from ``config.json``, the recipe and the training log.

Every number in it was measured when the model was trained or scored; none is typed here.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from mesoinv.generators import get_dataset
from mesoinv.generators.common import links
from mesoinv.generators.common.extras import CARD_MODULES, require_modules
from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.numbers import count, duration, size
from mesoinv.generators.common.templates import inert, rendered
from mesoinv.generators.hub.client import repo_name
from mesoinv.zoo.declared.config import ANY, WEIGHTS, read_config
from mesoinv.zoo.declared.evaluation import stored_evaluations
from mesoinv.zoo.declared.listing import score_text
from mesoinv.zoo.declared.models import list_models
from mesoinv.zoo.declared.recipe import RECIPES
from mesoinv.zoo.publish.curves import CURVES, draw_curves

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.zoo.declared.config import ModelConfig, Quantity
    from mesoinv.zoo.declared.evaluation import Evaluation

CARD = "README.md"
#: What the card says in place of a number of epochs.
_WITHOUT_EPOCHS = {
    "closed_form": "closed form, no epochs",
    "reuse": "none: the weights of another model, with other transforms",
}
_LICENCES = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}


def write_card(folder: Path, repo: str | None = None) -> Path:
    """Draw the curves of a model and write its card.

    Parameters
    ----------
    folder : Path
        Of a model: configuration and weights, and a recipe ``<name>.yaml`` if it is not of the zoo.
    repo : str, optional
        Hub repository that the examples name; ``mesoinv/<name>`` by default.

    Returns
    -------
    Path
        The written ``README.md``.

    Raises
    ------
    MesoinvError
        If the folder holds no ``config.json``, or jinja2 or matplotlib is not installed.
    UsageError
        If `repo` is not of the form ``owner/name``.
    """
    require_modules("The card of a model", *CARD_MODULES)
    draw_curves(folder)
    replace_text(folder / CARD, card_text(folder, repo))
    return folder / CARD


def card_text(folder: Path, repo: str | None = None) -> str:
    """Return the card of a model as `write_card` writes it."""
    config = inert(read_config(folder))
    context = _context(folder, config, repo_name(repo, config.name))
    return rendered(files("mesoinv.zoo.publish") / "model_card.md.j2", context)


def keep_recipe(recipe: Path, folder: Path) -> None:
    """Copy a recipe that is not of the zoo beside its model, where `write_card` reads it."""
    (folder / recipe_file(read_config(folder).name)).write_bytes(recipe.read_bytes())


def recipe_file(name: str) -> str:
    """Return how the file of a recipe is called: the name of its model comes from it."""
    return f"{name}.yaml"


def recipe_text(folder: Path, name: str) -> str | None:
    """Return the recipe of a model: the folder's own, or the one of the zoo."""
    for path in (folder / recipe_file(name), *RECIPES.rglob(recipe_file(name))):
        if path.exists():
            return path.read_text(encoding="utf-8")
    return None


def _context(folder: Path, config: ModelConfig, repo: str) -> dict[str, Any]:
    dataset = get_dataset(config.dataset)
    recipe = recipe_text(folder, config.name)
    return {
        "front_matter": _front_matter(config),
        "config": config,
        "description": yaml.safe_load(recipe)["description"] if recipe else config.task,
        "recipe": recipe,
        "repo": repo,
        "hub": links.HUB,
        "load": config.name if config.name in list_models() else repo,
        "dataset": dataset,
        "paper": dataset.paper,
        "samples_of": dataset.config(config.config).description,
        "takes": [_row(q, config) for q in config.inputs],
        "gives": [_row(q, config) for q in config.outputs],
        "parameters": count(config.parameters),
        "size": _weights_text(folder / WEIGHTS),
        "training": _training(config),
        "scores": [_score_table(evaluation) for evaluation in stored_evaluations(folder)],
        "curves": CURVES if (folder / CURVES).exists() else None,
        "licence_url": _LICENCES.get(config.licence),
        "bibtex_key": f"mesoinv_{config.name}".replace("-", "_").replace(".", "_"),
    }


def _weights_text(path: Path) -> str:
    if not path.exists():
        return "on the Hub, safetensors"
    return f"{size(path.stat().st_size)}, safetensors"


def _row(quantity: Quantity, config: ModelConfig) -> dict[str, str]:
    columns = {c.name: c for c in get_dataset(config.dataset).columns(config.config)}
    column = columns.get(quantity.name)
    return {
        "column": quantity.name,
        "shape": ", ".join(["B", *("any" if n == ANY else str(n) for n in quantity.shape)]),
        "unit": quantity.unit,
        "description": column.description.rstrip(".") if column else "",
        "range": "–" if quantity.low is None else f"{quantity.low:.3g} to {quantity.high:.3g}",
    }


def _training(config: ModelConfig) -> dict[str, str] | None:
    record = config.training
    if record is None:
        return None
    paper = "the paper has no such training"
    if record.paper_samples:
        share = record.samples / record.paper_samples
        same = record.samples == record.paper_samples
        than = "the same number" if same else f"this model on {share:.2g} times as many"
        paper = f"the paper trained on {count(record.paper_samples)}, {than}"
    epochs = f"{record.epochs} epochs" if record.epochs else _WITHOUT_EPOCHS[record.objective]
    waiting = f", {record.waiting_share:.1%} of it waiting for data" if record.epochs else ""
    return {
        "Samples": f"{count(record.samples)}; {paper}",
        "Epochs": f"{epochs}; seed {record.seed}, precision {record.precision}",
        "Time": f"{duration(record.seconds)}{waiting}",
        "Hardware": f"{record.device}; {record.machine}",
        "Libraries": ", ".join(f"{k} {v}" for k, v in sorted(record.libraries.items())),
    }


def _score_table(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "split": evaluation.split,
        "config": evaluation.config,
        "samples": count(evaluation.samples),
        "command": evaluation.command,
        "rows": [(name, score_text(score)) for name, score in evaluation.scores.items()],
    }


def _front_matter(config: ModelConfig) -> str:
    paper = get_dataset(config.dataset).paper
    tags = ["mesoinv", "physics", "mesoscopic-physics", "inverse-problems", config.dataset]
    head: dict[str, Any] = {
        "license": config.licence.lower(),
        "library_name": "mesoinv",
        "datasets": [f"mesoinv/{config.dataset}"],
        "tags": [*tags, config.architecture, *([f"arxiv:{paper.arxiv}"] if paper.arxiv else [])],
    }
    return str(yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100))
