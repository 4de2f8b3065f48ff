"""The page of a report: collects what is stored, draws figures, fills the text, keeps numbers."""

from __future__ import annotations

import importlib
import json
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from mesoinv.eval.board.rows import zoo_entries
from mesoinv.eval.reports import figures
from mesoinv.eval.reports.tables import scores_table, thousands, variants_table
from mesoinv.eval.tasks import tasks_of
from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.pictures import own_style
from mesoinv.generators.common.records import from_dict, to_json
from mesoinv.generators.common.templates import rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.figure import Figure

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.reports.options import ReportOptions
    from mesoinv.eval.tasks.task import Task

PAGE, TEMPLATE = "report.md", "report.md.j2"
T = TypeVar("T")


class Report(ABC):
    """The report on one system; a subclass has its figures, the numbers of its text and no more.

    Parameters
    ----------
    options : ReportOptions
        Where samples come from and results are kept.

    Attributes
    ----------
    dataset : str
        Name of the dataset, and of the report's package, which also holds the text.
    figures : mapping of str to str
        File -> what it shows, in the order of the page.
    extras : tuple of str
        What drawing needs besides matplotlib.
    work : mapping of str to tuple of str
        What takes long and is done only if asked for -> extras that it needs.

    Raises
    ------
    UsageError
        If work is asked for that there is not.
    """

    dataset: ClassVar[str]
    figures: ClassVar[Mapping[str, str]]
    extras: ClassVar[tuple[str, ...]] = ()
    work: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, options: ReportOptions) -> None:
        self.options = options
        for name in options.work or {}:
            if name not in self.work:
                raise unknown_name(f"work for {self.dataset}", name, self.work)

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """Return what the text needs."""

    @abstractmethod
    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Yield the names of `figures` that can be drawn, with the figures."""

    @property
    def tasks(self) -> list[Task]:
        """The tasks in the order of the page."""
        return tasks_of(self.dataset)

    @cached_property
    def entries(self) -> dict[str, list[Entry]]:
        """Task -> its models with their stored evaluations, best first.

        A model whose evaluation is of other samples is scored on those of the report.
        """
        return {task.id: self._ranked(task) for task in self.tasks}

    def _ranked(self, task: Task) -> list[Entry]:
        entries = zoo_entries(task, self.options.board(task))
        return sorted(entries, key=lambda entry: -entry.row.scores[task.headline].value)

    def kept(self, name: str, record: type[T], measure: Callable[[], T]) -> T | None:
        """Return numbers that take long to get, which are kept beside the page.

        Parameters
        ----------
        name : str
            Of the file, without its suffix, and of the work that makes them.
        record : dataclass type
            What they are.
        measure : callable
            Returns them; called if the work is asked for.

        Returns
        -------
        record or None
            None where they were never measured.

        Raises
        ------
        MesoinvError
            If the file is damaged.
        """
        path = self.options.out / f"{name}.json"
        if name in (self.options.work or {}):
            self.options.log(f"{self.dataset}: {name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(path, to_json(measure()))
        if not path.exists():
            return None
        try:
            return from_dict(record, json.loads(path.read_bytes()), path.name)
        except (ValueError, UsageError) as error:
            raise MesoinvError(f"{path} is damaged; get it again: --work {name}: {error}") from None

    def section(self, task: Task) -> dict[str, Any]:
        """Return what a page says about a task: its words and tables."""
        return {
            "id": task.id,
            "title": task.title,
            "why": task.why,
            "samples": thousands(self.options.samples or task.samples),
            "table": scores_table(task, self.entries[task.id]),
            "variants": variants_table(task, self.entries[task.id]),
        }

    def page(self) -> str:
        """Return the page; it shows the figures that are in its folder."""
        shown = {n: text for n, text in self.figures.items() if (self.options.out / n).exists()}
        samples = self.options.samples
        return self._rendered(
            command=f"mesoinv report {self.dataset}" + (f" --samples {samples}" if samples else ""),
            figures=[{"name": name, "text": text} for name, text in shown.items()],
            **self.values(),
        )

    def _rendered(self, **values: Any) -> str:
        module = importlib.import_module(type(self).__module__)
        folder = Path(str(module.__file__)).parent
        return rendered(folder / TEMPLATE, values, trim=False).rstrip() + "\n"

    def write_figures(self) -> None:
        """Draw what there is; a figure of an earlier report that cannot be drawn now is removed."""
        self.options.out.mkdir(parents=True, exist_ok=True)
        drawn = set()
        with own_style():
            for name, figure in self.draw():
                path = self.options.out / name
                figures.save(figure, path)
                if self.options.pdf:
                    figures.save_pdf(figure, path.with_suffix(".pdf"))
                drawn.add(name)
        for name in self.figures.keys() - drawn:
            (self.options.out / name).unlink(missing_ok=True)

    def write_page(self) -> Path:
        """Write the page, and return its path."""
        self.options.out.mkdir(parents=True, exist_ok=True)
        replace_text(self.options.out / PAGE, self.page())
        return self.options.out / PAGE
