"""What the page on Anderson's model shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mesoinv.eval.reports.anderson3d import figures
from mesoinv.eval.reports.anderson3d.learning import ERRORS, Learning, States, learning
from mesoinv.eval.reports.report import Report
from mesoinv.eval.reports.tables import table
from mesoinv.eval.tasks import get_task
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.models import local_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.metrics import Table

#: Tasks of classes, from pictures and from densities, and of phases; M = 20, M = 40.
PICTURES = ("anderson3d-disorder", "anderson3d-disorder-m40")
DENSITIES = ("anderson3d-density", "anderson3d-density-m40")
PHASES = ("anderson3d-phase", "anderson3d-phase-m40")
CONFIGS = ("M20", "M40")
#: Of the paper's network, by configuration.
PAPER = {"M20": 0.159, "M40": 0.257}
#: States of each strength in the learning curves: train, of M20 and of M40.
TRAIN = {"M20": 1000, "M40": 100}
#: States of the figure of bounds.
SHOWN = 850


class AndersonReport(Report):
    """The report on Anderson's model."""

    dataset = "anderson3d"
    extras = ("models",)
    work: ClassVar = {"learning": ("models",)}
    figures: ClassVar = {
        "states.png": "Pictures of single states, as networks see them (Fig. 3): every site with "
        "more than its share of the density is a box of that volume; black edges from √1000 "
        "on, shades tell slices.",
        "confusion.png": "Shares of the answers at each true strength (Fig. 4(a)), of the best "
        "model on pictures and of the best on densities.",
        "losses.png": "Losses against epochs (Fig. 4(b)).",
        "phases.png": "Mean probability of the extended phase, with twice its standard error; "
        "dotted: w_c.",
        "learning.png": "Accuracy against the number of training states, of discriminants of what "
        "is measured of a density, with twice its standard error.",
        "bounds.png": "How far below the true w the bound is that Schrödinger's equation sets: "
        "share of the states against the distance. Dotted: steps between neighbouring strengths.",
    }

    @property
    def tasks(self) -> list[Task]:
        """Pictures, densities, phases."""
        return [get_task(name) for name in (*PICTURES, *DENSITIES, *PHASES)]

    def values(self) -> dict[str, Any]:
        """Return tables of scores, and of learning."""
        curves = self.kept("learning", Learning, self._learning)
        return {
            "tasks": [self.section(t) for t in self.tasks if self.entries[t.id] or t.published],
            "learning": _learning_table(curves) if curves else "",
            "curves": curves,
        }

    def _learning(self) -> Learning:
        """Learn from what is built; of the small lattices, from what is generated otherwise."""
        pairs = [
            (self._states(config, "train"), self._states(config, "test"))
            for config in CONFIGS
            if config == CONFIGS[0]
            or all(
                self.options.holds(self.dataset, config, self._count(config, split), split)
                for split in ("train", "test")
            )
        ]
        return learning(pairs, self.options.log)

    def _count(self, config: str, split: str) -> int:
        there = resolve_dataset(self.dataset).num_samples(config, "full", split)
        most = 17 * TRAIN[config] if split == "train" else there
        return self.options.count(min(there, most))

    def _states(self, config: str, split: str) -> States:
        columns = ("log_density", "disorder_class")
        request = Request(self.dataset, config, split, self._count(config, split), columns)
        samples = self.options.source(request).arrays(request)
        return States(config, samples["log_density"], samples["disorder_class"])

    def _tables(self, task: str) -> dict[str, Table]:
        return {
            e.row.id.removeprefix("anderson3d-"): e.result.table
            for e in self.entries[task]
            if e.row.scores and "constant" not in e.row.id
        }

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw states, and what the stored tables show."""
        yield "states.png", self._shown()
        best: dict[str, Table] = {}
        for task in (PICTURES[0], DENSITIES[0], PICTURES[1], DENSITIES[1]):
            best |= dict(list(self._tables(task).items())[:1])
        if best:
            yield "confusion.png", figures.draw_confusion(best)
        if logs := self._logs():
            yield "losses.png", figures.draw_losses(logs)
        titles = ("20³ sites", "40³ sites")
        phases = {t: self._tables(task) for t, task in zip(titles, PHASES, strict=True)}
        if any(phases.values()):
            yield "phases.png", figures.draw_phases({t: p for t, p in phases.items() if p})
        if curves := self.kept("learning", Learning, self._learning):
            yield "learning.png", figures.draw_learning(curves.curves, PAPER)
        yield "bounds.png", figures.draw_bounds(dict(self._bounds()))

    def _shown(self) -> Figure:
        """Draw the states of the paper's figure, where they are built; they take an hour each."""
        columns = ("image", "disorder", "participation_ratio")
        config, rows = ("M100", [0, 1, 2])
        if not self.options.holds(self.dataset, config, 3):
            config, rows = ("M20", [0, 8, 16])
        samples = self.options.load(self.dataset, config, rows[-1] + 1, *columns)
        chosen = {name: values[rows] for name, values in samples.items()}
        return figures.draw_states(chosen, int(config[1:]))

    def _logs(self) -> dict[str, Any]:
        names = [e.row.id for task in (*PICTURES, *DENSITIES) for e in self.entries[task]]
        logs = {n.removeprefix("anderson3d-"): local_folder(n) / "log.csv" for n in names}
        return {name: path for name, path in logs.items() if path.exists()}

    def _bounds(self) -> Iterator[tuple[str, tuple[NDArray[Any], NDArray[Any]]]]:
        import torch  # noqa: PLC0415  (slow to import)

        from mesoinv.zoo.architectures._least_energies import LeastEnergies  # noqa: PLC0415

        measure = LeastEnergies((ERRORS[-2],), (0,))
        for config in CONFIGS:
            count = self.options.count(SHOWN)
            if config != CONFIGS[0] and not self.options.holds(self.dataset, config, count):
                continue
            samples = self.options.load(self.dataset, config, count, "log_density", "disorder")
            x = torch.from_numpy(samples["log_density"]).float()
            bound = torch.cat([measure(part)[:, 0] for part in torch.split(x, 16)]).numpy()
            yield f"{config[1:]}³ sites", (samples["disorder"], bound.astype(np.float64))


def _learning_table(learnt: Learning) -> str:
    rows = [
        [f"{curve.name}, {curve.config}", str(states), f"{accuracy:.1%} ± {error:.1%}"]
        for curve in learnt.curves
        for states, accuracy, error in zip(curve.states, curve.accuracy, curve.error, strict=True)
    ]
    return table(["told", "states of each strength", "accuracy"], rows)
