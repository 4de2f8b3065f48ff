"""The commands of rounds: ``leaderboard announce``, ``reveal`` and ``audit``."""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesoinv.commands.evaluation import leaderboard
from mesoinv.commands.options import CACHE, RESULTS, Cache, Json, Workers, log, shell
from mesoinv.generators.common import links
from mesoinv.generators.common.files import given_path, is_folder

if TYPE_CHECKING:
    from mesoinv.eval.board.audit import Finding
    from mesoinv.eval.rounds.round import Round

Copy = Annotated[Path, typer.Argument(metavar="BOARD", help="A copy of the board's repository.")]
Name = Annotated[str, typer.Argument(metavar="ROUND", help="Its name.")]


def register(_app: typer.Typer) -> None:
    """Add the commands of rounds to those of the leaderboard."""
    leaderboard.command("announce")(announce)
    leaderboard.command("reveal")(reveal)
    leaderboard.command("audit")(audit)


def announce(
    board: Copy,
    name: Name,
    task: Annotated[str, typer.Option(help="What is asked of the samples.")],
    data: Annotated[Path, typer.Option(help="Inputs that `mesoinv generate --held-out` made.")],
    inputs: Annotated[str, typer.Option(help="Hub dataset where they are published, id@revision.")],
    opens: Annotated[str, typer.Option(help="As 2027-01-01T00:00:00+00:00.")],
    closes: Annotated[str, typer.Option(help="As 2027-03-01T00:00:00+00:00.")],
) -> None:
    """Promise a round: dates, samples and the commitment to a key, in a file that never changes."""
    from mesoinv.eval.rounds.keeping import Announcement
    from mesoinv.eval.rounds.keeping import announce as write

    path = write(board, Announcement(name, task, inputs, opens, closes), data)
    upload = shell("hf", "upload", links.BOARD, board, ".", "--repo-type", "dataset")
    typer.echo(f"{path} is written. Publish it, and do not change it: {upload}")


def reveal(
    board: Copy,
    name: Name,
    key_file: Annotated[Path, typer.Option(help="The key that was kept.")],
) -> None:
    """Put the key of a round that has closed where everybody finds it."""
    from mesoinv.eval.rounds.keeping import reveal as copy

    path = copy(board, name, key_file)
    upload = shell("hf", "upload", links.BOARD, board, ".", "--repo-type", "dataset")
    typer.echo(
        f"{path} is written. Publish it: {upload}\n"
        f"Then scores are on the next `mesoinv leaderboard build`, and anybody can check them: "
        f"{shell('mesoinv', 'leaderboard', 'audit', links.BOARD, name)}"
    )


def audit(  # noqa: PLR0913, PLR0917  (each is an option)
    board: Annotated[
        str, typer.Argument(metavar="BOARD", help="The board's repository, or a copy of it.")
    ],
    name: Name,
    inputs: Annotated[
        str | None,
        typer.Option(help="The published inputs: a folder or id@revision (default: as announced)."),
    ] = None,
    site: Annotated[
        Path | None, typer.Option(help="Copy of the website: its scores are compared.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="Inputs computed again (default: all).")
    ] = None,
    cache: Cache = CACHE,
    results: Annotated[Path, typer.Option(help="Folder for the evaluations.")] = RESULTS,
    workers: Workers = 1,
    zoo: Annotated[bool, typer.Option(help="Also score the zoo's models.")] = True,
    as_json: Json = False,
) -> None:
    """Check a round whose key is revealed: key, inputs, times and scores."""
    from mesoinv.generators.common.extras import require

    require("mesoinv leaderboard audit", "submit")
    from mesoinv.eval.board.audit import Finding, audit_round, timely
    from mesoinv.eval.board.build import read_board
    from mesoinv.eval.board.rows import BoardOptions
    from mesoinv.eval.board.submissions import board_folder
    from mesoinv.eval.rounds.round import read_round
    from mesoinv.eval.submission.arrivals import wrong_records
    from mesoinv.generators.pipeline.loading.source import SampleSource

    folder = board_folder(board, results)
    findings = audit_round(
        folder, name, inputs=_inputs(inputs, read_round(folder, name)), samples=samples,
        options=BoardOptions(results / "audit", SampleSource("generate", cache, workers), log=log),
        published=read_board(site) if site is not None else None, zoo=zoo,
    )  # fmt: skip
    if not is_folder(given_path(board)):
        repo = board.partition("@")[0]
        wrong = list(wrong_records(repo, folder, timely(folder, name)))
        findings += [Finding("times on the Hub", False, one) for one in wrong]
        if not wrong:
            findings.append(Finding("times on the Hub", True, "are as noted"))
    _tell(name, findings, as_json=as_json)


def _inputs(given: str | None, record: Round) -> Path:
    from mesoinv.generators.hub.download import download

    place = given or record.inputs
    if is_folder(given_path(place)):
        return given_path(place)
    repo, _, revision = place.partition("@")
    return download(repo, revision or None, ["*"], kind="dataset")


def _tell(name: str, findings: list[Finding], *, as_json: bool) -> None:
    wrong = sum(not one.ok for one in findings)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in findings], ensure_ascii=False))
    else:
        for one in findings:
            typer.echo(f"{'ok   ' if one.ok else 'WRONG'} {one.what}: {one.text}")
        typer.echo(f"{name}: {len(findings)} things checked, {wrong} wrong")
    if wrong:
        raise typer.Exit(1)
