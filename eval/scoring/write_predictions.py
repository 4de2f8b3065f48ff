"""Writes the file of predictions that a submission needs, from anything that predicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.scoring.predictors import predictor_of
from mesoinv.eval.scoring.selection import select_samples
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.files import replacing
from mesoinv.generators.pipeline.base import Column
from mesoinv.generators.pipeline.loading.source import SampleSource

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from mesoinv.eval.scoring.predictors import Predictor
    from mesoinv.eval.scoring.selection import SampleSelection
    from mesoinv.eval.tasks.task import Task

_INDEX = Column("index", "int64", (), "1", "number of the sample in its split")


def write_predictions(  # noqa: PLR0913  (the public call)
    model: Any,
    task: str | Task,
    path: str | Path,
    *,
    split: str | None = None,
    data: str = "generate",
    cache: str | Path = Path("data/cache"),
    workers: int = 1,
    samples: int | None = None,
    batch_size: int = 32,
    device: str = "cpu",
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Predict all samples of a task and write them as a parquet file.

    Parameters
    ----------
    model : str, Path, Model, mapping, torch.nn.Module or callable
        Anything that `mesoinv.evaluate` takes; a function or a module is called with the task's
        inputs in their order, (B, …) arrays or tensors, and returns the target, or a dictionary by
        target.
    task : str or Task
        One of `list_tasks`.
    path : path
        The file, which appears when it is complete; it holds ``index`` and the targets.
    split : str, optional
        The task's own by default.
    data, cache, workers, samples, batch_size, device, progress
        As for `mesoinv.evaluate`.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    UsageError
        If the model is for something else, or what it returns has another shape.
    MesoinvError
        If the samples cannot be had, or a prediction is not finite.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import mesoinv
    >>> folder = Path(tempfile.mkdtemp())
    >>> count = lambda occupied: occupied.mean(axis=(1, 2))
    >>> mesoinv.write_predictions(
    ...     count, "percolation-density", folder / "mine.parquet", samples=50, cache=folder
    ... ).name
    'mine.parquet'
    """
    from mesoinv.generators.pipeline.storage import shard_writer, to_table  # noqa: PLC0415

    source = SampleSource(data, Path(cache), workers, device)
    selection = select_samples(get_task(task), source, split, samples)
    predictor, target = predictor_of(model, selection, batch_size), Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    batches = predictor.batches(selection.batches(selection.task.inputs))
    with replacing(target) as temporary:
        first = next(batches)
        columns = _columns(selection.task, first[1])
        schema = _schema(columns, selection, predictor)
        with shard_writer(temporary, schema) as writer:
            for rows, predicted in (pair for part in ([first], batches) for pair in part):
                table = to_table(columns, {"index": rows["index"], **predicted})
                writer.write_table(table.replace_schema_metadata(schema.metadata))
                done += len(rows["index"])
                if progress:
                    progress(done, selection.count)
    return target


def _columns(task: Task, predicted: dict[str, np.ndarray]) -> list[Column]:
    """Return what is stored: the index, and every prediction in single precision."""
    units = {t.column: t.unit for t in task.targets}
    return [_INDEX] + [
        Column(name, "float32", values.shape[1:], units.get(name.removesuffix("_std"), "1"), "")
        for name, values in predicted.items()
    ]


def _schema(columns: list[Column], selection: SampleSelection, predictor: Predictor) -> Any:
    from mesoinv.generators.pipeline.storage import arrow_schema  # noqa: PLC0415

    task = selection.task
    about = {
        "model": predictor.subject.name,
        "dataset": task.dataset,
        "dataset_version": task.dataset_version,
        "config": selection.config,
        "split": selection.split,
        "units": {c.name: c.unit for c in columns},
    }
    schema = arrow_schema(columns)
    return schema.with_metadata({**schema.metadata, b"mesoinv": json.dumps(about).encode()})
