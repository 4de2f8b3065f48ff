"""The commands of the zoo: ``models``, ``train``, ``predict``.

Their modules are imported when they run: ``mesoinv --help`` must answer at once.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesoinv.commands.options import CACHE, Cache, Json, Source, Workers, log, shell
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.extras import CARD_MODULES, install_command, missing, require

if TYPE_CHECKING:
    from mesoinv.zoo.declared.listing import Entry
    from mesoinv.zoo.model.model import Model

ModelName = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A name that `mesoinv models` shows, a folder, a Hub id."),
]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of torch (default: its own).")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder (default: zoo/weights/NAME in a checkout, else models/NAME)."),
]
Data = Annotated[Path | None, typer.Option(help="A built dataset, or a .npy file (samples, …).")]
Figure = Annotated[
    Path | None, typer.Option(help="PNG file: one generated sample, prediction and truth.")
]
Split = Annotated[str, typer.Option(help="train, validation or test.")]
RUNS = Path("data/runs")


def register(app: typer.Typer) -> None:
    """Add ``models``, ``train`` and ``predict`` to the command line."""
    for command in (models, train, predict):
        app.command()(command)


def models(
    pattern: Annotated[
        str, typer.Argument(metavar="NAMES", help="Only names like this one, such as 'pldos-*'.")
    ] = "*",
    as_json: Json = False,
) -> None:
    """List the models of the zoo; `mesoinv evaluate` scores one."""
    from mesoinv.zoo.declared.listing import describe_models

    entries = describe_models(pattern)
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], indent=1))
    else:
        _print_models(entries)


def _print_models(entries: list[Entry]) -> None:
    from rich.console import Console
    from rich.table import Table

    from mesoinv.generators.common.numbers import count, size
    from mesoinv.generators.common.terminal_tables import print_table
    from mesoinv.zoo.declared.listing import score_text

    table = Table(r"model, and scores \[95 % interval]")
    for heading in ("parameters", "weights", "samples"):
        table.add_column(heading, justify="right")
    for entry in entries:
        scores = [f"  {s.split} {s.name}: {score_text(s)}" for s in entry.scores]
        here = entry.num_bytes is not None
        table.add_row(
            "\n".join([entry.name, *scores]).replace("[", r"\["),
            "–" if entry.parameters is None else count(entry.parameters),
            size(entry.num_bytes or 0) if here else "on the Hub",
            count(entry.samples),
        )
    console = Console()
    print_table(table, console)
    licences = ", ".join(sorted({entry.licence for entry in entries}))
    console.print(
        f"Weights: {licences}. Use one with: mesoinv.load_model(NAME), mesoinv predict NAME",
        highlight=False,
    )


def train(  # noqa: PLR0913, PLR0917  (each is an option)
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A name of `mesoinv models`, or a .yaml file.")
    ],
    out: Out = None,
    data: Source = "generate",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    devices: Annotated[int, typer.Option(min=1, help="GPUs to train on; with cpu, processes.")] = 1,
    workers: Workers = 1,
    threads: Threads = None,
    runs: Annotated[Path, typer.Option(help="Folder of checkpoints and logs.")] = RUNS,
    cache: Cache = CACHE,
) -> None:
    """Train a recipe; stopped at any moment, the same command continues."""
    from mesoinv.zoo.declared.models import training_folder
    from mesoinv.zoo.declared.recipe import read_recipe
    from mesoinv.zoo.publish.card import keep_recipe, write_card

    if device not in {"cpu", "cuda"}:
        raise UsageError(f"Unknown device {device!r}. Allowed: cpu, cuda.")
    read = read_recipe(recipe)
    folder = out or training_folder(recipe, read.name)
    require("mesoinv train", "train")
    no_card = missing(*CARD_MODULES)
    if no_card:
        log(
            f"No card will be written. Not installed: {', '.join(no_card)}. To write it later: "
            f"{install_command(*no_card)}, then {shell('mesoinv', 'card', folder)}"
        )
    _use_threads(threads)
    _quiet_lightning()
    from mesoinv.eval.tasks import get_task
    from mesoinv.generators.pipeline.loading.source import SampleSource
    from mesoinv.progress import generation_bar
    from mesoinv.zoo.training.environment import TrainingEnvironment
    from mesoinv.zoo.training.train import train as train_recipe

    with generation_bar() as progress:
        source = SampleSource(data, cache, workers, device, progress)
        environment = TrainingEnvironment(source, runs, device, devices)
        model = train_recipe(read, folder, environment)
    if Path(recipe).suffix == ".yaml":
        keep_recipe(Path(recipe), folder)
    if not no_card:
        write_card(folder)
    record = model.config.training
    assert record is not None
    count = get_task(read.task).samples
    typer.echo(
        f"{read.name} is in {folder}: {model.config.parameters} parameters, {record.samples} "
        f"samples, {record.seconds} s. Next: {shell('mesoinv', 'evaluate', folder, '--save')} "
        f"(generates {count} samples; --samples N takes fewer, --data a built folder)"
    )


def predict(  # noqa: PLR0913, PLR0917  (each is an option)
    model: ModelName,
    data: Data = None,
    config: Annotated[
        str | None, typer.Option(help="Of the built dataset (default: the model's).")
    ] = None,
    split: Split = "test",
    out: Annotated[Path, typer.Option(help="Parquet file of the predictions.")] = Path(
        "predictions.parquet"
    ),
    index: Annotated[int, typer.Option(min=0, help="Sample that --figure shows.")] = 0,
    figure: Figure = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples at a time.")] = 32,
    check_range: Annotated[bool, typer.Option(help="Refuse samples unlike the training's.")] = True,
) -> None:
    """Predict a whole split or file, or draw the prediction of one sample beside the truth."""
    if data is None and figure is None:
        raise UsageError(
            "Nothing to predict: name a built dataset or a .npy file with --data, or a picture "
            "of one generated sample with --figure out.png --index 3."
        )
    if figure is None:
        require("mesoinv predict", "models")
    else:
        require("mesoinv predict --figure", "models", "plot")
    from mesoinv.progress import progress_bar
    from mesoinv.zoo.model.loading import load_model
    from mesoinv.zoo.model.predictions import predict_file

    loaded = load_model(model)
    if data is not None:
        with progress_bar("predict", "sample") as progress:
            done = predict_file(
                loaded, data, out, config=config, split=split, batch_size=batch_size,
                check_range=check_range, progress=progress,
            )  # fmt: skip
        typer.echo(f"{out}: {done} samples")
    if figure is not None:
        _draw(loaded, split, index, figure)
        typer.echo(str(figure))


def _draw(model: Model, split: str, index: int, path: Path) -> None:
    from mesoinv.generators.common.pictures import own_style, save_figure
    from mesoinv.zoo.model.drawing import prediction_figure

    config = model.config
    source = f"{config.name} on {config.dataset}/{config.config}/{split}/{index}"
    with own_style():
        save_figure(prediction_figure(model, split, index), path, source=source)


def _use_threads(threads: int | None) -> None:
    if threads is not None:
        import torch

        torch.set_num_threads(threads)


def _quiet_lightning() -> None:
    """Show the progress bar and the errors of lightning, and leave out its advice."""
    import logging
    import warnings

    import lightning.pytorch  # noqa: F401  (sets its level when it is imported)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
