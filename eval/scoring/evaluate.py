"""Scores a model or a file of predictions on a task, one piece of the samples after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.scoring.noise import add_noise
from mesoinv.eval.scoring.predictors import FilePredictor, ModelPredictor
from mesoinv.eval.scoring.samples import Choice, samples_of
from mesoinv.eval.tasks import get_task
from mesoinv.eval.tasks.task import Noise, OtherConfig
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.files import replace_text, replacing
from mesoinv.generators.common.provenance import library_versions, version_of
from mesoinv.generators.common.records import to_json
from mesoinv.zoo import metrics
from mesoinv.zoo.declared.evaluation import RESULT, Evaluation, VariantScores, read_evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.declared.evaluation import Score, Speed, Subject
    from mesoinv.zoo.metrics import Estimate, Table
    from mesoinv.zoo.model.model import Model

    Rows = dict[str, NDArray[Any]]
    Progress = Callable[[int, int], object]

TABLE = "samples.parquet"


@dataclass(frozen=True)
class Result:
    """What an evaluation gives.

    Attributes
    ----------
    evaluation : Evaluation
        Scores with intervals, and everything needed to get them again.
    table : dict of str to (N,) array
        ``index`` and the errors of each sample.
    """

    evaluation: Evaluation
    table: Table

    @property
    def headline(self) -> Score:
        """The score that ranks."""
        return self.evaluation.scores[self.evaluation.headline]

    def save(self, folder: str | Path) -> Path:
        """Write ``evaluation.json`` and ``samples.parquet`` (in single precision) into a folder."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        rounded = {
            name: values.astype(np.float32) if values.dtype.kind == "f" else values
            for name, values in self.table.items()
        }
        encodings = {
            name: "BYTE_STREAM_SPLIT" if values.dtype.kind == "f" else "DELTA_BINARY_PACKED"
            for name, values in rounded.items()
        }
        with replacing(target / TABLE) as temporary:
            pq.write_table(
                pa.table(rounded), temporary, compression="zstd", use_dictionary=False,
                column_encoding=encodings,
            )  # fmt: skip
        # last: where it is, the table is too
        replace_text(target / RESULT, to_json(self.evaluation))
        return target


def read_result(folder: str | Path) -> Result:
    """Read what `Result.save` wrote.

    Raises
    ------
    MesoinvError
        If it is missing, damaged or of another format.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    source = Path(folder)
    evaluation = read_evaluation(source)
    try:
        table = pq.ParquetFile(source / TABLE).read().combine_chunks()
    except FileNotFoundError:
        raise MesoinvError(f"{source} holds no evaluation: run `mesoinv evaluate`.") from None
    except (ValueError, pa.ArrowException, OSError) as error:
        raise MesoinvError(f"The evaluation in {source} is damaged: {error}") from None
    if len(table) != evaluation.samples:
        raise MesoinvError(
            f"The evaluation in {source} is damaged: {TABLE} has {len(table)} samples, {RESULT} "
            f"says {evaluation.samples}."
        )
    # pyarrow's own conversion imports pandas, where it is installed
    columns: Rows = {name: np.from_dlpack(table[name].chunk(0)) for name in table.column_names}
    return Result(evaluation, columns)


def score_arrays(predicted: Rows, true: Rows, task: str | Task, *, seed: int = 0) -> dict[str, Any]:
    """Score predictions that are in memory: arrays in, scores out, nothing else happens.

    Parameters
    ----------
    predicted : dict of str to (N, …) array
        The task's targets in their units.
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
    table = declared.measures.errors(predicted, true, declared.targets_in())
    return metrics.scores(table, declared.statistics(), seed=seed)


def evaluate(  # noqa: PLR0913  (the public call)
    model_or_predictions: str | Path | Model,
    task: str | Task,
    split: str | None = None,
    *,
    data: str = "generate",
    cache: str | Path = Path("data/cache"),
    workers: int = 1,
    samples: int | None = None,
    variants: bool = True,
    seed: int = 0,
    batch_size: int = 32,
    device: str = "cpu",
    key_file: str | Path | None = None,
    progress: Progress | None = None,
    generating: Progress | None = None,
) -> Result:
    """Score a model or a file of predictions on a task, with 95 % intervals.

    Parameters
    ----------
    model_or_predictions : str, Path or Model
        A name of the zoo, a folder, a Hub id, a loaded model, or a ``.parquet`` file of
        predictions.
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
    samples : int, optional
        The first so many of the split; all of them by default.
    variants : bool
        Also score the task's robustness variants (a model only, not a file).
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
    """
    declared = get_task(task)
    choice = Choice(
        declared, split or declared.split, samples, data, Path(cache), workers, device, key_file,
        generating,
    )  # fmt: skip
    predictor = _predictor(model_or_predictions, choice, batch_size)
    jobs = {}
    if variants and isinstance(predictor, ModelPredictor):
        jobs = _jobs(choice, predictor)
    count = _Counter(choice.count + sum(other.count for other, _ in jobs.values()), progress)
    whole = samples_of(choice, predictor.columns)
    table = error_table(predictor, choice, whole, count)
    # before the variants: their samples differ in kind, the speed is that of the task's own
    subject, speed = predictor.subject, predictor.speed
    statistics = declared.statistics()
    found = {
        name: VariantScores(
            other.count,
            metrics.scores(
                error_table(predictor, other, rows, count), declared.statistics(name), seed=seed
            ),
        )
        for name, (other, rows) in jobs.items()
    }
    estimates = metrics.estimates(table, statistics, seed=seed)
    return Result(_evaluation(choice, subject, speed, estimates, found, seed), table)


def _evaluation(
    choice: Choice,
    subject: Subject,
    speed: Speed | None,
    estimates: dict[str, Estimate],
    variants: dict[str, VariantScores],
    seed: int,
) -> Evaluation:
    task = choice.task
    replicates = estimates[task.headline].replicates
    return Evaluation(
        task=task.id,
        task_digest=task.digest,
        dataset=task.dataset,
        dataset_version=task.dataset_version,
        config=task.config,
        split=choice.split,
        samples=choice.count,
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
        source=choice.data,
        command=_command(choice, subject.name),
    )


def _command(choice: Choice, subject: str) -> str:
    """Return how to get the same scores again."""
    task, parts = choice.task, ["mesoinv evaluate", subject, "--task", choice.task.id]
    if choice.split != task.split:
        parts += ["--split", choice.split]
    if choice.count != task.samples:
        parts += ["--samples", str(choice.count)]
    return " ".join(parts)


def _predictor(
    given: str | Path | Model, choice: Choice, batch_size: int
) -> ModelPredictor | FilePredictor:
    if isinstance(given, str | Path):
        if Path(given).suffix == ".parquet":
            return FilePredictor(Path(given), choice.task, choice.count, choice.split)
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (torch is slow to import)

        given = load_model(given)
    return ModelPredictor(given.to(choice.device), choice.task, batch_size)


def _jobs(choice: Choice, predictor: ModelPredictor) -> dict[str, tuple[Choice, Iterable[Rows]]]:
    """Return what to run for each variant: the samples of a part of the split, changed."""
    found: dict[str, tuple[Choice, Iterable[Rows]]] = {}
    for name, variant in choice.task.variants.items():
        if isinstance(variant, OtherConfig) and not predictor.takes(variant.config):
            continue
        other = choice.variant(variant)
        samples = samples_of(other, predictor.columns)
        if isinstance(variant, Noise):
            samples = _noisy(samples, variant, choice.task)
        found[name] = other, samples
    return found


def _noisy(samples: Iterable[Rows], variant: Noise, task: Task) -> Iterator[Rows]:
    for rows in samples:
        noise = {
            name: add_noise(rows[name], variant.level, task, name, rows["index"])
            for name in task.inputs
        }
        yield rows | noise


def error_table(
    predictor: ModelPredictor | FilePredictor,
    choice: Choice,
    samples: Iterable[Rows] | None = None,
    count: _Counter | None = None,
) -> Table:
    """Return the errors of each sample, with its index: what all scores are computed from.

    Parameters
    ----------
    predictor : ModelPredictor or FilePredictor
    choice : Choice
        Which samples.
    samples : iterable of dict of str to array, optional
        The samples where they are not as stored, such as those with noise.
    count : _Counter, optional
        Told how many are done.
    """
    task, tables = choice.task, []
    targets = task.targets_in(choice.config)
    chosen = samples_of(choice, predictor.columns) if samples is None else samples
    for rows, predicted in predictor.pieces(chosen):
        errors = task.measures.errors(predicted, rows, targets)
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
