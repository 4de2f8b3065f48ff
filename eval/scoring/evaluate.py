"""Scores anything that predicts on a task, one batch of the samples after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.scoring.noise import add_noise
from mesoinv.eval.scoring.predictors import predictor_of
from mesoinv.eval.scoring.results import Result
from mesoinv.eval.scoring.selection import select_samples
from mesoinv.eval.tasks import get_task
from mesoinv.eval.tasks.task import Noise, OtherConfig
from mesoinv.generators.common.provenance import library_versions, version_of
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo import metrics
from mesoinv.zoo.declared.evaluation import Evaluation, VariantScores
from mesoinv.zoo.metrics.uncertainty import uncertainty_errors, uncertainty_statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from mesoinv.eval.scoring.predictors import Predictor
    from mesoinv.eval.scoring.selection import SampleSelection
    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.declared.evaluation import Speed, Subject
    from mesoinv.zoo.metrics import Estimate, Table

    Rows = dict[str, NDArray[Any]]
    Progress = Callable[[int, int], object]


def score_arrays(predicted: Rows, true: Rows, task: str | Task, *, seed: int = 0) -> dict[str, Any]:
    """Score predictions that are in memory: arrays in, scores out, nothing else happens.

    Parameters
    ----------
    predicted : dict of str to (N, …) array
        The task's targets in their units; ``<target>_std`` may hold standard deviations.
    true : dict of str to (N, …) array
        The columns that `Task.truth` names.
    task : str or Task
        What is scored.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to Score
        Every score of the task with its 95 % interval.
    """
    declared = get_task(task)
    targets = declared.targets_of()
    table = declared.measures.errors(predicted, true, targets)
    table |= uncertainty_errors(predicted, true, targets)
    statistics = declared.statistics() | uncertainty_statistics(targets, table)
    return metrics.scores(table, statistics, seed=seed)


def evaluate(  # noqa: PLR0913  (the public call)
    model: Any,
    task: str | Task,
    split: str | None = None,
    *,
    data: str = "generate",
    cache: str | Path = Path("data/cache"),
    workers: int = 1,
    scheduler: str | None = None,
    samples: int | None = None,
    variants: bool = True,
    seed: int = 0,
    batch_size: int = 32,
    device: str = "cpu",
    key_file: str | Path | None = None,
    progress: Progress | None = None,
    generating: Progress | None = None,
) -> Result:
    """Score anything that predicts on a task, with 95 % intervals.

    Parameters
    ----------
    model : str, Path, Model, mapping, torch.nn.Module or callable
        A name of the zoo, a folder, a Hub id, a ``.parquet`` file of predictions, a loaded model,
        a dictionary of target to (N, …) array, or a torch module or function that is called with
        the task's inputs in their order, (B, …) each, and returns one array or a dictionary by
        target. Predictions may carry standard deviations as ``<target>_std``: their coverage and
        CRPS are scored too.
    task : str or Task
        One of `list_tasks`.
    split : str, optional
        The task's own by default; ``validation``; or ``held-out`` with `key_file`.
    data : str
        ``"generate"``, a built folder, or a Hub dataset such as ``mesoinv/pldos@v1.0.0``.
    cache : path
        Folder that keeps generated samples.
    workers : int
        Processes that generate.
    scheduler : str, optional
        Address of a dask scheduler whose workers generate instead.
    samples : int, optional
        The first so many of the split; all of them by default.
    variants : bool
        Also score the task's robustness variants, where the model can predict other samples.
    seed : int
        Of the bootstrap.
    batch_size : int
        Samples that the model sees at a time.
    device : str
        ``"cpu"`` or ``"cuda"``, for the model and for samples that are generated.
    key_file : path, optional
        Secret key of a held-out split.
    progress : callable, optional
        Called with (samples done, samples in all).
    generating : callable, optional
        The same, while samples are generated that the cache does not hold.

    Returns
    -------
    Result

    Raises
    ------
    UsageError
        If the task is unknown, the model is for something else, or a file is wrong.
    MesoinvError
        If the samples cannot be had.

    Examples
    --------
    A function of your own; nothing else is needed to see where it stands:

    >>> import tempfile
    >>> import mesoinv
    >>> count = lambda occupied: occupied.mean(axis=(1, 2))
    >>> result = mesoinv.evaluate(
    ...     count, "percolation-density", samples=50, cache=tempfile.mkdtemp()
    ... )
    >>> bool(result.evaluation.scores["density mse"].value < 1e-12)
    True
    """
    source = SampleSource(data, Path(cache), workers, device, generating, scheduler)
    selection = select_samples(get_task(task), source, split, samples, key_file)
    return score(
        model, selection, variants=variants, seed=seed, batch_size=batch_size, progress=progress
    )


def score(
    model: Any,
    selection: SampleSelection,
    *,
    variants: bool = True,
    seed: int = 0,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Result:
    """Score anything that predicts on selected samples; the arguments are those of `evaluate`."""
    task, predictor = selection.task, predictor_of(model, selection, batch_size)
    inputs = task.inputs if predictor.runs else task.measures.given
    columns = (*inputs, *task.truth)
    jobs = _jobs(selection, predictor) if variants and predictor.runs else {}
    count = _Counter(selection.count + sum(other.count for other, _ in jobs.values()), progress)
    table = error_table(predictor, selection, selection.batches(columns), count)
    # before the variants: their samples differ in kind, the speed is that of the task's own
    subject, speed = predictor.subject, predictor.speed
    scored = {
        name: VariantScores(
            other.count,
            metrics.scores(
                error_table(predictor, other, rows, count), task.statistics(name), seed=seed
            ),
        )
        for name, (other, rows) in jobs.items()
    }
    statistics = task.statistics() | uncertainty_statistics(task.targets, table)
    estimates = metrics.estimates(table, statistics, seed=seed)
    return Result(_evaluation(selection, subject, speed, estimates, scored, seed), table)


def _evaluation(
    selection: SampleSelection,
    subject: Subject,
    speed: Speed | None,
    estimates: dict[str, Estimate],
    variants: dict[str, VariantScores],
    seed: int,
) -> Evaluation:
    task = selection.task
    replicates = estimates[task.headline].replicates
    return Evaluation(
        task=task.id,
        task_digest=task.digest,
        dataset=task.dataset,
        dataset_version=task.dataset_version,
        config=task.config,
        split=selection.split,
        samples=selection.count,
        subject=subject,
        headline=task.headline,
        scores={name: estimate.score for name, estimate in estimates.items()},
        variants=variants,
        replicates=[float(f"{x:.9g}") for x in replicates],
        resamples=metrics.RESAMPLES,
        seed=seed,
        speed=speed,
        mesoinv=version_of("mesoinv") or "",
        libraries=library_versions(),
        source=selection.source.data,
        command=_command(selection, subject.name),
    )


def _command(selection: SampleSelection, subject: str) -> str:
    """Return how to get the same scores again."""
    task, parts = selection.task, ["mesoinv evaluate", subject, "--task", selection.task.id]
    if selection.split != task.split:
        parts += ["--split", selection.split]
    if selection.count != task.samples:
        parts += ["--samples", str(selection.count)]
    return " ".join(parts)


def _jobs(
    selection: SampleSelection, predictor: Predictor
) -> dict[str, tuple[SampleSelection, Iterable[Rows]]]:
    """Return what to run for each variant: the samples of a part of the split, changed."""
    jobs: dict[str, tuple[SampleSelection, Iterable[Rows]]] = {}
    task = selection.task
    for name, variant in task.variants.items():
        if isinstance(variant, OtherConfig) and not predictor.accepts_config(variant.config):
            continue
        other = selection.of_variant(name)
        samples = other.batches((*task.inputs, *task.truth_of(name)))
        if isinstance(variant, Noise):
            samples = _noisy(samples, variant, task)
        jobs[name] = other, samples
    return jobs


def _noisy(samples: Iterable[Rows], variant: Noise, task: Task) -> Iterator[Rows]:
    for rows in samples:
        noise = {
            name: add_noise(rows[name], variant.level, task, name, rows["index"])
            for name in task.inputs
        }
        yield rows | noise


def error_table(
    predictor: Predictor,
    selection: SampleSelection,
    samples: Iterable[Rows] | None = None,
    count: _Counter | None = None,
) -> Table:
    """Return the errors of each sample, with its index: what all scores are computed from.

    Parameters
    ----------
    predictor : Predictor
    selection : SampleSelection
        Which samples.
    samples : iterable of dict of str to array, optional
        The samples where they are not as stored, such as those with noise.
    count : _Counter, optional
        Told how many are done.
    """
    task, tables = selection.task, []
    targets = task.targets_of(selection.variant)
    columns = (*task.inputs, *task.truth_of(selection.variant))
    chosen = selection.batches(columns) if samples is None else samples
    for rows, predicted in predictor.batches(chosen):
        errors = task.measures.errors(predicted, rows, targets)
        errors |= uncertainty_errors(predicted, rows, targets)
        tables.append({"index": np.asarray(rows["index"]), **errors})
        if count:
            count.add(len(rows["index"]))
    return metrics.joined(tables)


class _Counter:
    def __init__(self, total: int, progress: Progress | None) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def add(self, samples: int) -> None:
        self._done += samples
        if self._progress:
            self._progress(self._done, self._total)
