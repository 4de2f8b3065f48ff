"""The commands that make and check data: ``list``, ``generate``, ``verify``.

Their modules are imported when they run: ``mesoinv --help`` must answer at once.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesoinv.commands.held_out import HeldOutOptions
from mesoinv.commands.options import Declared, Json, Scheduler, log, shell

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.audit.report import Report
    from mesoinv.generators.pipeline.base import Dataset

#: Builds that are larger are announced.
_LARGE = 1_000_000_000
#: Builds that take one core longer [s] are announced too.
_LONG = 60.0
_DATASET = "A name that `mesoinv list` shows, or package.module:OBJECT for your own."
DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help=_DATASET)]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
Configs = Annotated[
    list[str] | None, typer.Option(help="Configuration, repeated for several (default: all).")
]
Size = Annotated[str | None, typer.Option(help="mini, small or full (default: mini).")]
Splits = Annotated[
    list[str] | None, typer.Option("--split", help="Only this split, repeated for several.")
]
Out = Annotated[Path | None, typer.Option(help="Folder (default: data/DATASET).")]
Workers = Annotated[int | None, typer.Option(help="Processes (default: one a core, 1 with cuda).")]
Solver = Annotated[str | None, typer.Option(help="Numerical method.")]
HeldOut = Annotated[
    bool,
    typer.Option("--held-out", help="Inputs alone of one configuration, from a secret key."),
]
KeyFile = Annotated[
    Path | None, typer.Option(metavar="KEY", help="With --held-out: file of the key.")
]
NewKey = Annotated[bool, typer.Option("--new-key", help="With --held-out: make the key first.")]
Samples = Annotated[int | None, typer.Option(help="With --held-out: how many.")]
Revealed = Annotated[
    Path | None, typer.Option(metavar="KEY", help="Revealed key of held-out configurations.")
]


def register(app: typer.Typer) -> None:
    """Add ``list``, ``generate`` and ``verify`` to the command line."""
    app.command("list")(list_command)
    app.command("generate")(generate_command)
    app.command("verify")(verify_command)


def list_command(
    dataset: Annotated[str | None, typer.Argument(metavar="[DATASET]", help=_DATASET)] = None,
    as_json: Json = False,
) -> None:
    """List datasets, their configurations and how many samples they have."""
    from mesoinv.generators import list_datasets
    from mesoinv.generators.pipeline.resolve import resolve_dataset

    names = [dataset] if dataset else list_datasets()
    datasets = [_describe(resolve_dataset(name)) for name in names]
    if as_json:
        typer.echo(json.dumps(datasets, indent=1))
    else:
        _print_datasets(datasets)


def _describe(dataset: Dataset) -> dict[str, Any]:
    from mesoinv.generators.pipeline.costs import build_seconds

    return {
        "name": dataset.name,
        "pretty_name": dataset.pretty_name,
        "version": dataset.version,
        "default_config": dataset.default_config,
        "solvers": list(dataset.solvers),
        "configs": {
            name: {
                "description": config.description,
                "sizes": {size: dict(splits) for size, splits in config.sizes.items()},
                "num_bytes": {size: dataset.num_bytes(name, size) for size in config.sizes},
                "core_seconds": {s: build_seconds(dataset, name, s) for s in config.sizes},
            }
            for name, config in dataset.configs.items()
        },
    }


def _print_datasets(datasets: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    from mesoinv.generators.common.numbers import duration
    from mesoinv.generators.common.numbers import size as in_bytes
    from mesoinv.generators.common.terminal_tables import print_table

    console = Console()
    for dataset in datasets:
        table = Table("config", "size", "train", "validation", "test", "disk ≤", "time ≈",
                      title=f"{dataset['name']} {dataset['version']}")  # fmt: skip
        for name, config in dataset["configs"].items():
            label = name + (" (default)" if name == dataset["default_config"] else "")
            for size, splits in config["sizes"].items():
                counts = [str(splits.get(s, "–")) for s in ("train", "validation", "test")]
                seconds = config["core_seconds"][size]
                time = "?" if seconds is None else duration(seconds)
                table.add_row(label, size, *counts, in_bytes(config["num_bytes"][size]), time)
                label = ""
        print_table(table, console)
    console.print("The time is that of one core.", highlight=False)
    console.print("Build one with: mesoinv generate DATASET --size mini", highlight=False)


def generate_command(  # noqa: PLR0913, PLR0917 - the options of the command
    dataset: DatasetName,
    config: Configs = None,
    size: Size = None,
    split: Splits = None,
    out: Out = None,
    workers: Workers = None,
    device: Device = "cpu",
    solver: Solver = None,
    scheduler: Scheduler = None,
    held_out: HeldOut = False,
    key_file: KeyFile = None,
    new_key: NewKey = False,
    samples: Samples = None,
) -> None:
    """Build a dataset into a folder; stopped at any moment, the same command continues."""
    from mesoinv.generators.pipeline.build import build, output_folder
    from mesoinv.generators.pipeline.resolve import resolve_dataset
    from mesoinv.generators.pipeline.workers import usable_cores
    from mesoinv.progress import progress_bar

    options = HeldOutOptions(held_out, key_file, new_key, samples)
    options.check(
        {"--size": size, "--split": split, "--solver": solver, "--scheduler": scheduler}, config
    )
    declared = resolve_dataset(dataset)
    if workers is None:
        workers = usable_cores() if device == "cpu" and scheduler is None else 1
    if not held_out:
        _say_how_much(declared, config, size or "mini", output_folder(declared, out))
        if device == "cpu":
            _say_how_long(declared, config, size or "mini", split, workers)
    with progress_bar(f"{declared.name} {declared.version}", "sample") as progress:
        if held_out:
            folder = _build_held_out(
                options, declared, *dict.fromkeys(config or ()), out=out, workers=workers,
                device=device, progress=progress,
            )  # fmt: skip
        else:
            folder = build(
                declared, config, size or "mini", split, out=out, workers=workers, device=device,
                solver=solver, scheduler=scheduler, progress=progress,
            )  # fmt: skip
    _print_summary(folder, dataset if ":" in dataset else None)
    if held_out:
        _say_what_is_not_hidden(declared.name, *dict.fromkeys(config or ()))
        typer.echo(
            f"Keep {key_file} secret and safe: scores need it. When it is revealed: "
            f"{shell('mesoinv', 'verify', folder, '--key-file', key_file)}"
        )


def _build_held_out(
    options: HeldOutOptions, dataset: Dataset, config: str, **where_and_how: Any
) -> Path:
    """Build what checked options ask for, with the columns that the tasks give to models."""
    from mesoinv.eval.tasks import held_out_columns
    from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out

    assert options.key_file is not None
    assert options.samples is not None
    dataset.config(config)  # an unknown name is said here, with those that are allowed
    return build_held_out(
        dataset, config, options.key_file, columns=held_out_columns(dataset.name, config),
        samples=options.samples, make_key=options.new_key, **where_and_how,
    )  # fmt: skip


def _say_what_is_not_hidden(dataset: str, config: str) -> None:
    from mesoinv.eval.tasks import computed_by

    for task, how in computed_by(dataset, config).items():
        typer.echo(
            f"Warning: this split hides no answer of {task}, which is solvable by computing. {how} "
            "Scores on it test what authors say of their models.",
            err=True,
        )


def _known(dataset: Dataset, configs: list[str] | None) -> list[str]:
    """Return the configurations that are meant; unknown ones are refused later."""
    return [name for name in configs or dataset.configs if name in dataset.configs]


def _say_how_much(dataset: Dataset, configs: list[str] | None, size: str, folder: Path) -> None:
    """Say before a large build what it takes on the disk, and what is free."""
    from mesoinv.generators.common.numbers import size as in_bytes

    names = _known(dataset, configs)
    sizes = {name: dataset.config(name).sizes for name in names}
    needed = sum(dataset.num_bytes(name, size) for name in names if size in sizes[name])
    if needed < _LARGE:
        return
    place = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    warning = " It may not fit." if needed > free else ""
    log(f"Up to {in_bytes(needed)} for {folder}; {in_bytes(free)} are free.{warning}")


def _say_how_long(
    dataset: Dataset, configs: list[str] | None, size: str, splits: list[str] | None, workers: int
) -> None:
    """Say before a long build how long it takes, where that was measured."""
    from mesoinv.generators.common.numbers import duration
    from mesoinv.generators.pipeline.costs import build_seconds

    names = _known(dataset, configs)
    seconds = sum(build_seconds(dataset, name, size, splits) or 0 for name in names)
    if seconds >= _LONG:
        shared = f", shared by {workers} processes" if workers > 1 else ""
        log(f"About {duration(seconds)} of one core{shared}. What is there already takes no time.")


def _print_summary(folder: Path, foreign: str | None) -> None:
    from mesoinv.generators.pipeline.manifest import read_manifest

    manifest = read_manifest(folder)
    option = ("--dataset", foreign) if foreign else ()
    typer.echo(
        f"{manifest.dataset} {manifest.version} is in {folder}: {', '.join(manifest.configs)} "
        f"({manifest.num_samples} samples, {manifest.num_bytes / 1e6:.3g} MB). "
        f"Next: {shell('mesoinv', 'verify', folder, *option)}"
    )


def verify_command(
    folder: Annotated[Path, typer.Argument(help="What `mesoinv generate` made, or a download.")],
    samples: Annotated[int, typer.Option(help="Samples to compute again and compare.")] = 16,
    seed: Annotated[
        int | None, typer.Option(help="Which samples (default: others each time).")
    ] = None,
    device: Device = "cpu",
    dataset: Declared = None,
    key_file: Revealed = None,
    as_json: Json = False,
) -> None:
    """Check every file of a built dataset, and some samples against their seeds."""
    from mesoinv.generators.pipeline.audit.verify import verify
    from mesoinv.progress import progress_bar

    with progress_bar("verify", "step") as progress:
        report = verify(
            folder, samples, seed, device=device, dataset=dataset, progress=progress,
            key_file=key_file,
        )  # fmt: skip
    if as_json:
        typer.echo(report.to_json())
    else:
        _print_report(report)
    if not report.ok:
        raise typer.Exit(1)


def _print_report(report: Report) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for problem in report.problems:
        console.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
    for note in report.notes:
        console.print(Text(f"– {note}."), soft_wrap=True)
    name = f"{report.dataset or 'unknown'} {report.version or ''}".strip()
    verdict = "is sound" if report.ok else f"has {len(report.problems)} problems"
    console.print(
        f"{name} in {report.folder} {verdict}: {report.files} files with the right digest "
        f"({report.num_bytes / 1e6:.3g} MB), {report.samples} of {report.rows} "
        f"samples computed again (seed {report.seed}): {report.power}.",
        soft_wrap=True,
        highlight=False,
    )
