"""The command ``leaderboard update``: decide on the open pull requests of the board."""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path  # noqa: TC003  (typer reads it)
from typing import Annotated

import typer

from mesoinv.commands.evaluation import build, leaderboard
from mesoinv.commands.options import CACHE, RESULTS, Cache, Json, Source, Workers, log
from mesoinv.generators.common import links
from mesoinv.generators.common.errors import UsageError


def register(_app: typer.Typer) -> None:
    """Add ``update`` to the commands of the leaderboard."""
    leaderboard.command("update")(update)


def update(  # noqa: PLR0913, PLR0917  (each is an option)
    repo: Annotated[str, typer.Option(help="The board's dataset repository.")] = links.BOARD,
    site: Annotated[
        Path | None, typer.Option(help="Build the website again into this folder.")
    ] = None,
    space: Annotated[
        str | None, typer.Option(help="Publish the website as this static Space, owner/name.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Time that scoring one may take.")] = 3600.0,
    memory: Annotated[float, typer.Option(help="Memory that scoring one may take [GB].")] = 32.0,
    data: Source = "generate",
    cache: Cache = CACHE,
    results: Annotated[Path, typer.Option(help="Folder that keeps evaluations.")] = RESULTS,
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Score open pull requests, each in a process of its own; merge or close them with a comment.

    Run it on a schedule, with the login of somebody who may merge. It can be stopped at any moment;
    the next run goes on.
    """
    from mesoinv.generators.common.extras import require

    require("mesoinv leaderboard update", "submit")
    if space is not None and site is None:
        raise UsageError("--space needs --site: the folder of the website that is published.")
    from mesoinv.eval.submission.incoming import take_in
    from mesoinv.eval.submission.judging import judge

    scored = partial(
        judge, seconds=seconds, memory=int(memory * 1e9), data=data, cache=str(cache.absolute()),
        workers=workers,
    )  # fmt: skip
    decisions = take_in(repo, scored)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in decisions], ensure_ascii=False))
    else:
        for one in decisions:
            typer.echo(f"{one.number} ({one.author}) {one.action}: {one.text}")
        typer.echo(f"{len(decisions)} pull requests were open on {repo}.")
    if site is not None:
        log(f"building the website in {site}")
        build(repo, site, data=data, cache=cache, results=results, workers=workers)
        if space is not None:
            from mesoinv.eval.board.site.publish import push_site

            log(f"{push_site(site, space).url} shows it")
