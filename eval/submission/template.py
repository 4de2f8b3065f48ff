"""The ``submission.yaml`` to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.submission.reading import FILE
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.eval.tasks.task import Task


_TEXT = """\
# A submission to {task}: {title}.
# Ranked by {headline}; wanted: {targets}.
# Fill in what is empty, then: mesoinv submit DIR --dry-run

task: {task}
dataset_version: {version}

# Shown on the board, and the folder's name there: letters, digits, '.', '_', '-'.
name:

# Exactly one of these three:
# 1. Predictions of all {samples} samples of {config}/{split}: a parquet file in this folder with
#    the columns index (0, 1, …) and {columns}, as `mesoinv predict` writes it.
predictions: predictions.parquet
# How many numbers were learnt (only with predictions; a model's are counted).
#parameters: 1000000
{learnt}# 2. A model of mesoinv: a folder here with config.json and model.safetensors.
#model: model
# 3. A public model of mesoinv on the Hub, and the commit that is submitted.
#hub_model: owner/name
#revision: "0123456789abcdef0123456789abcdef01234567"

authors:
  - name:
    #affiliation: University of Somewhere
    #orcid: 0000-0002-1825-0097

training_data:
  samples:          # how many were trained on
  description:      # which: the configuration and split, or what else
  uses_other_data:  # true if any were not samples of {dataset}

# SPDX expressions, as Apache-2.0, MIT, CC-BY-4.0.
licence:
  code:
  weights:

# The day of the submission, YYYY-MM-DD.
date:

# All of these may be left out.
#paper: https://arxiv.org/abs/…
#code: https://github.com/…
#hardware: one H200, 3 hours
#notes: What is special about it, in a sentence or two.
"""


_LEARNT = """\
# The answers of this task can be computed from the inputs. true: a model learnt and predicted
# these; false: they were computed, and are shown without a rank (only with predictions).
learnt:
"""


def template(task: str | Task) -> str:
    """Return a commented ``submission.yaml`` for a task.

    Parameters
    ----------
    task : str or Task
        One of `mesoinv.eval.tasks.list_tasks`.

    Raises
    ------
    UsageError
        If there is no such task.
    """
    declared = get_task(task)
    targets = ", ".join(f"{t.column} [{t.unit}]" for t in declared.targets)
    return _TEXT.format(
        task=declared.id,
        title=declared.title,
        headline=declared.headline,
        targets=targets,
        version=declared.dataset_version,
        samples=declared.samples,
        config=declared.config,
        split=declared.split,
        columns=", ".join(t.column for t in declared.targets),
        dataset=declared.dataset,
        learnt=_LEARNT if declared.computed_by else "",
    )


def write_template(folder: Path, task: str | Task) -> Path:
    """Write the template into a folder, which is made if need be.

    Raises
    ------
    UsageError
        If there is a submission.yaml already, or the folder cannot be written to.
    """
    text, path = template(task), folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{path} exists already and is left as it is. Name another folder, or move it away."
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    return path
