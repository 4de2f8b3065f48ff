"""The command of a report on all models of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesoinv.eval.reports.boards import Settings
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.loading.sources import GENERATE

if TYPE_CHECKING:
    from collections.abc import Callable


def run(dataset: str, write_report: Callable[[Path, Settings], Path]) -> None:
    """Read the command line and write the report on a dataset."""

    def main(
        out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("docs") / dataset,
        data: Annotated[str, typer.Option(help="generate, or a built folder.")] = GENERATE,
        samples: Annotated[
            int | None, typer.Option(help="The first so many of the test split; all by default.")
        ] = None,
        cache: Annotated[Path, typer.Option(help="Folder of generated samples.")] = Path(
            "data/cache"
        ),
        results: Annotated[Path, typer.Option(help="Folder that keeps evaluations.")] = Path(
            "data/results"
        ),
    ) -> None:
        settings = Settings(data, samples, cache, results, typer.echo)
        try:
            typer.echo(write_report(out, settings))
        except MesoinvError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(1) from error

    main.__doc__ = f"Score all models of `{dataset}` that are here, and write page and figures."
    typer.run(main)
