"""Evaluations in a model's own folder, and which task a model is for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.eval.entries import EVALUATIONS
from mesoinv.eval.predictors import check_fit, misfit
from mesoinv.eval.tasks import get_task, list_tasks
from mesoinv.generators.pipeline.errors import UsageError
from mesoinv.zoo.config import Scores, read_config, write_config
from mesoinv.zoo.loading import LOCAL_WEIGHTS, model_folder

if TYPE_CHECKING:
    from mesoinv.eval.harness import Result
    from mesoinv.eval.task import Task


def default_task(model: str, name: str | None) -> Task:
    """Return the named task, or the only one that a model is for.

    Raises
    ------
    UsageError
        If none or several fit, or a file of predictions is given without a task.
    """
    if name is not None:
        return get_task(name)
    if Path(model).suffix == ".parquet":
        raise UsageError(f"Name the task of the predictions: --task {' or '.join(list_tasks())}.")
    config = read_config(model_folder(model))
    fitting = [t for t in map(get_task, list_tasks()) if not misfit(config, t)]
    # tasks of other configurations may fit as well: a model's name says which one it is for
    fitting = [t for t in fitting if t.id == f"{config.dataset}-{config.task}"] or fitting
    if len(fitting) != 1:
        found = ", ".join(task.id for task in fitting) or "none"
        raise UsageError(f"Name the task of {config.name} with --task. Those that fit: {found}.")
    return fitting[0]


def require_fit(model: str, task: Task) -> None:
    """Refuse a model that is for another task, before anything is scored."""
    if Path(model).suffix != ".parquet":
        check_fit(read_config(model_folder(model)), task)


def own_folder(model: str) -> Path:
    """Return the folder of a model whose files may be changed.

    Raises
    ------
    UsageError
        If it is a file of predictions, or was downloaded.
    """
    if Path(model).suffix == ".parquet":
        raise UsageError("--save keeps scores in a model's folder; for predictions take --out.")
    folder = model_folder(model)
    if not (Path(model).is_dir() or folder.parent == LOCAL_WEIGHTS):
        raise UsageError(
            f"{model} was downloaded from the Hub, so --save has no folder of yours to write to. "
            "Take --out, or train it here: mesoinv train."
        )
    return folder


def keep(result: Result, folder: Path, task: Task) -> None:
    """Write an evaluation into a model's folder, its scores into ``config.json`` and the card.

    Only an evaluation of the task's whole split is kept with its table, for the board.

    Raises
    ------
    UsageError
        If scores on more samples of the split are there already.
    """
    from mesoinv.zoo.card import write_card  # noqa: PLC0415  (needs more than scoring does)

    known, config = result.evaluation, read_config(folder)
    own = f"{config.dataset}-{config.task}"  # of scores that do not name their task
    same = [s for s in config.scores if (s.split, s.task or own) == (known.split, task.id)]
    if (there := max((s.samples for s in same if s.task), default=0)) > known.samples:
        raise UsageError(
            f"{folder} has scores on {there} samples of {known.split}: they are kept. Score as "
            f"many to replace them, or take --out for those on {known.samples}."
        )
    if (known.split, known.samples) == (task.split, task.samples):
        replace(result, evaluation=known.public()).save(folder / EVALUATIONS / task.id)
    again = command(result, task)
    found = Scores(known.split, known.samples, again, known.scores, task.id, known.config)
    others = [s for s in config.scores if s not in same]
    config.scores = [*others, found]
    write_config(folder, config)
    write_card(folder)


def command(result: Result, task: Task) -> str:
    """Return how to get the same scores again."""
    known = result.evaluation
    parts = ["mesoinv evaluate", known.subject.name, "--task", known.task]
    if known.split != task.split:
        parts += ["--split", known.split]
    if known.samples != task.samples:
        parts += ["--samples", str(known.samples)]
    return " ".join(parts)
