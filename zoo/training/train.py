"""From a recipe to weights: open the samples, fit transforms, train, keep the best."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING

import lightning
import torch

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.provenance import library_versions, machine_name
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.zoo.declared.config import TrainingRecord
from mesoinv.zoo.declared.objectives import Descent
from mesoinv.zoo.model.model import Model
from mesoinv.zoo.training import objectives
from mesoinv.zoo.training.batches import Samples
from mesoinv.zoo.training.configure import configuration
from mesoinv.zoo.training.environment import TrainingEnvironment
from mesoinv.zoo.training.runs import write_log
from mesoinv.zoo.training.symmetry import columns_needed

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.zoo.declared.recipe import Recipe
    from mesoinv.zoo.training.effort import Effort

_log = logging.getLogger(__name__)


def train(recipe: Recipe, out: Path, environment: TrainingEnvironment | None = None) -> Model:
    """Train a recipe and write the model; an interrupted run continues.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    out : Path
        Folder of the model: configuration, weights and log.
    environment : TrainingEnvironment, optional
        Where and with what.

    Returns
    -------
    Model
        With the weights that were best on the validation samples.

    Raises
    ------
    UsageError
        If CUDA is asked for and not there.
    MesoinvError
        If memory runs out; the message says what to turn.
    """
    environment = environment or TrainingEnvironment()
    if environment.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda was asked for, but torch sees no CUDA device here.")
    lightning.seed_everything(recipe.seed, workers=True, verbose=False)
    samples = _samples(recipe, "train", environment), _samples(recipe, "validation", environment)
    model = Model(configuration(recipe, samples[0]), pretrained=True)
    _log.info("%s: training on %d samples, %d to validate", recipe.name, *map(len, samples))
    if recipe.start is not None:
        _start_from(model, recipe.start)
    objective = importlib.import_module(f"{objectives.__name__}.{recipe.objective.kind}")
    try:
        effort = objective.fit(model, recipe, samples, environment)
    except torch.OutOfMemoryError as error:
        raise MesoinvError(_out_of_memory(recipe, environment)) from error
    model.config.training = _record(recipe, effort, environment)
    model.save_pretrained(out, dtype=getattr(torch, recipe.store))
    if isinstance(recipe.objective, Descent):
        write_log(environment.run_folder(recipe), out / "log.csv")
    return Model.from_folder(out)


def _samples(recipe: Recipe, split: str, environment: TrainingEnvironment) -> Samples:
    count = recipe.samples if split == "train" else recipe.validation
    columns = recipe.columns
    if split == "train" and isinstance(recipe.objective, Descent) and recipe.objective.augmentation:
        columns = columns_needed(recipe.dataset, recipe.config, columns)
    request = Request(recipe.dataset, recipe.config, split, count, columns)
    # with several GPUs each process moves its own batches
    device = environment.device if environment.devices == 1 else "cpu"
    return Samples(environment.source.rows(request), device)


def _start_from(model: Model, name: str) -> None:
    from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (few recipes have a start)

    start = load_model(name)
    if hasattr(model.network, "init_from"):
        model.network.init_from(start)  # type: ignore[operator]
    else:
        model.network.load_state_dict(start.network.state_dict(), strict=True)


def _record(recipe: Recipe, effort: Effort, environment: TrainingEnvironment) -> TrainingRecord:
    return TrainingRecord(
        objective=recipe.objective.kind, samples=recipe.samples, paper_samples=recipe.paper_samples,
        epochs=effort.epochs, seed=recipe.seed, precision=effort.precision,
        seconds=round(effort.seconds, 1), waiting_share=round(effort.waiting_share, 4),
        device=_device_name(environment), machine=machine_name(environment.device),
        libraries=library_versions(),
    )  # fmt: skip


def _out_of_memory(recipe: Recipe, environment: TrainingEnvironment) -> str:
    objective = recipe.objective
    if isinstance(objective, Descent):
        return (
            f"Out of memory on {environment.device}: lower batch_size in the recipe "
            f"({objective.batch_size} now), or use a precision of 16 bits. Run again to continue."
        )
    return (
        f"Out of memory on {environment.device}: lower samples in the recipe "
        f"({recipe.samples} now)."
    )


def _device_name(environment: TrainingEnvironment) -> str:
    if environment.device == "cuda":
        return f"{environment.devices} × {torch.cuda.get_device_name()}"
    processes = f"{environment.devices} processes of " if environment.devices > 1 else ""
    return f"CPU, {processes}{torch.get_num_threads()} threads"
