"""Is one model better than another? Paired bootstrap: both are resampled on the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo import metrics
from mesoinv.zoo.metrics import Score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mesoinv.eval.scoring.results import Result
    from mesoinv.eval.tasks.task import Task

    Replicates = NDArray[np.float64]

#: What must be equal for a difference to mean something.
_SAME = (
    "task", "task_digest", "dataset_version", "config", "split", "samples", "seed", "resamples",
)  # fmt: skip
_BOUNDS = (0.025, 0.975)


def compare(first: Result, second: Result, task: str | Task | None = None) -> dict[str, Score]:
    """Return the differences first - second of every score, with paired 95 % intervals.

    Parameters
    ----------
    first, second : Result
        Two evaluations on the same samples.
    task : str or Task, optional
        Their task, if it is not one of `list_tasks`.

    Returns
    -------
    dict of str to Score
        An interval without 0 means a difference beyond the chance of these samples.

    Raises
    ------
    UsageError
        If they were not scored on the same samples of the same task.
    """
    for name in _SAME:
        a, b = getattr(first.evaluation, name), getattr(second.evaluation, name)
        if a != b:
            raise UsageError(
                f"{first.evaluation.subject.name} and {second.evaluation.subject.name} cannot be "
                f"compared: {name} is {a} and {b}."
            )
    statistics, seed = get_task(task or first.evaluation.task).statistics(), first.evaluation.seed
    a, b = (metrics.estimates(r.table, statistics, seed=seed) for r in (first, second))
    return {name: _difference(a[name], b[name]) for name in a if name in b}


def _difference(first: metrics.Estimate, second: metrics.Estimate) -> Score:
    # a score of few samples has no value in resamples that miss them all
    low, high = np.nanquantile(first.replicates - second.replicates, _BOUNDS)
    value = first.score.value - second.score.value
    return Score(value, float(low), float(high), first.score.unit)


def ranks(replicates: Mapping[str, Sequence[float] | Replicates]) -> dict[str, int]:
    """Rank rows by resamples of their headline; those that chance may have ordered share a rank.

    Parameters
    ----------
    replicates : mapping of str to (R,) array_like
        Row -> headline of each resample; the same resamples for all.

    Returns
    -------
    dict of str to int
        1 + the number of rows that are better with a paired 95 % interval above zero.
    """
    if not replicates:
        return {}
    names, values = list(replicates), np.stack(list(replicates.values()))
    return {
        name: 1 + int((np.quantile(values - own, _BOUNDS[0], axis=1) > 0).sum())
        for name, own in zip(names, values, strict=True)
    }
