"""Commands that show, describe and publish data and models: ``card``, ``push``, ``show``, ``cite``.

Their modules are imported when they run: ``mesoinv --help`` must answer at once.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesoinv.commands.options import Declared, Json  # noqa: TC001  (typer reads them)

if TYPE_CHECKING:
    from mesoinv.generators.hub.push import PushReport
    from mesoinv.generators.pipeline.base import Batch, Column, Dataset

Folder = Annotated[
    Path, typer.Argument(help="A complete build, or a model as `mesoinv train` makes it.")
]


def register(app: typer.Typer) -> None:
    """Add ``card``, ``push``, ``show`` and ``cite`` to the command line."""
    for command in (card, push, show, cite):
        app.command()(command)


def cite(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A name of `mesoinv list`.")],
) -> None:
    """Print how to cite a dataset: the paper that defined the system, and the data."""
    from mesoinv.dataset_cards.citation import citation
    from mesoinv.generators.pipeline.resolve import resolve_dataset

    typer.echo(citation(resolve_dataset(dataset)))


def card(
    folder: Folder,
    repo: Annotated[
        str | None,
        typer.Option(help="Repository that the examples name (default: mesoinv/NAME)."),
    ] = None,
    dataset: Declared = None,
    as_json: Json = False,
) -> None:
    """Write README.md, eval.yaml and the figures of a build, or the card of a model."""
    from mesoinv.zoo.declared.config import is_model

    if is_model(folder):
        from mesoinv.zoo.publish.card import write_card

        path = write_card(folder, repo)
        typer.echo(json.dumps({"files": [str(path)]}) if as_json else str(path))
        return
    from mesoinv.generators.common.extras import CARD_MODULES, require_modules

    require_modules("The card of a dataset", *CARD_MODULES)
    from mesoinv.dataset_cards.facts import open_build
    from mesoinv.dataset_cards.figures import draw_figures, existing_figures
    from mesoinv.dataset_cards.render import render_card

    build = open_build(folder, dataset)
    draw_figures(build)
    path = render_card(folder, repo, dataset=build.dataset)
    paths = [str(path), *(str(folder / figure.path) for figure in existing_figures(build))]
    typer.echo(json.dumps({"files": paths}) if as_json else "\n".join(paths))


def push(  # noqa: PLR0913, PLR0917  (each is an option)
    folder: Folder,
    repo: Annotated[str, typer.Option(help="Hub repository, owner/name.")],
    tag: Annotated[
        str | None,
        typer.Option(help="Version, v1.0.0; for a dataset, v and the dataset's version."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Make a new repository private.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would happen; change nothing.")
    ] = False,
    verify: Annotated[
        bool, typer.Option(help="Check digests and seeds, or load the weights, first.")
    ] = True,
    benchmark: Annotated[
        bool,
        typer.Option("--benchmark", help="Of a dataset: send eval.yaml, if the Hub takes it."),
    ] = False,
    dataset: Declared = None,
    as_json: Json = False,
) -> None:
    """Publish a build or a model on the Hugging Face Hub, with the login of `hf auth login`."""
    from mesoinv.generators.common.extras import require
    from mesoinv.zoo.declared.config import is_model

    require("mesoinv push", "publish", "plot")  # plot: for the card
    if is_model(folder):
        from mesoinv.zoo.publish.push import push as push_model

        report = push_model(folder, repo, tag, private=private, dry_run=dry_run, verify=verify)
    else:
        from mesoinv.dataset_cards import publish
        from mesoinv.progress import progress_bar

        with progress_bar("verify", "step") as progress:
            report = publish.push(
                folder, repo, tag, private=private, dry_run=dry_run, verify=verify,
                benchmark=benchmark, dataset=dataset, progress=progress,
            )  # fmt: skip
    typer.echo(json.dumps(asdict(report)) if as_json else _report(report))


def show(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A name that `mesoinv list` shows, or package.module:OBJECT for your own.",
        ),
    ],
    index: Annotated[int, typer.Option(min=0, help="Which sample of the split.")] = 0,
    config: Annotated[
        str | None, typer.Option(help="Configuration (default: the dataset's).")
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    out: Annotated[
        Path | None, typer.Option(help="PNG file (default: DATASET-CONFIG-SPLIT-INDEX.png).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Generate one sample from its seed and draw it."""
    from mesoinv.generators.common.extras import require

    require("mesoinv show", "plot")
    from mesoinv.generators.common.errors import UsageError
    from mesoinv.generators.common.pictures import own_style, save_figure
    from mesoinv.generators.pipeline.generate import generate
    from mesoinv.generators.pipeline.resolve import resolve_dataset

    declared = resolve_dataset(dataset)
    chosen = config or declared.default_config
    batch = generate(dataset, chosen, split=split, indices=[index])
    try:
        with own_style():
            figure = declared.figure(chosen, batch)
    except NotImplementedError:
        raise UsageError(f"{declared.name} declares no figure of a sample.") from None
    path = out or Path(f"{declared.name}-{chosen}-{split}-{index}.png")
    save_figure(figure, path, source=f"{declared.name}/{chosen}/{split}/{index}")
    scalars = _scalars(declared, chosen, batch)
    if as_json:
        typer.echo(json.dumps({"file": str(path), "scalars": {c.name: v for c, v in scalars}}))
    else:
        typer.echo(
            "\n".join([str(path), *(_scalar_line(column, value) for column, value in scalars)])
        )
    if out is None and not as_json and _has_display():
        typer.launch(str(path))


def _scalars(dataset: Dataset, config: str, batch: Batch) -> list[tuple[Column, float | int]]:
    return [(c, batch[c.name][0].item()) for c in dataset.columns(config) if not c.shape]


def _scalar_line(column: Column, value: float) -> str:
    """Return a number with its unit; one without a unit is explained."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    if column.unit != "1":
        # 1e12 cm⁻² is a unit here
        return f"{column.name} = {text} {'· ' if column.unit[0].isdigit() else ''}{column.unit}"
    return f"{column.name} = {text}  ({column.description.rstrip('.')})"


def _has_display() -> bool:
    if not sys.stdout.isatty():
        return False
    return sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _report(report: PushReport) -> str:
    from mesoinv.generators.common.numbers import size

    width = max(len(file.path) for file in report.files)
    lines = [f"{f.action:8}{f.path:{width}}  {size(f.num_bytes):>9}" for f in report.files]
    lines.append("Would:" if report.dry_run else "Done:")
    lines += [f"  {step}" for step in report.steps]
    lines.append(f"{size(report.num_bytes)} new to the Hub; {report.url}")
    return "\n".join(lines)
