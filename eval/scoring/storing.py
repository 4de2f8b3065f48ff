"""Evaluations in a model's own folder, and which task a model is for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mesoinv.eval.scoring.fit import check_fit, misfit
from mesoinv.eval.scoring.prediction_files import is_predictions
from mesoinv.eval.tasks import get_task, list_tasks
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.files import given_path, is_folder
from mesoinv.zoo.declared.config import read_config
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT, evaluation_files
from mesoinv.zoo.declared.models import local_folder, model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.eval.scoring.results import Result
    from mesoinv.eval.tasks.task import Task


def default_task(model: str, name: str | None) -> Task:
    """Return the named task, or the only one that a model is for.

    Raises
    ------
    UsageError
        If none or several fit, or a file of predictions is given without a task.
    """
    if name is not None:
        return get_task(name)
    if is_predictions(model):
        raise UsageError(f"Name the task of the predictions: --task {' or '.join(list_tasks())}.")
    config = read_config(model_folder(model))
    fitting = [t for t in map(get_task, list_tasks()) if not misfit(config, t)]
    # tasks of other configurations may fit as well: a model's name says which one it is for
    fitting = [t for t in fitting if t.id == config.task] or fitting
    if len(fitting) != 1:
        names = ", ".join(task.id for task in fitting) or "none"
        raise UsageError(f"Name the task of {config.name} with --task. Those that fit: {names}.")
    return fitting[0]


def require_fit(model: str, task: Task) -> None:
    """Refuse a model that is for another task, before anything is scored."""
    if not is_predictions(model):
        check_fit(read_config(model_folder(model)), task)


def writable_model_folder(model: str) -> Path:
    """Return the folder of a model whose files may be changed.

    Raises
    ------
    UsageError
        If it is a file of predictions, or was downloaded.
    """
    if is_predictions(model):
        raise UsageError("--save keeps scores in a model's folder; for predictions take --out.")
    folder = model_folder(model)
    if not (is_folder(given_path(model)) or folder == local_folder(folder.name)):
        raise UsageError(
            f"{model} was downloaded from the Hub, so --save has no folder of yours to write to. "
            "Take --out, or train it here: mesoinv train."
        )
    return folder


def check_room(folder: Path, task: Task, split: str, samples: int) -> Path:
    """Return where an evaluation would stand in a model's folder.

    Raises
    ------
    UsageError
        If scores on more samples of the split are there already.
    """
    place = folder / EVALUATIONS / task.id
    if split != task.split:
        place /= split
    there = evaluation_files(folder).get(place / RESULT)
    if there is not None and there.samples > samples:
        raise UsageError(
            f"{folder} has scores on {there.samples} samples of {split}: they are kept. Score as "
            f"many to replace them, or take --out for those on {samples}."
        )
    return place


def save_to_model_folder(result: Result, folder: Path, task: Task) -> None:
    """Write an evaluation into a model's folder, and its scores into the card.

    Raises
    ------
    UsageError
        If scores on more samples of the split are there already.
    """
    from mesoinv.zoo.publish.card import write_card  # noqa: PLC0415  (needs more than scoring does)

    evaluation = result.evaluation
    place = check_room(folder, task, evaluation.split, evaluation.samples)
    replace(result, evaluation=evaluation.public()).save(place)
    write_card(folder)
