"""From a scored submission to pull requests: on the board, and on a model's own repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.eval.board.place import Place
from mesoinv.eval.submission.files import EVALUATION, list_files
from mesoinv.eval.submission.proposing import (
    Proposal,
    PullRequest,
    files_below,
    hub_errors,
    propose,
)
from mesoinv.generators.common import links
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.records import to_json
from mesoinv.generators.hub import client as hub
from mesoinv.generators.hub.patience import patiently
from mesoinv.zoo.publish.results import (
    RESULTS,
    dataset_commit,
    result_file,
    result_text,
    score_line,
)

if TYPE_CHECKING:
    from huggingface_hub import HfApi

    from mesoinv.eval.scoring.results import Result
    from mesoinv.eval.submission.schema import Submission
    from mesoinv.zoo.declared.evaluation import Evaluation

BOARD = links.BOARD


class NameTakenError(UsageError):
    """The name is on the board already, or is not although it is to be updated."""


@dataclass(frozen=True)
class SubmitReport:
    """What was done, or would be done.

    Attributes
    ----------
    board : PullRequest
        On the board's dataset repository.
    model : PullRequest or None
        On the repository of a model of the Hub.
    asked : str
        Whether the Hub was asked, and what it said.
    dry_run : bool
    """

    board: PullRequest
    model: PullRequest | None
    asked: str
    dry_run: bool


def submit(
    folder: str | Path,
    submission: Submission,
    result: Result | None,
    repo: str = BOARD,
    *,
    update: bool = False,
    round_name: str | None = None,
) -> SubmitReport:
    """Open the pull requests of a submission that was checked and scored.

    The Hub client's own login is used. After an interruption call it again: a pull request that
    is open with the same files is left as it is.

    Parameters
    ----------
    folder : str or Path
        The submission's.
    submission : Submission
        As `read_submission` gave it.
    result : Result or None
        As `score_submission` gave it; None for a round, whose answers nobody knows yet.
    repo : str
        The board's dataset repository.
    update : bool
        Replace the submission of that name that is on the board.
    round_name : str, optional
        The round that it is for.

    Returns
    -------
    SubmitReport

    Raises
    ------
    NameTakenError
        If the name is on the board already, or is not although it is to be updated.
    UsageError
        If nobody is logged in, or the repository is not there.
    MesoinvError
        If the Hub refuses or cannot be reached; the message says what is open already.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415  (reads its settings at import)

    hub.repo_name(repo, "leaderboard")
    api = HfApi()
    place = Place(submission.task, submission.name, round_name)
    evaluation = result.evaluation if result is not None else None
    proposal = _for_board(Path(folder), place, evaluation, repo, update=update)
    user = check_board(submission, repo, update=update, round_name=round_name)
    board = propose(api, proposal, user)
    model = None
    if submission.hub_model is not None and evaluation is not None:
        try:
            model = _propose_score(api, submission, evaluation, board, user)
        except MesoinvError as error:
            raise type(error)(
                f"The board has its pull request ({board.action}: {board.url or repo}), "
                f"{submission.hub_model} does not yet: {error} Run the same command again for the "
                "rest; the first pull request stays as it is."
            ) from error
    return SubmitReport(board, model, f"as {user} on {api.endpoint}", dry_run=False)


def check_board(
    submission: Submission,
    repo: str = BOARD,
    *,
    update: bool = False,
    round_name: str | None = None,
) -> str:
    """Return who is logged in, if the board is there and the name can be submitted.

    Raises
    ------
    NameTakenError, UsageError, MesoinvError
        As `submit`, which asks again; this is for asking before hours of scoring.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415  (reads its settings at import)

    hub.repo_name(repo, "leaderboard")
    api = HfApi()
    with hub_errors(api, repo, "dataset"):
        who = api.whoami()
        names = {who["name"], *(org["name"] for org in who.get("orgs", ()))}
    _check_owner(submission, names)
    place = Place(submission.task, submission.name, round_name)
    _check_name(api, repo, place, update=update)
    return str(who["name"])


def _check_owner(submission: Submission, names: set[str]) -> None:
    """Refuse a model of somebody else: nobody proposes scores on a repository of theirs."""
    owner = (submission.hub_model or "").partition("/")[0]
    if owner and owner not in names:
        raise UsageError(
            f"{submission.hub_model} belongs to {owner}, and you are {' and '.join(sorted(names))}."
            f" Ask {owner} to submit it, or submit predictions of yours."
        )


def _propose_score(
    api: HfApi, submission: Submission, evaluation: Evaluation, board: PullRequest, user: str
) -> PullRequest:
    place = board.url or f"{api.endpoint}/datasets/{board.repo}"
    proposal = _for_model(
        submission, evaluation, place, patiently(lambda: dataset_commit(api, evaluation))
    )
    if board.url is None:
        # nothing changed on the board, so a score that the model has is of these very files
        with hub_errors(api, proposal.repo, "model"):
            there = files_below(api, proposal, "main")
        if set(proposal.files) <= set(there):
            return PullRequest(proposal.repo, proposal.title, None, "unchanged")
    return propose(api, proposal, user)


def plan(
    submission: Submission,
    repo: str = BOARD,
    *,
    update: bool = False,
    round_name: str | None = None,
) -> SubmitReport:
    """Return what `submit` would do; the Hub is asked, as far as it answers, and not changed.

    Raises
    ------
    NameTakenError
        If the name is on the board already, or is not although it is to be updated.
    UsageError
        If `repo` is not the name of a repository.
    """
    hub.repo_name(repo, "leaderboard")
    try:
        user = check_board(submission, repo, update=update, round_name=round_name)
        asked = f"as {user}"
    except NameTakenError:
        raise
    except MesoinvError as error:
        asked = f"the Hub was not asked: {error}"
    place = Place(submission.task, submission.name, round_name)
    board = PullRequest(repo, _titles(place)[update], None, "planned")
    model = None
    if submission.hub_model is not None and round_name is None:
        model = PullRequest(submission.hub_model, _model_title(submission), None, "planned")
    return SubmitReport(board, model, asked, dry_run=True)


def _check_name(api: HfApi, repo: str, place: Place, *, update: bool) -> None:
    """Refuse a name that is on the board, unless it is to be updated."""
    from huggingface_hub.errors import EntryNotFoundError  # noqa: PLC0415

    name, task = place.name, place.task
    with hub_errors(api, repo, "dataset"):
        try:
            entries = api.list_repo_tree(repo, place.task_folder, repo_type="dataset")
            taken = [Path(entry.path).name for entry in entries]
        except EntryNotFoundError:
            taken = []
    same = [other for other in taken if other.lower() == name.lower()]
    if update and name not in same:
        raise NameTakenError(
            f"Nothing on {repo} is named {task}/{name}, so there is nothing to update"
            f"{f' (but {same[0]} is there)' if same else ''}. Submit it without --update."
        )
    if same and not update:
        raise NameTakenError(
            f"{task}/{same[0]} is on {repo} already; names are unique, also but for case. If it is "
            "yours, replace it with --update; otherwise choose "
            "another name in submission.yaml."
        )


def _titles(place: Place) -> tuple[str, str]:
    where = f"{place.task} in {place.round}" if place.round else place.task
    return f"Submit {place.name} to {where}", f"Update {place.name} on {where}"


def _for_board(
    folder: Path, place: Place, evaluation: Evaluation | None, repo: str, *, update: bool
) -> Proposal:
    titles, inside = _titles(place), list_files(folder)[0]
    files: dict[str, Path | bytes] = {f"{place.folder}/{p}": folder / p for p in inside}
    noted: tuple[str, ...] = ()
    description = "To be scored when the round has closed."
    if evaluation is not None:
        noted = (f"{place.folder}/{EVALUATION}",)
        files[noted[0]] = to_json(evaluation.public()).encode()
        description = f"Scored by its author: {score_line(evaluation)}. To be scored again."
    return Proposal(
        "dataset", repo, place.folder, files, titles[update], description, titles, noted, clean=True
    )


def _model_title(submission: Submission) -> str:
    return f"Score on the leaderboard {submission.task} of mesoinv"


def _for_model(
    submission: Submission, evaluation: Evaluation, url: str, commit: str | None
) -> Proposal:
    """Return the result in the Hub's own format, which its page and its leaderboards read."""
    assert submission.hub_model is not None
    title = _model_title(submission)
    text = result_text(
        evaluation, commit, date=submission.date.isoformat(), source_url=url,
        notes=f"model at {submission.revision}",
    )  # fmt: skip
    return Proposal(
        "model", submission.hub_model, RESULTS,
        {result_file(evaluation.task): text.encode()}, title, score_line(evaluation), (title,),
    )  # fmt: skip
