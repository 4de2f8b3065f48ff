"""The ``mesoinv`` command: one typer application, errors as one paragraph, exit codes 0, 1, 2.

Nothing heavy is imported before a command runs, so that ``mesoinv --help`` answers at once.
"""

from __future__ import annotations

import io
import os
import platform
import sys
from typing import Annotated

import typer

from mesoinv.commands import (
    cards,
    data,
    evaluation,
    incoming,
    inversion,
    reports,
    rounds,
    submit,
    zoo,
)
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.files import given_path

app = typer.Typer(
    name="mesoinv",
    help="Benchmark datasets for inverse problems in mesoscopic and disordered quantum systems.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


#: Libraries that `--version` names: results depend on them, or commands need them.
_MATTER = ("numpy", "scipy", "numba", "pyarrow", "torch", "huggingface-hub")


def _print_version(asked: bool) -> None:
    if asked:
        from mesoinv.generators.common.provenance import version_of  # noqa: PLC0415

        typer.echo(f"mesoinv {version_of('mesoinv')}")
        others = {name: version_of(name) for name in _MATTER}
        typer.echo(f"Python {platform.python_version()}, " + ", ".join(
            f"{name} {number or 'not installed'}" for name, number in others.items()
        ))  # fmt: skip
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print it, with those of libraries, and exit.",
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


data.register(app)
cards.register(app)
zoo.register(app)
inversion.register(app)
evaluation.register(app)
incoming.register(app)
rounds.register(app)
submit.register(app)
reports.register(app)


def main() -> None:
    """Run the command line; every expected failure becomes one paragraph on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what it cannot encode is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        app([_expanded(argument) for argument in sys.argv[1:]])
    except MesoinvError as error:
        _complain("Error", str(error), "bold red")
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `mesoinv list | head`: nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _complain("Error", f"{place}{error.strerror or error}.", "bold red")
        sys.exit(1)
    except SystemExit as stop:
        if stop.code == 130:  # typer turns Ctrl-C into this
            _complain("Stopped", "Run the same command again to continue.", "bold yellow")
        raise
    except KeyboardInterrupt:
        _complain("Stopped", "Run the same command again to continue.", "bold yellow")
        sys.exit(130)


def _expanded(argument: str) -> str:
    """Return an argument with ``~`` written out: shells do not do it in ``--out=~/data``."""
    option, sign, value = (
        argument.partition("=") if argument.startswith("--") else ("", "", argument)
    )
    return option + sign + (str(given_path(value)) if value.startswith("~") else value)


def _complain(title: str, message: str, style: str) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    # soft_wrap: the terminal wraps, so that paths and commands can be copied whole
    text = Text.assemble((f"{title}: ", style), message)
    Console(stderr=True).print(text, soft_wrap=True)


if __name__ == "__main__":
    main()
