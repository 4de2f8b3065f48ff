"""``python -m mesoinv.eval.percolation``: write the report on the models of `percolation`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesoinv.eval.percolation.write import Settings, write_report
from mesoinv.generators.pipeline.errors import MesoinvError
from mesoinv.zoo.training.sources import GENERATE


def main(
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("docs/percolation"),
    data: Annotated[str, typer.Option(help="generate, or a built folder.")] = GENERATE,
    samples: Annotated[
        int | None, typer.Option(help="The first so many of the test split; all by default.")
    ] = None,
    cache: Annotated[Path, typer.Option(help="Folder of generated samples.")] = Path("data/cache"),
    results: Annotated[Path, typer.Option(help="Folder that keeps evaluations.")] = Path(
        "data/results"
    ),
) -> None:
    """Score all models of `percolation` that are here, and write page and figures."""
    settings = Settings(data, samples, cache, results, typer.echo)
    try:
        typer.echo(write_report(out, settings))
    except MesoinvError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error


typer.run(main)
