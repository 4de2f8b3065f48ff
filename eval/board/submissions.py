"""Submissions as entries of the board: checked and scored, or refused with the reason."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from mesoinv.eval.board.place import FOLDER
from mesoinv.eval.board.records import Rejected
from mesoinv.eval.board.rows import BoardOptions, Entry, first_stored, measured_row
from mesoinv.eval.rounds.round import ROUNDS
from mesoinv.eval.scoring.results import read_result
from mesoinv.generators.common import links
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.extras import MissingExtraError
from mesoinv.generators.common.files import given_path, is_folder
from mesoinv.generators.hub.download import download

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mesoinv.eval.board.records import Row
    from mesoinv.eval.scoring.results import Result
    from mesoinv.eval.submission.schema import Submission
    from mesoinv.eval.tasks.task import Task

#: Beside a kept evaluation: the SHA-256 of what was submitted.
_DIGEST = "submission.sha256"


def board_folder(given: str, results: Path) -> Path:
    """Return a local copy of the board's repository, downloading a Hub dataset (``id@revision``).

    Parameters
    ----------
    given : str
        A folder with ``submissions/TASK/NAME`` or just ``TASK/NAME`` in it, or a repository.
    results : Path
        Folder that may keep the download.

    Raises
    ------
    MesoinvError
        If it is neither a folder nor can be downloaded.
    """
    folder = given_path(given)
    return folder if is_folder(folder) else _download(given, results / "downloaded")


def submissions_in(board: Path) -> Path:
    """Return the folder of ``TASK/NAME``: that of a board's copy, or the given one itself."""
    inner = board / FOLDER
    return inner if inner.is_dir() else board


def _download(given: str, target: Path) -> Path:
    """Download what is there now; nothing of an earlier download stays."""
    repo, _, revision = given.partition("@")
    try:
        patterns = [f"{FOLDER}/**", f"{ROUNDS}/**"]
        folder = download(repo, revision or None, patterns, kind="dataset")
    except MesoinvError as error:
        raise MesoinvError(f"{given} is not a folder. {error}") from error
    # the client's cache holds links, which no submission may: copy what they point to
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target


def submitted_entries(
    root: Path,
    task: Task,
    options: BoardOptions,
    rejected: list[Rejected],
    refusal: Callable[[Path], str | None] = lambda _folder: None,
) -> list[Entry]:
    """Return the submissions to a task; those that are wrong are added to `rejected`.

    Parameters
    ----------
    root : Path
        Folder of ``TASK/NAME``.
    task : Task
    options : BoardOptions
    rejected : list of Rejected
        Grows.
    refusal : callable, optional
        Folder of a submission → why it is not even read; None if it may be scored.
    """
    # they need pydantic
    from mesoinv.eval.submission import find_submissions  # noqa: PLC0415
    from mesoinv.eval.submission.problems import shown  # noqa: PLC0415

    entries = []
    for folder in find_submissions(root):
        if folder.parent.name != task.id:
            continue
        if reason := refusal(folder):
            rejected.append(Rejected(f"{task.id}/{folder.name}", reason))
            continue
        try:
            entries.append(_entry(folder, task, options))
        except MissingExtraError:  # this machine lacks it, not the submission
            raise
        except MesoinvError as error:
            rejected.append(Rejected(f"{task.id}/{folder.name}", str(error)))
        except Exception as error:  # noqa: BLE001  (one must not stop the board for all others)
            reason = f"It cannot be read: {type(error).__name__}: {shown(error, 300)}."
            rejected.append(Rejected(f"{task.id}/{folder.name}", reason))
    return entries


def without_copies(
    task: Task, baselines: list[Entry], submitted: list[Entry], rejected: list[Rejected]
) -> list[Entry]:
    """Return baselines and submissions; what is the same file again is added to `rejected`.

    The earliest stays, by its date and then its name. Only files that are equal bit by bit are the
    same: two models that are always right give equal predictions, and both may stand.
    """
    kept = {_origin(entry): entry for entry in baselines}
    for entry in sorted(submitted, key=lambda e: (e.row.date, e.row.name)):
        first = kept.setdefault(_origin(entry), entry)
        if first is not entry:
            reason = f"It holds the same file as {first.row.name}, which was there before."
            rejected.append(Rejected(f"{task.id}/{entry.row.name}", reason))
    return [*kept.values()]


def _origin(entry: Entry) -> tuple[str | None, ...]:
    subject = entry.result.evaluation.subject
    # weights that were never here have no digest: they are told apart by their names
    return (subject.digest, subject.interface) if subject.digest else (entry.row.id,)


def _entry(folder: Path, task: Task, options: BoardOptions) -> Entry:
    from mesoinv.eval.submission import read_submission  # noqa: PLC0415  (needs pydantic)

    # scoring looks into the contents; what was scored already has been looked into
    submission = read_submission(folder, contents=False, placed=True)
    result = _result(folder, task, options)
    return Entry(_row(submission, result), result)


def _result(folder: Path, task: Task, options: BoardOptions) -> Result:
    """Return the kept evaluation of exactly these files, or score them."""
    from mesoinv.eval.submission import score_submission  # noqa: PLC0415  (needs pydantic)

    place, digest = options.path(task, FOLDER, folder.name), _digest(folder)
    digest_path = place / _DIGEST
    if digest_path.exists() and digest_path.read_text(encoding="utf-8").strip() == digest:
        stored = first_stored((place,), task, options)
        if stored is not None:
            return stored
    options.log(f"{task.id}: {folder.name}")
    # an evaluation of other files must not stay beside the new digest
    digest_path.unlink(missing_ok=True)
    source = options.source
    result = score_submission(
        folder, placed=True, data=source.data, cache=source.cache, workers=source.workers,
        samples=options.samples, split=options.split, seed=options.seed,
        key_file=options.key_file,
    )  # fmt: skip
    result.save(place)
    digest_path.write_text(digest + "\n", encoding="utf-8")
    return read_result(place)  # rounded as it is kept: the next board shall be the same


def _digest(folder: Path) -> str:
    """Return the SHA-256 over names and contents; the folder's files have been checked."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def _row(submission: Submission, result: Result) -> Row:
    """Return what is measured, and what is declared."""
    kind = "computed" if submission.learnt is False else "submission"
    row = measured_row(submission.name, kind, result)
    row.id = f"{FOLDER}/{submission.name}"  # a model of the zoo may have the same name
    training = submission.training_data
    row.authors = [author.name for author in submission.authors]
    row.parameters = row.parameters or submission.parameters
    row.training_samples = training.samples
    row.training_data = training.description
    row.licence = submission.licence.weights
    row.date = submission.date.isoformat()
    row.notes = submission.notes or ""
    row.links = {
        name: link
        for name, link in {
            "model": _model_link(submission),
            "paper": submission.paper,
            "code": submission.code,
        }.items()
        if link
    }
    return row


def _model_link(submission: Submission) -> str | None:
    if submission.hub_model is None:
        return None
    return f"{links.HUB}/{submission.hub_model}/tree/{submission.revision}"
