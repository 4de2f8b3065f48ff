"""What the page on disordered wires shows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mesoinv.eval.reports.conductance import ensemble, figures, figures_curves, scaling, tables
from mesoinv.eval.reports.conductance.scores import UNIT, Scored, scored, wire_tasks
from mesoinv.eval.reports.conductance.times import NETWORK, Measured, measure
from mesoinv.eval.reports.report import Report
from mesoinv.eval.reports.tables import table, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from mesoinv.eval.reports.conductance.ensemble import Ensemble
    from mesoinv.eval.tasks.task import Task


class ConductanceReport(Report):
    """The report on disordered wires."""

    dataset = "conductance"
    work: ClassVar = {"ensemble": ("models",), "scaling": ("train",), "times": ("models",)}
    figures: ClassVar = {
        "scatter-model1.png": "Predicted against true G for model I (the paper's Fig. 5): above, "
        "the paper's network trained here; below, the best other model. On the red line they are "
        "equal.",
        "scatter-model2.png": "The same for model II, G and Ḡ (Figs. 6(a) and 6(c)). Insets: share "
        "of the samples in each of 20 bins, true and predicted. Ḡ varies less at a given n.",
        "ensemble.png": "Mean and standard deviation of Ḡ over configurations of the same "
        "concentration (Fig. 7), true and predicted; below, the difference of the two, 0 < n < 1.",
        "scaling.png": "Mean absolute error against the number of training samples (Figs. 6(b), "
        "6(d) and 9), with 95 % intervals over the test samples. Stars: what the paper's text "
        "says.",
    }

    @property
    def tasks(self) -> list[Task]:
        """The paper's order."""
        return wire_tasks()

    @cached_property
    def scored(self) -> list[Scored]:
        """What the models that are here do on each task."""
        return [scored(task, self.entries[task.id]) for task in self.tasks]

    @cached_property
    def ensemble(self) -> Ensemble | None:
        """Averages over configurations."""
        (means,) = (x for x in self.scored if x.task.id == ensemble.TASK)
        return self.kept(
            "ensemble", ensemble.Ensemble, lambda: ensemble.collect(means, self.options)
        )

    @cached_property
    def scaling(self) -> scaling.Scaling | None:
        """Trainings on several numbers of samples."""
        sizes = (self.options.work or {}).get("scaling", "")
        return self.kept("scaling", scaling.Scaling, lambda: scaling.scaling(self.options, sizes))

    @cached_property
    def times(self) -> Measured | None:
        """Times of solver, kwant and network."""
        return self.kept("times", Measured, measure)

    def values(self) -> dict[str, Any]:
        """Return tables of scores, of averages, of trainings and of times."""
        models = [x for x in self.scored if x.task.config.partition("_")[0] != "model1"]
        return {
            "samples": self._samples(),
            "tasks": [_task(x) for x in self.scored],
            "missing": sum(len(x.missing) for x in self.scored),
            "models": sum(len(x.missing) + len(x.entries) for x in self.scored),
            "comparison": tables.comparison_table(self.scored),
            "beyond": tables.beyond_table(models),
            "ensemble": _ensemble(self.ensemble) if self.ensemble else {},
            "scaling": tables.scaling_table(self.scaling.points) if self.scaling else "",
            "validation": scaling.VALIDATION,
            "steps": thousands(scaling.STEPS),
            "cnn_steps": thousands(scaling.CNN_STEPS),
            "speed": _times(self.times) if self.times else {},
        }

    def _samples(self) -> str:
        counts = {self.options.count(x.task.samples) for x in self.scored}
        text = " or ".join(thousands(c) for c in sorted(counts))
        return f"the first {text}" if self.options.samples else f"all {text}"

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw predicted against true values, averages and trainings."""
        for model, insets in {"model1": False, "model2": True}.items():
            here = [x for x in self.scored if x.task.config.partition("_")[0] == model]
            if any(x.entries for x in here):
                yield f"scatter-{model}.png", figures.draw_scatter(here, insets=insets)
        if self.ensemble is not None:
            yield "ensemble.png", figures_curves.draw_ensemble(self.ensemble)
        if self.scaling is not None:
            yield "scaling.png", figures_curves.draw_scaling(self.scaling.points)


def _task(x: Scored) -> dict[str, Any]:
    return {
        "title": f"{x.sites}: {x.symbol}",
        "id": x.task.id,
        "table": tables.scores_table(x),
        "missing": x.missing,
    }


def _ensemble(averages: Ensemble) -> dict[str, Any]:
    rows = []
    for curve in averages.networks:
        mean, sd = averages.distance(curve)
        rows.append(
            [f"`{curve.name}`", f"{mean:.3f}", f"{sd:.3f}", f"{averages.clean_error(curve):+.2f}"]
        )
    header = ["", "mean", "standard deviation", "without impurities"]
    return {
        "each": averages.each,
        "table": tables.ensemble_table(averages),
        "distance": table(header, rows),
        "unit": UNIT,
    }


def _times(measured: Measured) -> dict[str, Any]:
    solver, batch = measured.seconds("solver"), measured.seconds("batch")
    numbers = {
        "table": tables.speed_table(measured),
        "machine": measured.machine,
        "network": NETWORK,
        "trained": measured.trained,
        "kwant": "kwant" in measured.timings,
        "error": f"{measured.error:.0e}",
        "paper_ratio": f"{measured.paper_ratio():.0f}",
        "batch": f"{solver / batch:.3g}",
        "single": f"{solver / measured.seconds('single'):.3g}",
    }
    if "kwant" in measured.timings:
        kwant = measured.seconds("kwant")
        numbers |= {
            "kwant_solver": f"{kwant / solver:.3g}",
            "kwant_batch": thousands(int(float(f"{kwant / batch:.2g}"))),
        }
    if measured.trained:
        numbers |= {
            "samples": thousands(measured.training_samples),
            "labels": f"{solver * measured.training_samples / 1000:.0f}",
            "training": f"{measured.training_seconds:.0f}",
        }
    return numbers
