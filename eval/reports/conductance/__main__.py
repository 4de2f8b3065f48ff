"""``python -m mesoinv.eval.reports.conductance``: write the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesoinv.eval.reports.conductance.scaling import CNN_SIZES, SIZES
from mesoinv.eval.reports.conductance.settings import Settings
from mesoinv.eval.reports.conductance.write import Work, write_report
from mesoinv.generators.common.errors import MesoinvError


def main(  # noqa: PLR0913  (options of a command)
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("docs/conductance"),
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Built folder; may be repeated, the first that holds a split is read."),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(help="The first so many of a test split; all by default.")
    ] = None,
    cache: Annotated[Path, typer.Option(help="Folder of generated samples.")] = Path("data/cache"),
    kept: Annotated[Path, typer.Option(help="Folder of evaluations, trainings and times.")] = Path(
        "data/wires"
    ),
    largest: Annotated[
        int | None, typer.Option(min=5, max=18, help="With --scaling: every 2^k from k = 11 to it.")
    ] = None,
    *,
    scaling: Annotated[bool, typer.Option("--scaling", help="Train on several sizes.")] = False,
    cnn: Annotated[
        bool, typer.Option("--scaling-cnn", help="Train model II's network on several sizes.")
    ] = False,
    speed: Annotated[bool, typer.Option("--speed", help="Measure solver and network.")] = False,
    figures_only: Annotated[
        bool, typer.Option("--figures-only", help="Draw, and leave the page as it is.")
    ] = False,
) -> None:
    """Score all models of `conductance` whose weights are here, and write page and figures."""
    settings = Settings(tuple(data or ()), samples, cache, kept, typer.echo)
    sizes = SIZES if largest is None else range(min(11, largest), largest + 1)
    work = Work(sizes if scaling else (), CNN_SIZES if cnn else (), speed, figures_only)
    try:
        typer.echo(write_report(out, settings, work))
    except MesoinvError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error


typer.run(main)
