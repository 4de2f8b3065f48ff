"""``python -m mesoinv.eval.reports.pldos``: write the report on the `pldos` baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesoinv.eval.reports.pldos.limits import limits as compute_limits
from mesoinv.eval.reports.pldos.tables import limits_table
from mesoinv.eval.reports.pldos.write import README, write_report


def main(
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("docs/pldos"),
    split: Annotated[str, typer.Option(help="Split to score on.")] = "test",
    samples: Annotated[int, typer.Option(help="The first so many samples of it.")] = 4000,
    cache: Annotated[Path, typer.Option(help="Folder of generated samples.")] = Path("data/cache"),
    readme: Annotated[
        Path, typer.Option(help="File with the markers of the short table.")
    ] = README,
    *,
    limits: Annotated[bool, typer.Option("--limits", help="Only print what can be known.")] = False,
) -> None:
    """Score all models of `pldos` whose weights are here, and write page, figures and table."""
    if limits:
        typer.echo(limits_table(compute_limits(split, samples)))
        return
    typer.echo(write_report(out, split, samples, cache=cache, readme=readme, progress=typer.echo))


typer.run(main)
