"""The report on the toy system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mesoinv.eval.reports.figures import new_figure
from mesoinv.eval.reports.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure


class BlurReport(Report):
    """Tables of all tasks, and one figure."""

    dataset = "blur"
    figures: ClassVar = {"correlations.png": "Pearson's r of every sample."}

    def values(self) -> dict[str, Any]:
        """Return the tables."""
        return {"tasks": [self.section(task) for task in self.tasks]}

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw the correlations of the best model."""
        figure = new_figure(4, 3)
        best = self.entries["blur-response"][0]
        figure.subplots().plot(np.sort(best.result.table["pearson r"]))
        yield "correlations.png", figure


REPORT = BlurReport
