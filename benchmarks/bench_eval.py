"""Evaluation beside plain prediction, the bootstrap, and a board of many submissions."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from benchmarks.machine import interleaved
from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.rows import BoardOptions
from mesoinv.eval.board.site import write_site
from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.eval.tasks import get_task
from mesoinv.generators import get_dataset
from mesoinv.generators.pipeline.loading.generated import store_of
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.storage import shard_writer, to_storage
from mesoinv.zoo import metrics
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS
from mesoinv.zoo.model.loading import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MODEL, TASK = "pldos-landscape-unet.16k", "pldos-landscape"
BOARD_TASK, SUBMISSIONS = "pldos-donors", 200


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    with tempfile.TemporaryDirectory() as name:
        if (LOCAL_WEIGHTS / MODEL / WEIGHTS).exists():
            yield overhead(Path(name), 32 if quick else 256, 1 if quick else 5)
        yield bootstrap(1000 if quick else 10_000)
        yield board(Path(name), 20 if quick else SUBMISSIONS)


def overhead(folder: Path, samples: int, repeats: int) -> str:
    """Evaluate, and predict the same samples alone, from the same cache."""
    model, task = load_model(MODEL), get_task(TASK)
    request = Request(task.dataset, task.config, task.split, samples, task.inputs)

    def plainly() -> int:
        for rows in SampleSource(cache=folder).batches(request):
            model.predict(rows)
        return samples

    def scored() -> int:
        evaluate(model, task, samples=samples, cache=folder, variants=False)
        return samples

    times = interleaved({"predict": plainly, "evaluate": scored}, repeats)
    plain, whole = times["predict"][0], times["evaluate"][0]
    return (
        f"evaluate {MODEL}, {samples} samples: {1e3 * whole:.2f} ms a sample, prediction alone "
        f"{1e3 * plain:.2f} ms, overhead {100 * (whole / plain - 1):.1f} %"
    )


def bootstrap(samples: int) -> str:
    """Compute every score of two tasks with its interval."""
    seconds = []
    for name in (BOARD_TASK, TASK):
        task = get_task(name)
        start = time.perf_counter()
        metrics.scores(_errors(task, samples), task.statistics())
        seconds.append(f"{time.perf_counter() - start:.2f} s ({len(task.statistics())} scores)")
    return (
        f"bootstrap of {samples} samples × {metrics.RESAMPLES} resamples, all scores: "
        f"{BOARD_TASK} {seconds[0]}, {TASK} {seconds[1]}"
    )


def _errors(task: Any, samples: int) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    columns = {c for s in task.statistics().values() for c in s.columns}
    return {name: rng.uniform(0.1, 1, samples) for name in sorted(columns)}


def board(folder: Path, count: int) -> str:
    """Build a board of submissions that were never scored before, then again, and the pages."""
    task = get_task(BOARD_TASK)
    true = _labels(folder / "labels", BOARD_TASK)
    root = folder / "submissions"
    for number in range(count):
        _submit(root / task.id / f"model-{number:03d}", task, true, number)
    options = BoardOptions(results=folder / "results", source=SampleSource(cache=folder / "labels"))
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        board = build_board(root, [task.id], options, zoo=False)
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    write_site(board, folder / "site")
    rows = [row for row in board.tasks[0].rows if row.kind == "submission"]
    assert len(rows) == count, board.tasks[0].rejected[:1]
    return (
        f"board of {count} submissions of {task.samples} predictions each: {seconds[0]:.1f} s to "
        f"check, score and rank, {seconds[1]:.1f} s when nothing is new, "
        f"{time.perf_counter() - start:.1f} s for the pages"
    )


def _labels(cache: Path, name: str) -> dict[str, NDArray[Any]]:
    """Write the labels into a cache: they are drawn, and need no solver."""
    task = get_task(name)
    dataset = get_dataset(task.dataset)
    stream = stream_of(dataset, task.config, task.split)
    request = Request(task.dataset, task.config, task.split, task.samples, task.truth)
    store = store_of(request, cache)
    true: dict[str, list[NDArray[Any]]] = {name: [] for name in task.truth}
    for first, stop in store.spans(task.samples):
        drawn = dataset.draw(task.config, stream, np.arange(first, stop))
        for column in request.checked_columns():
            values = to_storage(column, drawn[column.name])
            store.write(column.name, first, values)
            true[column.name].append(values)
    return {name: np.concatenate(parts) for name, parts in true.items()}


def _submit(folder: Path, task: Any, true: dict[str, NDArray[Any]], number: int) -> None:
    import pyarrow as pa  # noqa: PLC0415

    folder.mkdir(parents=True)
    rng = np.random.default_rng(number)
    noise = {name: values.std() * rng.normal(size=len(values)) for name, values in true.items()}
    strength = 0.1 + 0.005 * number
    table = pa.table(
        {"index": np.arange(task.samples)}
        | {name: (true[name] + strength * noise[name]).astype(np.float32) for name in true}
    )
    with shard_writer(folder / "predictions.parquet", table.schema) as writer:
        writer.write_table(table)
    declared = {
        "task": task.id,
        "name": folder.name,
        "dataset_version": task.dataset_version,
        "predictions": "predictions.parquet",
        "authors": [{"name": "Nobody"}],
        "training_data": {"samples": 1, "description": "none", "uses_other_data": False},
        "licence": {"code": "Apache-2.0", "weights": "CC-BY-4.0"},
        "date": "2026-01-01",
    }
    (folder / "submission.yaml").write_text(yaml.safe_dump(declared), encoding="utf-8")
