"""What the page on wave functions shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mesoinv.eval.reports.report import Report
from mesoinv.eval.reports.wavefunctions import figures
from mesoinv.eval.reports.wavefunctions.curves import of_system, own_tables, variant_tables
from mesoinv.eval.reports.wavefunctions.figures import Panel
from mesoinv.eval.reports.wavefunctions.paper import CHERN, SU2, numbers_table
from mesoinv.eval.tasks import get_task
from mesoinv.generators.wavefunctions import DATASET, TRANSFER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from mesoinv.eval.tasks.task import Task

#: Test samples with W_c/50, 0.9 W_c, 1.1 W_c and 2 W_c, of the first hundred.
SHOWN, ENSEMBLE = (0, 44, 54, 99), 100
#: What the paper shades: W_c of the Chern insulator is not known better.
CHERN_CRITICAL = (3.15, 3.35)


class WavefunctionsReport(Report):
    """The report on wave functions."""

    dataset = "wavefunctions"
    extras = ("models",)
    figures: ClassVar = {
        "densities-su2.png": "Densities of single states of the SU(2) model (Fig. 1): two "
        "delocalised, two localised. Each has a colour scale of its own, from zero.",
        "curves-su2.png": "Mean probability of being delocalised against the disorder (Figs. 3(a) "
        "and 3(b), and Ando's model, of the supplement); bands are standard errors. All models "
        "learnt at E = 0 on 40 × 40 sites alone. Dashed: W_c, and one half. On 80 × 80 sites the "
        "network calls some states of the strongest disorder delocalised: it saw none so small "
        "beside their lattice.",
        "densities-chern.png": "Densities of single states of the Chern insulator (Fig. 4): two "
        "topological, two not.",
        "chern.png": "Left: mean probability of being topological against the disorder (Fig. "
        "5(a)); dashed: W_c, shaded: 3.25 ± 0.1. Right: all states in the gap of one system "
        "at W = 1 and one at W = 6 (Fig. 5(b)); points are single states, lines their means.",
    }

    @property
    def tasks(self) -> list[Task]:
        """The SU(2) model first."""
        return [get_task(SU2), get_task(CHERN)]

    def values(self) -> dict[str, Any]:
        """Return the tables of the tasks, and the paper's numbers beside ours."""
        tasks = {task.id: task for task in self.tasks}
        return {
            "tasks": [self.section(task) for task in self.tasks],
            "numbers": numbers_table(self.entries, tasks),
        }

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw densities, and mean probabilities against the disorder."""
        su2, chern = self.tasks
        for config in ("su2", "chern"):
            samples = self.options.load(self.dataset, config, ENSEMBLE, "density", "disorder")
            drawn = figures.draw_densities(samples, SHOWN, _critical(config))
            yield f"densities-{config}.png", drawn
        yield "curves-su2.png", figures.draw_curves(self._panels(su2), "delocalised")
        gap = {
            name.removeprefix("gap at "): variant_tables(
                chern, name, self.entries[CHERN], self.options, systems=1
            )
            for name in chern.variants
        }
        own = own_tables(chern, self.entries[CHERN])
        panel = Panel("E near 0", _critical(chern.config), own, CHERN_CRITICAL)
        yield "chern.png", figures.draw_chern(panel, gap)

    def _panels(self, task: Task) -> list[Panel]:
        """Return the curves where models learnt, of the systems of the task, and of larger ones."""
        entries = self.entries[task.id]
        own = own_tables(task, entries)
        learnt, larger = (
            variant_tables(task, name, entries, self.options) for name in ("E = 0", "L = 80")
        )
        return [
            Panel("E = 0", _critical("su2"), learnt),
            *(
                Panel(name, _critical(config), {k: of_system(t, n) for k, t in own.items()})
                for n, (name, config) in enumerate(TRANSFER.items())
            ),
            Panel("L = 80", _critical("su2_80"), larger),
        ]


def _critical(config: str) -> float:
    return DATASET.parameters(config).critical_disorder
