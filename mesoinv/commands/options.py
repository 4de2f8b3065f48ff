"""What several commands share: options with their help, default folders, lines on stderr."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

CACHE, RESULTS = Path("data/cache"), Path("data/results")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Declared = Annotated[
    str | None,
    typer.Option("--dataset", help="For a dataset of your own: package.module:OBJECT."),
]
Source = Annotated[
    str, typer.Option("--data", help="generate, a built folder, or a Hub dataset (id@revision).")
]
Cache = Annotated[Path, typer.Option(help="Folder that keeps generated samples.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that generate samples.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers compute.")
]
Samples = Annotated[
    int | None, typer.Option(min=2, help="The first so many of the split (default: all).")
]


def shell(*parts: object) -> str:
    """Return a command as one types it: what has spaces is quoted."""
    return shlex.join(str(part) for part in parts)


def log(text: str) -> None:
    """Print a line on stderr, beside what a program may read from stdout."""
    typer.echo(text, err=True)
