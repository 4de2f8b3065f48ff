"""What ``submission.yaml`` holds. Unknown keys are refused; so is what is of another type."""

from __future__ import annotations

import datetime as dt
import difflib
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
)

from mesoinv.eval.submission import text  # noqa: TC001  (pydantic reads it at run time)
from mesoinv.eval.submission.problems import Problem, RefusedError, quoted, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from mesoinv.eval.tasks.task import Task

MAX_AUTHORS = 50
_WAYS = ("predictions", "model", "hub_model")
_SHOWN = 20


def _day(value: object) -> object:
    """YAML gives a date for 2026-11-20 and a text where it is quoted; nothing else is one."""
    day = value
    if type(day) is not dt.date:
        try:
            day = dt.date.fromisoformat(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise ValueError("is not a day; write YYYY-MM-DD") from None
    # somewhere on Earth it is tomorrow already
    if not _FIRST_DAY <= day <= dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
        raise ValueError("lies in the future or long ago; write the day of the submission")
    return day


_FIRST_DAY = dt.date(2020, 1, 1)
#: More samples or numbers than this nobody has learnt, or learnt from.
Count = Annotated[StrictInt, Field(ge=0, le=10**12)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Author(_Record):
    """Who made it."""

    name: text.Short
    affiliation: text.Short | None = None
    orcid: text.Orcid | None = None


class TrainingData(_Record):
    """What was learnt from: how many samples, which, and whether any were not the dataset's."""

    samples: Count
    description: Annotated[text.Long, Field(min_length=1)]
    uses_other_data: StrictBool


class Licences(_Record):
    """SPDX expressions of the code and of the weights (or predictions)."""

    code: text.Licence
    weights: text.Licence


class Submission(_Record):
    """One entry for one leaderboard.

    Exactly one of `predictions` (a parquet file of the folder), `model` (a folder in it) and
    `hub_model` (``owner/name``, with the commit as `revision`) is given.
    """

    task: Annotated[str, Field(max_length=100)]
    name: text.Name
    dataset_version: Annotated[str, Field(max_length=20)]
    authors: Annotated[tuple[Author, ...], Field(min_length=1, max_length=MAX_AUTHORS)]
    training_data: TrainingData
    licence: Licences
    date: Annotated[dt.date, BeforeValidator(_day)]
    predictions: text.FilePath | None = None
    model: text.FolderPath | None = None
    hub_model: text.HubId | None = None
    revision: text.Commit | None = None
    learnt: StrictBool | None = None
    parameters: Count | None = None
    paper: text.Url | None = None
    code: text.Url | None = None
    hardware: Annotated[text.Long, Field(max_length=300)] = ""
    notes: text.Long = ""


def parse(data: object, tasks: Mapping[str, Task]) -> Submission:
    """Make a submission of what a YAML file holds.

    Raises
    ------
    RefusedError
        With every problem that can be seen.
    """
    if not isinstance(data, dict):
        raise RefusedError(
            Problem("submission.yaml", "does not hold keys and values.", "Start with --init.")
        )
    problems, submission = _of_task(data, tasks) + _of_way(data) + _of_origin(data, tasks), None
    try:
        submission = Submission.model_validate(data)
    except ValidationError as error:
        wrong = _own(error.errors())
        problems += [_problem(details) for details in wrong[:_SHOWN]]
        if (more := len(wrong) - _SHOWN) > 0:
            fix = "Fix those above first."
            problems.append(Problem("submission.yaml", f"has {more} more things wrong.", fix))
    if problems or submission is None:
        raise RefusedError(*problems)
    return submission


def _of_task(data: dict[str, Any], tasks: Mapping[str, Task]) -> list[Problem]:
    name, version = data.get("task"), data.get("dataset_version")
    if not isinstance(name, str) or not isinstance(version, str):
        return []  # what pydantic says about them is enough
    if name not in tasks:
        near = difflib.get_close_matches(name[:100], tasks, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        return [Problem("task", f"{quoted(name)} is no task.{hint}", f"Tasks: {', '.join(tasks)}.")]
    task = tasks[name]
    if version != task.dataset_version:
        return [
            Problem(
                "dataset_version",
                f"is {quoted(version)}; {name} is scored on {task.dataset_version}.",
                "Predict that version's samples, or train on them, and write it here.",
            )
        ]
    if task.superseded_by:
        return [
            Problem("task", f"{name} is closed.", f"Submit to {task.superseded_by}, its successor.")
        ]
    return []


def _of_way(data: dict[str, Any]) -> list[Problem]:
    given = [name for name in _WAYS if data.get(name) is not None]
    problems = []
    if len(given) != 1:
        said = f"{' and '.join(given)} are given." if given else "nothing to score is given."
        fix = "Give exactly one of predictions, model, hub_model; leave the others out."
        problems.append(Problem("submission.yaml", said, fix))
    if ("hub_model" in given) != (data.get("revision") is not None):
        fix = "A model of the Hub needs the commit that is submitted, and nothing else has one."
        problems.append(Problem("revision", "goes with hub_model, and hub_model with it.", fix))
    if data.get("parameters") is not None and "predictions" not in given:
        fix = "Leave it out: the parameters of a model are counted."
        problems.append(Problem("parameters", "is only for predictions.", fix))
    return problems


def _of_origin(data: dict[str, Any], tasks: Mapping[str, Task]) -> list[Problem]:
    """Ask whether predictions were learnt, where they can be computed; a model's always are."""
    name = data.get("task")
    task = tasks.get(name) if isinstance(name, str) else None
    if data.get("predictions") is None:
        if data.get("learnt") is None:
            return []
        return [Problem("learnt", "is only for predictions.", "Leave it out.")]
    if task is None or not task.computed_by or data.get("learnt") is not None:
        return []
    return [
        Problem(
            "learnt",
            f"is missing. The answers of {task.id} can be computed: {task.computed_by}",
            "Write true if a model learnt from samples and predicted, false if they were computed; "
            "what was computed is shown without a rank.",
        )
    ]


def _own(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a list is too short because its entries are wrong."""
    places = [e["loc"] for e in errors if e["type"] != "too_short"]
    return [
        e
        for e in errors
        if e["type"] != "too_short" or all(p[: len(e["loc"])] != e["loc"] for p in places)
    ]


def _problem(details: ErrorDetails) -> Problem:
    """Say in our words what pydantic found."""
    where = ".".join(shown(part) for part in details["loc"]) or "submission.yaml"
    kind, given = details["type"], details.get("input")
    if kind == "extra_forbidden":
        return Problem(where, *_unknown(details["loc"]))
    if kind == "missing":
        return Problem(where, "is missing.", "Add it; `mesoinv submit DIR --init TASK` shows how.")
    if given is None:
        return Problem(where, "is empty.", "Fill it in, or leave the key out if it may be.")
    if kind == "value_error":
        what, _, fix = str(details["ctx"]["error"]).partition("; ")
        return Problem(where, f"{quoted(given)} {what}.", f"{fix[:1].upper()}{fix[1:]}.")
    what, fix = f"{quoted(given)} is not allowed.", f"{details['msg']}."
    if kind == "string_type":
        what = f"is {quoted(given)}, not a text."
        fix = "Write a text, in quotes if YAML takes it for a number or a date."
    if isinstance(given, str) and kind.endswith("too_long"):
        what = f"is too long ({len(given)} characters)."
    return Problem(where, what, fix)


def _unknown(place: tuple[int | str, ...]) -> tuple[str, str]:
    allowed = _known(place[:-1])
    near = difflib.get_close_matches(str(place[-1])[:100], allowed, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"is not a known key.{hint}", f"Allowed: {', '.join(allowed)}."


def _known(place: tuple[int | str, ...]) -> list[str]:
    inner: dict[str, type[_Record]] = {
        "authors": Author, "training_data": TrainingData, "licence": Licences,
    }  # fmt: skip
    record = inner.get(str(place[0]), Submission) if place else Submission
    return list(record.model_fields)
