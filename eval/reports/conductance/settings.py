"""What a report is made from: folders of samples, how many of them, and where results are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.board.rows import Options
from mesoinv.eval.tasks import tasks_of
from mesoinv.generators.pipeline.loading.samples import Request
from mesoinv.generators.pipeline.loading.sources import GENERATE, load_samples
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task

DATASET = "conductance"


@dataclass(frozen=True)
class Settings:
    """Where the numbers of a report come from.

    Attributes
    ----------
    data : tuple of Path
        Built folders; the first that holds enough samples of a split is read. Splits that none
        holds are generated.
    samples : int or None
        The first so many samples of a test split; all of them by default.
    cache : Path
        Folder of generated samples.
    kept : Path
        Folder of everything that took time: evaluations, predictions, trainings, measured times.
    say : callable
        Called with a line of text now and then.
    """

    data: tuple[Path, ...] = ()
    samples: int | None = None
    cache: Path = Path("data/cache")
    kept: Path = Path("data/wires")
    say: Callable[[str], object] = lambda _text: None

    def source(self, config: str, split: str, count: int) -> str:
        """Return the folder that holds `count` samples of a split, or ``"generate"``."""
        for folder in self.data:
            if _rows(folder, config, split) >= count:
                return str(folder)
        return GENERATE

    def count(self, config: str, split: str = "test") -> int:
        """Return how many samples of a split are used: never more than it has."""
        there = resolve_dataset(DATASET).num_samples(config, "full", split)
        return min(self.samples or there, there)

    def options(self, task: Task) -> Options:
        """Return how evaluations of a task are made, where none is stored."""
        return Options(
            results=self.kept / "results",
            cache=self.cache,
            data=self.source(task.config, task.split, self.count(task.config, task.split)),
            samples=self.samples and self.count(task.config, task.split),
            say=self.say,
        )

    def load(self, config: str, count: int, *columns: str) -> dict[str, NDArray[Any]]:
        """Return columns of the first `count` test samples."""
        request = Request(DATASET, config, "test", count, columns)
        return load_samples(request, self.source(config, "test", count), cache=self.cache)


def _rows(folder: Path, config: str, split: str) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415  (slow to import)

    files = (folder / config).glob(f"{split}-*.parquet")
    return sum(pq.read_metadata(path).num_rows for path in files)


def wire_tasks() -> list[Task]:
    """Return the tasks in the paper's order: model by model, small wires first."""
    dataset = resolve_dataset(DATASET)

    def key(task: Task) -> tuple[str, int, str]:
        sites = dataset.columns(task.config)[1].shape
        return task.config.partition("_")[0], sites[0], task.id

    return sorted(tasks_of(DATASET), key=key)
