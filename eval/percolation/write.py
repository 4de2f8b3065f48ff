"""Writes the report: scores the models, draws the figures, fills the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.percolation import figures
from mesoinv.eval.report import boards
from mesoinv.eval.report.boards import Settings
from mesoinv.eval.tasks import tasks_of
from mesoinv.zoo.training.samples import Request
from mesoinv.zoo.training.sources import load_samples

if TYPE_CHECKING:
    from mesoinv.eval.entries import Entry

__all__ = ["Settings", "write_report"]

DATASET, PAGE = "percolation", "report.md"
SPANNING, CLASSES = "percolation-spanning", "percolation-class"
#: Samples of Fig. 1(a): p = 0.2, 0.5, and two of p = 0.585 of which the second spans.
SHOWN, PAIR = (1, 4), 12


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
    found = {task.id: boards.ranked(task, settings) for task in tasks}
    out.mkdir(parents=True, exist_ok=True)
    drawn = _draw(found, settings, out)
    return boards.write_page(
        Path(__file__).parent / "report.md.j2", out / PAGE,
        command=f" --samples {settings.samples}" if settings.samples else "",
        tasks=[
            boards.section(t, found[t.id], settings)
            for t in sorted(tasks, key=lambda task: task.id != SPANNING)
        ],
        figures=drawn,
    )  # fmt: skip


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
