"""Writes the report: scores the models, draws the figures, fills the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.reports import boards
from mesoinv.eval.reports.boards import Settings
from mesoinv.eval.reports.percolation import figures
from mesoinv.eval.tasks import tasks_of
from mesoinv.generators.pipeline.loading.samples import Request
from mesoinv.generators.pipeline.loading.sources import load_samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mesoinv.eval.board.rows import Entry

__all__ = ["Settings", "write_report"]

DATASET, PAGE = "percolation", "report.md"
SPANNING, CLASSES = "percolation-spanning", "percolation-class"
#: Samples of Fig. 1(a): p = 0.2, 0.5, and two of p = 0.585 of which the second spans.
SHOWN, PAIR = (1, 4), 12
#: Figures, with what they show.
FIGURES = {
    "clusters.png": "Clusters of single samples, each in a colour, those that span in black (Fig. "
    "1(a)). The last two have the same density.",
    "spanning.png": "Left: the share of samples that span, and the share that models say span "
    "(Fig. 1(b)); dash-dotted: 0.585, dotted: p_c. Right: the accuracy at one density, those that "
    "span and those that do not with equal weight. What reads the density is on the line at one "
    "half.",
    "confusion.png": "Confusion matrices of spanning (Fig. 2(a); N: does not span, S: spans) and "
    "of the class of density (Fig. 1(c)); colours are logarithmic.",
}


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
    scored = {task.id: boards.ranked(task, settings) for task in tasks_of(DATASET)}
    out.mkdir(parents=True, exist_ok=True)
    drawn = _draw(scored, settings, out)
    (out / PAGE).write_text(page(scored, settings, drawn), encoding="utf-8")
    return out / PAGE


def page(
    scored: Mapping[str, list[Entry]], settings: Settings, figures: Sequence[str] = tuple(FIGURES)
) -> str:
    """Return the text of the page.

    Parameters
    ----------
    scored : mapping of str to list of Entry
        Task -> its models, best first.
    settings : Settings
        Where samples come from.
    figures : sequence of str
        Those of `FIGURES` that are shown.
    """
    tasks = sorted(tasks_of(DATASET), key=lambda task: task.id != SPANNING)
    return boards.rendered(
        Path(__file__).parent / "report.md.j2",
        command=f" --samples {settings.samples}" if settings.samples else "",
        tasks=[boards.section(task, scored[task.id], settings) for task in tasks],
        figures=[{"name": name, "text": FIGURES[name]} for name in figures],
    )


def _draw(scored: Mapping[str, list[Entry]], settings: Settings, out: Path) -> list[str]:
    """Draw what there is, and return the names of the files."""
    columns = ("occupied", "density", "density_class", "spanning")
    request = Request(DATASET, "L100", "test", 310, columns)
    samples = load_samples(request, settings.data, cache=settings.cache)
    figures.draw_clusters(samples, [*SHOWN, *_pair(samples)], out / "clusters.png")
    tables: dict[str, dict[str, Any]] = {
        task: {e.row.id.removeprefix("percolation-"): e.result.table for e in entries
               if e.row.scores and "constant" not in e.row.id}
        for task, entries in scored.items()
    }  # fmt: skip
    drawn = ["clusters.png"]
    if tables[SPANNING]:
        figures.draw_spanning(tables[SPANNING], out / "spanning.png")
        drawn.append("spanning.png")
    if tables[SPANNING] or tables[CLASSES]:
        figures.draw_confusion(tables[SPANNING], tables[CLASSES], out / "confusion.png")
        drawn.append("confusion.png")
    return drawn


def _pair(samples: dict[str, Any]) -> list[int]:
    """Return a sample of p = 0.585 that does not span, and one that does."""
    at = samples["density_class"] == PAIR
    return [
        next(i for i in range(len(at)) if at[i] and samples["spanning"][i] == spans)
        for spans in (False, True)
    ]
