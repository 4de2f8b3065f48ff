"""Writes the report: scores the models, draws the figures, fills the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mesoinv.eval.entries import Options, zoo_entries
from mesoinv.eval.percolation import figures
from mesoinv.eval.report.tables import table, with_interval
from mesoinv.eval.tasks import tasks_of
from mesoinv.zoo.metrics import Score
from mesoinv.zoo.training.samples import Request
from mesoinv.zoo.training.sources import GENERATE, load_samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.eval.entries import Entry
    from mesoinv.eval.records import Cell
    from mesoinv.eval.task import Task

DATASET, PAGE = "percolation", "report.md"
SPANNING, CLASSES = "percolation-spanning", "percolation-class"
#: Samples of Fig. 1(a): p = 0.2, 0.5, and two of p = 0.585 of which the second spans.
SHOWN, PAIR = (1, 4), 12


@dataclass(frozen=True)
class Settings:
    """Where the numbers come from.

    Attributes
    ----------
    data : str
        ``"generate"`` or a built folder.
    samples : int or None
        The first so many test samples; all by default.
    cache, results : Path
        Folders of generated samples and of evaluations that are not in the models' own folders.
    say : callable
        Called with a line of text now and then.
    """

    data: str = GENERATE
    samples: int | None = None
    cache: Path = Path("data/cache")
    results: Path = Path("data/results")
    say: Callable[[str], object] = lambda _text: None

    def options(self) -> Options:
        """Return how evaluations are made, where none is stored."""
        return Options(self.results, self.cache, self.data, samples=self.samples, say=self.say)


def write_report(out: Path, settings: Settings) -> Path:
    """Score models of percolation and write what they reach beside the paper.

    Parameters
    ----------
    out : Path
        Folder for ``report.md`` and its figures.
    settings : Settings
        Where samples come from and results are kept.

    Returns
    -------
    Path
        The page.
    """
    tasks = tasks_of(DATASET)
    found = {task.id: _ranked(task, settings) for task in tasks}
    out.mkdir(parents=True, exist_ok=True)
    drawn = _draw(found, settings, out)
    environment = Environment(  # noqa: S701  (Markdown, nothing from outside)
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined,
        keep_trailing_newline=True,
    )  # fmt: skip
    text = environment.get_template("report.md.j2").render(
        command=f" --samples {settings.samples}" if settings.samples else "",
        tasks=[
            {"id": t.id, "title": t.title, "why": t.why, "samples": settings.samples or t.samples,
             "table": _table(t, found[t.id]), "variants": _variants(t, found[t.id])}
            for t in sorted(tasks, key=lambda task: task.id != SPANNING)
        ],
        figures=drawn,
    )  # fmt: skip
    target = out / PAGE
    target.write_text(text.rstrip() + "\n", encoding="utf-8")
    return target


def _ranked(task: Task, settings: Settings) -> list[Entry]:
    entries = zoo_entries(task, settings.options())
    return sorted(entries, key=lambda entry: -entry.row.scores[task.headline].value)


def _table(task: Task, entries: list[Entry]) -> str:
    header = ["model", *task.metrics, "parameters", "training samples"]
    rows = [
        [f"`{e.row.id}`", *(_cell(e.row.scores.get(m)) for m in task.metrics),
         _count(e.row.parameters), _count(e.row.training_samples)]
        for e in entries
    ]  # fmt: skip
    for paper in task.published:
        quoted = [paper.scores.get(m) for m in task.metrics]
        cells = [(q.text or f"{q.value:g}") if q else "–" for q in quoted]
        rows.append(
            [f"**{paper.name}**", *cells, _count(paper.parameters), _count(paper.training_samples)]
        )
    return table(header, rows)


def _variants(task: Task, entries: list[Entry]) -> str:
    if not task.variants:
        return ""
    header = [
        f"model: {task.headline}",
        *(f"{n}: {v.description}" for n, v in task.variants.items()),
    ]
    rows = [
        [f"`{e.row.id}`",
         *(_cell(e.row.variants.get(name, {}).get(task.headline)) for name in task.variants)]
        for e in entries
    ]  # fmt: skip
    return table(header, rows)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    if cell.low is None or cell.high is None:
        return f"{cell.value:g}"
    if cell.value and abs(cell.value) < 1e-3:
        return f"{cell.value:.2g} [{cell.low:.2g}, {cell.high:.2g}]"
    return with_interval(Score(cell.value, cell.low, cell.high, ""))


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}".replace(",", " ")


def _draw(found: dict[str, list[Entry]], settings: Settings, out: Path) -> list[dict[str, str]]:
    """Draw what there is; return names of files and what they show."""
    columns = ("occupied", "density", "density_class", "spanning")
    request = Request(DATASET, "L100", "test", 310, columns)
    samples = load_samples(request, settings.data, cache=settings.cache)
    drawn: list[dict[str, str]] = []

    def add(name: str, text: str) -> Path:
        drawn.append({"name": name, "text": text})
        return out / name

    figures.draw_clusters(
        samples, [*SHOWN, *_pair(samples)],
        add("clusters.png", "Clusters of single samples, each in a colour, those that span in "
            "black (Fig. 1(a)). The last two have the same density."),
    )  # fmt: skip
    tables: dict[str, dict[str, Any]] = {
        task: {e.row.id.removeprefix("percolation-"): e.result.table for e in entries
               if e.row.scores and "constant" not in e.row.id}
        for task, entries in found.items()
    }  # fmt: skip
    if tables[SPANNING]:
        figures.draw_spanning(
            tables[SPANNING],
            add("spanning.png", "Left: the share of samples that span, and the share that models "
                "say span (Fig. 1(b)); dash-dotted: 0.585, dotted: p_c. Right: the accuracy at "
                "one density, those that span and those that do not with equal weight. What reads "
                "the density is on the line at one half."),
        )  # fmt: skip
    if tables[SPANNING] or tables[CLASSES]:
        figures.draw_confusion(
            tables[SPANNING], tables[CLASSES],
            add("confusion.png", "Confusion matrices of spanning (Fig. 2(a); N: does not span, S: "
                "spans) and of the class of density (Fig. 1(c)); colours are logarithmic."),
        )  # fmt: skip
    return drawn


def _pair(samples: dict[str, Any]) -> list[int]:
    """Return a sample of p = 0.585 that does not span, and one that does."""
    at = samples["density_class"] == PAIR
    return [
        next(i for i in range(len(at)) if at[i] and samples["spanning"][i] == spans)
        for spans in (False, True)
    ]
