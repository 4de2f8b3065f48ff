"""From a recipe to weights: load samples, fit transforms, train, keep the best."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, Timer, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.provenance import library_versions, machine_name
from mesoinv.generators.pipeline.loading.samples import Request
from mesoinv.generators.pipeline.loading.sources import GENERATE, load_samples
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.config import ANY, ModelConfig, Quantity, TrainingRecord
from mesoinv.zoo.declared.recipe import ClosedForm, Input, Supervised
from mesoinv.zoo.model import transforms
from mesoinv.zoo.model.model import Model
from mesoinv.zoo.training.batches import Pairs, loader, stack_columns
from mesoinv.zoo.training.objectives.supervised import Training, WaitingTime
from mesoinv.zoo.training.runs import open_run, write_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.generators.pipeline.base import Column
    from mesoinv.zoo.declared.recipe import Output, Recipe

#: Training samples that the transforms are fitted to.
FIT_SAMPLES = 4096


@dataclass(frozen=True)
class Setting:
    """Where and with what a recipe is trained.

    Attributes
    ----------
    source : str
        Samples: ``"generate"``, a built folder or a Hub dataset.
    runs, cache : Path
        Folders of checkpoints and logs, and of generated samples.
    workers : int
        Processes that generate.
    device : str
        ``"cpu"`` or ``"cuda"``.
    devices : int
        GPUs to train on.
    progress : callable, optional
        Called while samples are generated, with (done, all).
    """

    source: str = GENERATE
    runs: Path = Path("runs")
    cache: Path = Path("data/cache")
    workers: int = 1
    device: str = "cpu"
    devices: int = 1
    progress: Callable[[int, int], None] | None = None


def train(recipe: Recipe, out: Path, setting: Setting | None = None) -> Model:
    """Train a recipe and write the model; an interrupted run continues.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    out : Path
        Folder of the model: configuration, weights, log and curves.
    setting : Setting, optional
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
    setting = setting or Setting()
    if setting.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda was asked for, but torch sees no CUDA device here.")
    lightning.seed_everything(recipe.seed, workers=True, verbose=False)
    pairs, check = (_pairs(recipe, split, setting) for split in ("train", "validation"))
    model = Model(_configuration(recipe, pairs), pretrained=True)
    try:
        record = _fit(model, recipe, (pairs, check), setting)
    except torch.OutOfMemoryError as error:
        raise MesoinvError(_out_of_memory(recipe, setting)) from error
    model.config.training = record
    model.save_pretrained(out, dtype=getattr(torch, recipe.store))
    if isinstance(recipe.objective, Supervised):
        write_log(_run_folder(recipe, setting), out / "log.csv")
    return Model.from_folder(out)


def _pairs(recipe: Recipe, split: str, setting: Setting) -> Pairs:
    count = recipe.samples if split == "train" else recipe.validation
    samples = load_samples(
        Request(recipe.dataset, recipe.config, split, count, recipe.columns),
        setting.source, cache=setting.cache, workers=setting.workers,
        device=setting.device, progress=setting.progress,
    )  # fmt: skip
    # with several GPUs each process moves its own batches
    device = setting.device if setting.devices == 1 else "cpu"
    outputs = stack_columns(samples, [q.name for q in recipe.outputs])
    return Pairs(samples[recipe.inputs[0].name], outputs, device)


def _configuration(recipe: Recipe, pairs: Pairs) -> ModelConfig:
    dataset = resolve_dataset(recipe.dataset)
    x, y = (part.cpu() for part in pairs[list(range(min(len(pairs), FIT_SAMPLES)))])
    columns = {c.name: c for c in dataset.columns(recipe.config)}
    outputs = [y] if len(recipe.outputs) == 1 else list(y.T)
    return ModelConfig(
        name=recipe.name,
        architecture=recipe.architecture,
        hyperparameters=recipe.hyperparameters,
        mesoinv=version("mesoinv"),
        dataset=recipe.dataset,
        dataset_version=dataset.version,
        config=recipe.config,
        task=recipe.task,
        inputs=[_quantity(q, columns[q.name], x) for q in recipe.inputs],
        outputs=[
            _quantity(q, columns[q.name], values)
            for q, values in zip(recipe.outputs, outputs, strict=True)
        ],
    )


def _quantity(asked: Input | Output, column: Column, values: torch.Tensor) -> Quantity:
    """Return what a model takes or gives, with its transforms fitted to samples (B, …)."""
    means = values.reshape(len(values), -1).mean(1)
    shape = list(column.shape)
    if isinstance(asked, Input) and asked.any_size:
        shape = [ANY] * len(shape)
    steps = transforms.fit(asked.transforms, values)
    return Quantity(asked.name, column.unit, shape, float(means.min()), float(means.max()), steps)


def _fit(
    model: Model, recipe: Recipe, pairs: tuple[Pairs, Pairs], setting: Setting
) -> TrainingRecord:
    start, waiting, objective = time.perf_counter(), WaitingTime(), recipe.objective
    if recipe.start is not None:
        _start_from(model, recipe.start)
    epochs, precision, seconds = 0, "32-true", 0.0
    if isinstance(objective, ClosedForm):
        _fit_closed_form(model, pairs[0])
        seconds = time.perf_counter() - start
    elif isinstance(objective, Supervised):
        epochs, precision = objective.epochs, objective.precision
        seconds = _descend(model, recipe, objective, pairs, setting, waiting)
    return TrainingRecord(
        objective=objective.kind, samples=recipe.samples, paper_samples=recipe.paper_samples,
        epochs=epochs, seed=recipe.seed, precision=precision, seconds=round(seconds, 1),
        waiting_share=round(waiting.share, 4), device=_device_name(setting),
        machine=machine_name(setting.device), libraries=library_versions(),
    )  # fmt: skip


def _start_from(model: Model, name: str) -> None:
    from mesoinv.zoo.model.loading import (  # noqa: PLC0415  (loading knows training's recipes)
        load_model,
    )

    start = load_model(name)
    if hasattr(model.network, "init_from"):
        model.network.init_from(start)  # type: ignore[operator]
    else:
        model.network.load_state_dict(start.network.state_dict(), strict=True)


def _fit_closed_form(model: Model, pairs: Pairs) -> None:
    """Give all samples to a network that has a formula for its weights."""
    if not hasattr(model.network, "fit"):
        raise UsageError(
            f"The architecture {model.config.architecture} has no closed form. Take the objective "
            "supervised."
        )
    whole: list[torch.Tensor] = []
    for i in range(0, len(pairs), 1024):
        x, y = (part.cpu() for part in pairs[list(range(i, min(i + 1024, len(pairs))))])
        ready = [model.normalised_input(x), model.normalised_output(y)]
        # in place: a list of blocks would hold everything twice when it is joined
        whole = whole or [part.new_empty((len(pairs), *part.shape[1:])) for part in ready]
        for target, part in zip(whole, ready, strict=True):
            target[i : i + len(part)] = part
    model.network.fit(*whole)  # type: ignore[operator]


def _descend(
    model: Model,
    recipe: Recipe,
    objective: Supervised,
    pairs: tuple[Pairs, Pairs],
    setting: Setting,
    waiting: WaitingTime,
) -> float:
    if objective.channels_last:
        model.network.to(memory_format=torch.channels_last)
    folder = _run_folder(recipe, setting)
    last = open_run(folder, recipe)
    best = ModelCheckpoint(
        folder, filename="best", monitor="validation_loss", save_last=True,
        enable_version_counter=False,
    )  # fmt: skip
    timer = Timer()
    trainer = lightning.Trainer(
        max_epochs=objective.epochs, accelerator="gpu" if setting.device == "cuda" else "cpu",
        devices=setting.devices if setting.device == "cuda" else 1,
        precision=objective.precision, gradient_clip_val=objective.gradient_clip or None,
        callbacks=[best, timer, waiting, TQDMProgressBar(refresh_rate=20)],
        logger=CSVLogger(folder.parent, name=folder.name, version=""),
        log_every_n_steps=50, enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(
        Training(model, recipe),
        loader(pairs[0], objective.batch_size, shuffle=True, seed=recipe.seed),
        loader(pairs[1], objective.batch_size, shuffle=False, seed=0),
        ckpt_path=str(last) if last else None,
        weights_only=False,
    )
    if trainer.interrupted:
        raise KeyboardInterrupt
    state = torch.load(best.best_model_path, map_location="cpu", weights_only=False)["state_dict"]
    prefix = "model.network."
    model.network.load_state_dict(
        {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}, strict=True
    )
    return float(timer.time_elapsed("train"))


def _out_of_memory(recipe: Recipe, setting: Setting) -> str:
    objective = recipe.objective
    if isinstance(objective, Supervised):
        return (
            f"Out of memory on {setting.device}: lower batch_size in the recipe "
            f"({objective.batch_size} now), or use a precision of 16 bits. Run again to continue."
        )
    return f"Out of memory on {setting.device}: lower samples in the recipe ({recipe.samples} now)."


def _run_folder(recipe: Recipe, setting: Setting) -> Path:
    return setting.runs / recipe.name


def _device_name(setting: Setting) -> str:
    if setting.device == "cuda":
        return f"{setting.devices} × {torch.cuda.get_device_name()}"
    return f"CPU, {torch.get_num_threads()} threads"
