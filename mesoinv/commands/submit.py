"""The command ``submit``: check a submission, score it as the board does, propose it.

Its modules are imported when it runs: ``mesoinv --help`` must answer at once.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  (typer reads it)
from typing import TYPE_CHECKING, Annotated

import typer

from mesoinv.commands.options import CACHE, Json, Source, Workers, shell
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.extras import require

if TYPE_CHECKING:
    from mesoinv.eval.scoring.results import Result
    from mesoinv.eval.submission import Submission
    from mesoinv.eval.submission.proposing import PullRequest
    from mesoinv.eval.submission.submitting import SubmitReport
    from mesoinv.zoo.declared.evaluation import Evaluation


def register(app: typer.Typer) -> None:
    """Add ``submit`` to the command line."""
    app.command()(submit)


def submit(  # noqa: PLR0913, PLR0917  (each is an option)
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with submission.yaml and what it names.")
    ],
    init: Annotated[
        str | None,
        typer.Option(metavar="TASK", help="Write a submission.yaml to start from, and stop."),
    ] = None,
    repo: Annotated[
        str, typer.Option(help="The board's dataset repository.")
    ] = "mesoinv/leaderboard",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check, score, list what would happen; change nothing."),
    ] = False,
    score: Annotated[
        bool, typer.Option(help="--no-score only checks; it goes with --dry-run.")
    ] = True,
    update: Annotated[
        bool, typer.Option("--update", help="Replace the submission of that name on the board.")
    ] = False,
    round_name: Annotated[
        str | None,
        typer.Option("--round", metavar="ROUND", help="Submit to this round: checked, not scored."),
    ] = None,
    data: Source = "generate",
    cache: Annotated[
        Path, typer.Option(help="Folder that keeps generated samples and models of the Hub.")
    ] = CACHE,
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Check and score a submission as the board does, and open its pull request on the Hub."""
    require("mesoinv submit", "submit")
    if init is not None:
        _init(folder, init)
        return
    if round_name is not None:
        _submit_to_round(folder, round_name, repo, cache, dry_run=dry_run, update=update)
        return
    if not score and not dry_run:
        raise UsageError(
            "A submission is sent with its score. Leave --no-score out, or check the files alone "
            "with --no-score --dry-run."
        )
    from mesoinv.eval.submission import read_submission, submitting

    # what is quick first; what the files hold is checked by the scoring itself
    submission = read_submission(folder, contents=not score, cache=cache)
    report = None
    if dry_run:
        report = submitting.plan(submission, repo, update=update)
    else:
        submitting.check_board(submission, repo, update=update)
    result = _score(folder, data, cache, workers) if score else None
    if result is not None and not as_json:
        typer.echo(_scores(submission, result.evaluation))
    if report is None:
        assert result is not None
        report = submitting.submit(folder, submission, result, repo, update=update)
    typer.echo(_json(result, report) if as_json else _summary(submission, report))


def _submit_to_round(
    folder: Path, name: str, repo: str, cache: Path, *, dry_run: bool, update: bool
) -> None:
    """Check what can be checked without the key, and propose it."""
    from mesoinv.eval.rounds.round import ROUND, ROUNDS, read_round
    from mesoinv.eval.submission import read_submission, submitting
    from mesoinv.generators.hub.download import download
    from mesoinv.generators.pipeline.plan import HELD_OUT

    there = download(repo, None, [f"{ROUNDS}/*/{ROUND}"], kind="dataset")
    held = read_round(there, name)
    if reason := held.refusal(datetime.now(UTC)):
        raise UsageError(f"Now nothing can be submitted. {reason}")
    submission = read_submission(folder, samples=held.samples, split=HELD_OUT, cache=cache)
    if submission.task != held.task:
        raise UsageError(f"{name} asks for {held.task}; {folder} is for {submission.task}.")
    if dry_run:
        report = submitting.plan(submission, repo, update=update, round_name=name)
    else:
        report = submitting.submit(folder, submission, None, repo, update=update, round_name=name)
    typer.echo(_summary(submission, report))


def _init(folder: Path, task: str) -> None:
    from mesoinv.eval.submission import write_template
    from mesoinv.eval.tasks import list_tasks
    from mesoinv.generators.common.errors import unknown_name

    if task not in list_tasks():
        raise unknown_name("task", task, list_tasks())
    path = write_template(folder, task)
    typer.echo(f"{path}: fill it in, then {shell('mesoinv', 'submit', folder, '--dry-run')}")


def _score(folder: Path, data: str, cache: Path, workers: int) -> Result:
    from mesoinv.eval.submission import score_submission
    from mesoinv.progress import progress_bar

    with progress_bar("score", "sample") as progress:
        return score_submission(folder, data=data, cache=cache, workers=workers, progress=progress)


def _scores(submission: Submission, evaluation: Evaluation) -> str:
    from mesoinv.eval.submission.baselines import baselines
    from mesoinv.generators.common.numbers import with_interval
    from mesoinv.zoo.publish.results import score_line

    lines = [f"{submission.name} on {evaluation.task}: {score_line(evaluation)}"]
    for name, score in baselines(evaluation):
        lines.append(f"  {name}: {with_interval(score.value, score.low, score.high, '.5g')}")
    return "\n".join(lines)


def _json(result: Result | None, report: SubmitReport) -> str:
    evaluation = asdict(result.evaluation) if result is not None else None
    return json.dumps({"evaluation": evaluation, **asdict(report)}, ensure_ascii=False)


def _summary(submission: Submission, report: SubmitReport) -> str:
    lines = [f"{submission.name} on {submission.task} is in order ({report.asked})."]
    lines += [_line(request) for request in (report.board, report.model) if request is not None]
    if report.dry_run:
        lines.append("Nothing was changed. The same command without --dry-run does it.")
    return "\n".join(lines)


def _line(request: PullRequest) -> str:
    words = {
        "opened": f"Opened: {request.url}",
        "updated": f"The files of the open pull request were replaced: {request.url}",
        "planned": f"Would open a pull request on {request.repo}: {request.title}",
        "unchanged": f"{request.repo} has these files already, so no pull request was opened.",
    }
    if request.action == "unchanged" and request.url is not None:
        return f"A pull request with these files is open already: {request.url}"
    return words[request.action]
