"""``mesoinv report``: what models reach beside a paper, as a page with figures."""
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesoinv.commands.options import CACHE, RESULTS, Cache, log


def register(app: typer.Typer) -> None:
    """Add ``report`` to the command line."""
    app.command()(report)


def report(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Such as pldos.")],
    out: Annotated[Path | None, typer.Option(help="Folder (default: docs/SYSTEM).")] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Built folders to read samples from (default: generated)."),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=2, help="The first so many (default: all).")
    ] = None,
    cache: Cache = CACHE,
    results: Annotated[
        Path, typer.Option(help="Folder of evaluations and trainings that are nowhere else.")
    ] = RESULTS,
    work: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=VALUE]", help="Do what takes long too, such as times."),
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Each figure as PDF too, with letters on its panels.")
    ] = False,
) -> None:
    """Write the report on a system: stored scores beside the paper, with figures."""
    from mesoinv.eval.reports import report_of
    from mesoinv.eval.reports.options import ReportOptions
    from mesoinv.generators.common.extras import require

    require("mesoinv report", "plot", "publish")
    asked = dict((item.partition("=")[::2]) for item in work or [])
    options = ReportOptions(
        out or Path("docs") / system, tuple(data or ()), samples, cache, results, asked,
        pdf, log,
    )  # fmt: skip
    chosen = report_of(system)
    more = {*chosen.extras, *(e for name in asked for e in chosen.work.get(name, ()))}
    if more:
        require(f"The report on {system}", *sorted(more))
    made = chosen(options)
    made.write_figures()
    page = made.write_page()
    typer.echo(page)
