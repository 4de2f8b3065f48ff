"""From a scored submission to pull requests: on the board, and on a model's own repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.eval.board.submissions import FOLDER
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
    result: Result,
    repo: str = BOARD,
    *,
    update: bool = False,
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
    result : Result
        As `score_submission` gave it.
    repo : str
        The board's dataset repository.
    update : bool
        Replace the submission of that name that is on the board.

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
    proposal = _for_board(Path(folder), submission, result.evaluation, repo, update=update)
    user = check_board(submission, repo, update=update)
    board = propose(api, proposal, user)
    model = None
    if submission.hub_model is not None:
        try:
            model = _propose_score(api, submission, result.evaluation, board, user)
        except MesoinvError as error:
            raise type(error)(
                f"The board has its pull request ({board.action}: {board.url or repo}), "
                f"{submission.hub_model} does not yet: {error} Run the same command again for the "
                "rest; the first pull request stays as it is."
            ) from error
    return SubmitReport(board, model, f"as {user} on {api.endpoint}", dry_run=False)


def check_board(submission: Submission, repo: str = BOARD, *, update: bool = False) -> str:
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
    _check_name(api, repo, submission, update=update)
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


def plan(submission: Submission, repo: str = BOARD, *, update: bool = False) -> SubmitReport:
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
        asked = f"as {check_board(submission, repo, update=update)}"
    except NameTakenError:
        raise
    except MesoinvError as error:
        asked = f"the Hub was not asked: {error}"
    board = PullRequest(repo, _titles(submission)[update], None, "planned")
    model = None
    if submission.hub_model is not None:
        model = PullRequest(submission.hub_model, _model_title(submission), None, "planned")
    return SubmitReport(board, model, asked, dry_run=True)


def _check_name(api: HfApi, repo: str, submission: Submission, *, update: bool) -> None:
    """Refuse a name that is on the board, unless it is to be updated."""
    from huggingface_hub.errors import EntryNotFoundError  # noqa: PLC0415

    name, task = submission.name, submission.task
    with hub_errors(api, repo, "dataset"):
        try:
            entries = api.list_repo_tree(repo, f"{FOLDER}/{task}", repo_type="dataset")
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


def _titles(submission: Submission) -> tuple[str, str]:
    name, task = submission.name, submission.task
    return f"Submit {name} to {task}", f"Update {name} on {task}"


def _for_board(
    folder: Path, submission: Submission, evaluation: Evaluation, repo: str, *, update: bool
) -> Proposal:
    place = f"{FOLDER}/{submission.task}/{submission.name}"
    titles = _titles(submission)
    files: dict[str, Path | bytes] = {f"{place}/{p}": folder / p for p in list_files(folder)[0]}
    noted = f"{place}/{EVALUATION}"
    files[noted] = to_json(evaluation.public()).encode()
    description = f"Scored by its author: {score_line(evaluation)}. To be scored again."
    return Proposal(
        "dataset", repo, place, files, titles[update], description, titles, (noted,), clean=True
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
