"""What a report is made from: samples, how many of them, and where results are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.board.rows import BoardOptions
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.loading.built import files_of
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task


@dataclass(frozen=True)
class ReportOptions:
    """Where the numbers of a report come from.

    Attributes
    ----------
    out : Path
        Folder of the page, its figures, and numbers that took long to get.
    data : tuple of Path
        Built folders; the first that holds enough samples of a split is read. Samples that none
        holds are generated.
    samples : int or None
        The first so many samples of a test split; all by default.
    cache, results : Path
        Folders of generated samples, and of evaluations and trainings that are nowhere else.
    work : dict of str to str
        What takes long and is asked for: name -> a value, or an empty text.
    pdf : bool
        Write each figure as a PDF file too, with letters on its panels.
    log : callable
        Called with a line of text now and then.
    """

    out: Path
    data: tuple[Path, ...] = ()
    samples: int | None = None
    cache: Path = Path("data/cache")
    results: Path = Path("data/results")
    work: dict[str, str] | None = None
    pdf: bool = False
    log: Callable[[str], object] = lambda _text: None

    def count(self, there: int) -> int:
        """Return how many of the samples that there are are used."""
        return min(self.samples or there, there)

    def source(self, request: Request) -> SampleSource:
        """Return the first source that holds the samples of a request."""
        folder = self._folder(request)
        return SampleSource(str(folder), self.cache) if folder else SampleSource(cache=self.cache)

    def _folder(self, request: Request) -> Path | None:
        for folder in self.data:
            try:
                files_of(request, folder)
            except MesoinvError:  # too few samples, or none
                continue
            return folder
        return None

    def holds(self, dataset: str, config: str, count: int, split: str = "test") -> bool:
        """Whether a built folder has so many samples: others would have to be generated."""
        return self._folder(Request(dataset, config, split, count, ())) is not None

    def load(self, dataset: str, config: str, count: int, *columns: str) -> dict[str, NDArray[Any]]:
        """Return columns of the first `count` test samples of a configuration."""
        request = Request(dataset, config, "test", count, columns)
        return self.source(request).arrays(request)

    def board(self, task: Task) -> BoardOptions:
        """Return how evaluations of a task are made, where none is stored."""
        count = self.count(task.samples)
        request = Request(task.dataset, task.config, task.split, count, task.inputs)
        source = self.source(request)
        return BoardOptions(self.results, source, self.samples and count, log=self.log)
