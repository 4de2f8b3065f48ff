"""Scores of a model in the Hub's own format, ``.eval_results/TASK.yaml``.

The Hub's pages and leaderboards read them. A result names the commit of the dataset that it was
measured on: a tag could be moved by others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from mesoinv.generators.common.numbers import with_interval
from mesoinv.generators.hub import client as hub
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.evaluation import stored_evaluations

if TYPE_CHECKING:
    from pathlib import Path

    from huggingface_hub import HfApi

    from mesoinv.zoo.declared.evaluation import Evaluation

RESULTS = ".eval_results"


def result_file(task: str) -> str:
    """Return where a model's repository keeps its result on a task."""
    return f"{RESULTS}/{task}.yaml"


def dataset_repo(dataset: str) -> str:
    """Return the repository of a dataset, of mesoinv's or of one's own."""
    return hub.repo_name(None, resolve_dataset(dataset).name)


def dataset_commit(api: HfApi, evaluation: Evaluation) -> str | None:
    """Return the commit of the dataset's version that was scored; None if it is not published."""
    repo, tag = dataset_repo(evaluation.dataset), f"v{evaluation.dataset_version}"
    return hub.tagged_commit(api, repo, "dataset", tag)


def result_text(
    evaluation: Evaluation,
    commit: str | None,
    *,
    date: str | None = None,
    source_url: str | None = None,
    notes: str = "",
) -> str:
    """Return the file of one result.

    Parameters
    ----------
    evaluation : Evaluation
        Whose headline is the value: higher is better.
    commit : str or None
        Of the dataset.
    date : str, optional
        Of the measurement, ISO 8601.
    source_url : str, optional
        Page that tells more.
    notes : str
        Beside the score with its interval.
    """
    from huggingface_hub import (  # noqa: PLC0415  (reads its settings at import)
        EvalResultEntry,
        eval_result_entries_to_yaml,
    )

    entry = EvalResultEntry(
        dataset_id=dataset_repo(evaluation.dataset),
        task_id=evaluation.task,
        value=evaluation.scores[evaluation.headline].value,
        dataset_revision=commit,
        date=date,
        source_url=source_url,
        source_name="mesoinv leaderboard" if source_url else None,
        notes="; ".join(filter(None, [score_line(evaluation), notes])),
    )
    rows = eval_result_entries_to_yaml([entry])
    return str(yaml.safe_dump(rows, sort_keys=False, allow_unicode=True))


def result_files(api: HfApi, folder: Path) -> dict[str, str]:
    """Return the files of all results of a model whose datasets are published.

    Raises
    ------
    MesoinvError
        If the Hub cannot be reached.
    """
    files = {}
    for evaluation in stored_evaluations(folder):
        if evaluation.split == "test" and (commit := dataset_commit(api, evaluation)):
            files[result_file(evaluation.task)] = result_text(evaluation, commit)
    return files


def score_line(evaluation: Evaluation) -> str:
    """Return the score that ranks, with its interval and what it was measured on."""
    score = evaluation.scores[evaluation.headline]
    unit = "" if score.unit == "1" else f" {score.unit}"
    number = with_interval(score.value, score.low, score.high, ".5g")
    return (
        f"{evaluation.headline} {number}{unit} (95 %), "
        f"the {evaluation.samples} samples of {evaluation.config}/{evaluation.split}"
    )
