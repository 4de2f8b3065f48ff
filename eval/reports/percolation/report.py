"""What the page on percolation shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mesoinv.eval.reports.percolation import figures
from mesoinv.eval.reports.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.metrics import Table

SPANNING, CLASSES = "percolation-spanning", "percolation-class"
#: Samples of Fig. 1(a): p = 0.2, 0.5, and two of p = 0.585 of which the second spans.
SHOWN, PAIR = (1, 4), 12


class PercolationReport(Report):
    """The report on percolation."""

    dataset = "percolation"
    figures: ClassVar = {
        "clusters.png": "Clusters of single samples, each in a colour, those that span in black "
        "(Fig. 1(a)). The last two have the same density.",
        "spanning.png": "Left: the share of samples that span, and the share that models say span "
        "(Fig. 1(b)); dash-dotted: 0.585, dotted: p_c. Right: the accuracy at one density, those "
        "that span and those that do not with equal weight. What reads the density is on the line "
        "at one half.",
        "confusion.png": "Confusion matrices of spanning (Fig. 2(a); N: does not span, S: spans) "
        "and of the class of density (Fig. 1(c)); colours are logarithmic.",
    }

    @property
    def tasks(self) -> list[Task]:
        """Spanning first: it is what the paper is about."""
        return sorted(super().tasks, key=lambda task: task.id != SPANNING)

    def values(self) -> dict[str, Any]:
        """Return the tables of the tasks."""
        return {"tasks": [self.section(task) for task in self.tasks]}

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw clusters, and what the stored tables of the models show."""
        columns = ("occupied", "density", "density_class", "spanning")
        samples = self.options.load(self.dataset, "L100", 310, *columns)
        yield "clusters.png", figures.draw_clusters(samples, [*SHOWN, *_pair(samples)])
        spanning, classes = self._tables(SPANNING), self._tables(CLASSES)
        if spanning:
            yield "spanning.png", figures.draw_spanning(spanning)
        if spanning or classes:
            yield "confusion.png", figures.draw_confusion(spanning, classes)

    def _tables(self, task: str) -> dict[str, Table]:
        return {
            e.row.id.removeprefix("percolation-"): e.result.table
            for e in self.entries[task]
            if e.row.scores and "constant" not in e.row.id
        }


def _pair(samples: dict[str, Any]) -> list[int]:
    """Return a sample of p = 0.585 that does not span, and one that does."""
    at = samples["density_class"] == PAIR
    return [
        next(i for i in range(len(at)) if at[i] and samples["spanning"][i] == spans)
        for spans in (False, True)
    ]
