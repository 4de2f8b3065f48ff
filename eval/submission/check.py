"""The one way from a stranger's folder to a score: the command and the board both take it.

Nothing in a submission is executed. What isolation that gives, and what not:

- the files are plain files inside the folder, of bounded size and number; YAML, JSON and the head
  of the weights are parsed as data; a network is one of the package's own, built within bounds and
  without memory first (`bounds`, `building`); pickles are never opened.
- a parquet file is read by a child process with limits of memory and time first, because pyarrow
  may end its process on a damaged one (`probe`). Everything else runs in this process, with this
  user's rights: pyarrow and safetensors are trusted not to be taken over by a crafted file, and
  predicting has no limit of time or memory but the bounds on the network. A board that takes
  anybody's submissions should run in a container of its own, with limits and without secrets.
- a folder that somebody changes between check and scoring is not protected against: score a copy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.eval.scoring.prediction_files import INDEX, open_predictions
from mesoinv.eval.submission import bounds, building, reading
from mesoinv.eval.submission.fetch import fetch_model
from mesoinv.eval.submission.files import check_files, check_pickles, list_files, read_small
from mesoinv.eval.submission.probe import probe
from mesoinv.eval.submission.problems import Problem, RefusedError, SubmissionError, quoted, shown
from mesoinv.eval.submission.schema import parse
from mesoinv.eval.submission.weights import read_shapes
from mesoinv.eval.tasks import get_task, list_tasks
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.extras import require
from mesoinv.generators.common.records import from_dict
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, ModelConfig
from mesoinv.zoo.declared.models import list_models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesoinv.eval.scoring.results import Result
    from mesoinv.eval.submission.schema import Submission
    from mesoinv.eval.tasks.task import Task

CACHE = Path("data/cache")
_ROWS = 256


@dataclass(frozen=True)
class _Checked:
    """A submission and, if its contents were looked at, what `evaluate` takes."""

    submission: Submission
    subject: Path | None = None


def known_tasks() -> dict[str, Task]:
    """Return the tasks that can be submitted to, by name."""
    return {name: get_task(name) for name in list_tasks()}


def check_submission(folder: str | Path, **options: Any) -> list[Problem]:
    """Return everything that is wrong with a submission; nothing if it can be scored.

    Parameters
    ----------
    folder : str or Path
        Holds ``submission.yaml``.
    **options
        As for `read_submission`.
    """
    try:
        read_submission(folder, **options)
    except SubmissionError as error:
        return list(error.problems)
    return []


def read_submission(
    folder: str | Path,
    *,
    tasks: Mapping[str, Task] | None = None,
    contents: bool = True,
    placed: bool = False,
    cache: str | Path = CACHE,
    samples: int | None = None,
    split: str | None = None,
) -> Submission:
    """Read a submission after checking all of it.

    Parameters
    ----------
    folder : str or Path
        Holds ``submission.yaml`` and what it names.
    tasks : mapping of str to Task, optional
        What can be submitted to: `known_tasks` by default.
    contents : bool
        Also look into predictions and weights; a model of the Hub is downloaded for that.
    placed : bool
        The folder must be called ``<task>/<name>``, as on the board.
    cache : str or Path
        Folder that keeps models of the Hub.
    samples, split
        As for `evaluate`: what predictions must be of.

    Returns
    -------
    Submission

    Raises
    ------
    SubmissionError
        With every problem and how to fix it.
    MesoinvError
        If a model cannot be fetched because the Hub does not answer.
    """
    given = tasks if tasks is not None else known_tasks()
    checked = _checked(
        Path(folder), given, contents=contents, placed=placed, cache=Path(cache),
        samples=samples, split=split,
    )  # fmt: skip
    return checked.submission


def score_submission(
    folder: str | Path,
    *,
    tasks: Mapping[str, Task] | None = None,
    placed: bool = False,
    cache: str | Path = CACHE,
    samples: int | None = None,
    split: str | None = None,
    **options: Any,
) -> Result:
    """Check a submission and score it: exactly what the board does.

    Parameters
    ----------
    folder, tasks, placed, cache, samples, split
        As for `read_submission` and `evaluate`.
    **options
        Others of `mesoinv.eval.scoring.evaluate.evaluate`: data, workers, seed, progress …

    Returns
    -------
    Result
        Named after the submission; what cannot be known of predictions is as declared.

    Raises
    ------
    SubmissionError
        With every problem and how to fix it.
    MesoinvError
        If samples or a model cannot be had, or predicting fails.
    """
    given, place = tasks if tasks is not None else known_tasks(), Path(cache)
    checked = _checked(
        Path(folder), given, contents=True, placed=placed, cache=place, samples=samples, split=split
    )
    assert checked.subject is not None
    task = given[checked.submission.task]
    try:
        result = evaluate(checked.subject, task, split, cache=place, samples=samples, **options)
    except MesoinvError:
        raise
    except Exception as error:
        # a network within all bounds may still fail on real numbers: the board goes on without it
        name = checked.submission.name
        raise MesoinvError(f"{name} cannot be scored: {shown(error, 300)}.") from error
    return _named(result, checked.submission)


def _named(result: Result, submission: Submission) -> Result:
    subject = result.evaluation.subject
    subject_of_submission = replace(
        subject,
        name=submission.name,
        parameters=submission.parameters if subject.parameters is None else subject.parameters,
        training_samples=submission.training_data.samples,
        licence=submission.licence.weights,
    )
    return replace(result, evaluation=replace(result.evaluation, subject=subject_of_submission))


def _checked(
    folder: Path,
    tasks: Mapping[str, Task],
    *,
    contents: bool,
    placed: bool,
    cache: Path,
    samples: int | None,
    split: str | None,
) -> _Checked:
    files, problems = list_files(folder)
    try:
        submission = parse(reading.load(read_small(folder / reading.FILE)), tasks)
    except RefusedError as error:
        others = [*problems, *check_pickles(files)]
        raise SubmissionError(folder, [*others, *error.problems]) from None
    problems += check_files(files, submission)
    if submission.name in list_models():
        fix = "Choose another name."
        problems.append(Problem("name", f"{submission.name} is that of a baseline.", fix))
    if placed and (folder.parent.name, folder.name) != (submission.task, submission.name):
        fix = f"Move it to {submission.task}/{submission.name}, or correct the file."
        place = quoted(f"{folder.parent.name}/{folder.name}")
        problems.append(Problem("name", f"and task are not those of the folder {place}.", fix))
    if problems or not contents:
        if problems:
            raise SubmissionError(folder, problems)
        return _Checked(submission)
    try:
        subject = _check_contents(folder, submission, tasks[submission.task], cache, samples, split)
    except RefusedError as error:
        raise SubmissionError(folder, error.problems) from None
    return _Checked(submission, subject)


def _check_contents(
    folder: Path,
    submission: Submission,
    task: Task,
    cache: Path,
    samples: int | None,
    split: str | None,
) -> Path:
    if submission.predictions is not None:
        path = folder / submission.predictions
        _check_predictions(path, task, samples, split)
        return path
    if submission.hub_model is not None:
        assert submission.revision is not None
        model = fetch_model(submission.hub_model, submission.revision, cache)
    else:
        assert submission.model is not None
        model = folder / submission.model
    _check_model(model, task)
    return model


def _check_predictions(path: Path, task: Task, samples: int | None, split: str | None) -> None:
    """Read every value once: a NaN in the last row is found before anything is computed."""
    import pyarrow as pa  # noqa: PLC0415

    rows = task.samples if samples is None else samples
    probe(path, [INDEX, *(t.column for t in task.targets)], rows)
    try:
        for _ in open_predictions(path, task, samples, split).batches(_ROWS):
            pass
    except UsageError as error:
        raise RefusedError(Problem(path.name, shown(error, 600), "")) from None
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        fix = "Write it again, as `mesoinv predict` does."
        what = f"is damaged ({shown(error, 200)})."
        raise RefusedError(Problem(path.name, what, fix)) from None


def _check_model(folder: Path, task: Task) -> None:
    require("Checking a model", "models")
    config = _config(read_small(folder / CONFIG))
    if problems := bounds.check_config(config, task):
        raise RefusedError(*problems)
    building.check_network(config, read_shapes(folder / WEIGHTS))


def _config(data: bytes) -> ModelConfig:
    """Read config.json as `read_config` does, from bytes that are here."""
    try:
        return from_dict(ModelConfig, json.loads(data), CONFIG)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        what = f"is damaged or of another format: {shown(error, 300)}"
        fix = "Submit the one that `mesoinv train` or Model.save_pretrained wrote."
        raise RefusedError(Problem(CONFIG, what, fix)) from None
