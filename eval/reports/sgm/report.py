"""What the page on scanning gate microscopy shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mesoinv.eval.reports.report import Report
from mesoinv.eval.reports.sgm import figures, times
from mesoinv.eval.reports.sgm.physics import Physics, physics
from mesoinv.eval.reports.tables import table, thousands
from mesoinv.eval.tasks import get_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure

    from mesoinv.eval.reports.sgm.physics import Spread
    from mesoinv.eval.tasks.task import Task

#: Samples that `physics` looks at, and those of the figure.
LOOKED_AT, SHOWN = 64, 3


class SgmReport(Report):
    """The report on scanning gate microscopy."""

    dataset = "sgm"
    work: ClassVar = {"physics": (), "times": ()}
    figures: ClassVar = {
        "samples.png": "Landscape, density of states and maps of the conductance under a "
        "point-like tip of three strengths, of three test samples.",
        "physics.png": "Medians and quartiles over samples. Left: how much a map resembles the "
        "density of states, and how wrong first-order theory is. Middle: what a temperature does "
        "to a map of a tip of 1 t. Right: how much a map of a wide tip resembles the density.",
    }

    @property
    def tasks(self) -> list[Task]:
        """Landscapes, densities, measured maps."""
        return [get_task(f"sgm-{name}") for name in ("landscape", "pldos", "measured")]

    def values(self) -> dict[str, Any]:
        """Return tables of scores, of what maps have to do with densities, and of times."""
        looked = self.kept("physics", Physics, self._physics)
        measured = self.kept("times", times.Times, self._times)
        return {
            "tasks": [self.section(task) for task in self.tasks],
            "physics": looked,
            "correlation": _table("tip [t]", looked.correlation) if looked else "",
            "first_order": _table("tip [t]", looked.first_order) if looked else "",
            "temperature": _table("temperature [K]", looked.temperature) if looked else "",
            "width": _table("width [nm]", looked.width) if looked else "",
            "times": _times_table(measured) if measured else "",
            "kwant": f"{measured.kwant:.2f}" if measured else "",
            "machine": measured.machine if measured else None,
        }

    def _physics(self) -> Physics:
        count = self.options.count(LOOKED_AT)
        samples = self.options.load(self.dataset, "point", count, "potential")
        return physics(samples["potential"].astype(np.float64), self.options.log)

    def _times(self) -> times.Times:
        samples = self.options.load(self.dataset, "point", 1, "potential")
        return times.measure(samples["potential"].astype(np.float64))

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw samples, and what was measured of maps."""
        columns = (*figures.SHOWN, "conductance")
        yield (
            "samples.png",
            figures.draw_samples(self.options.load(self.dataset, "point", SHOWN, *columns)),
        )
        if looked := self.kept("physics", Physics, self._physics):
            yield "physics.png", figures.draw_physics(looked)


def _table(name: str, values: Mapping[str, Spread]) -> str:
    rows = [[key, f"{s.median:.2g}", f"{s.low:.2g} to {s.high:.2g}"] for key, s in values.items()]
    return table([name, "median", "quartiles"], rows)


def _times_table(measured: times.Times) -> str:
    rows = []
    for name, seconds in measured.maps.items():
        places = measured.places[name]
        ratio = float(f"{places * measured.kwant / seconds:.2g}")
        rows.append([name, thousands(places), f"{seconds:.3g}", f"{ratio:,.0f}".replace(",", " ")])
    return table(["map", "places", "seconds", "× kwant"], rows)
