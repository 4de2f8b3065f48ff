"""What the page on `pldos` shows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mesoinv.eval.reports.pldos import figures_landscapes, figures_numbers, paper, tables
from mesoinv.eval.reports.pldos.limits import Limits, limits
from mesoinv.eval.reports.pldos.times import BATCH, AllTimes, measure
from mesoinv.eval.reports.report import Report
from mesoinv.generators.solvers.pldos.estimation import error_bounds
from mesoinv.zoo.architectures import is_trivial
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.declared.models import local_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.reports.pldos.predictions import Landscapes

TITLES = {
    "pldos-donors": "s and N_d",
    "pldos-statistics": "rms and ξ",
    "pldos-fourier": "Fourier coefficients → landscape",
    "pldos-landscape": "landscape",
}
NUMBERS, MAPS = tuple(TITLES)[:2], tuple(TITLES)[2:]


class PldosReport(Report):
    """The report on `pldos`."""

    dataset = "pldos"
    extras = ("models",)
    work: ClassVar = {"limits": (), "times": ("models",)}
    figures: ClassVar = {
        "donors.png": "Relative errors of s and N_d of the best model (after the paper's Fig. 3). "
        "Along the dashed line the rms does not change. Ellipse: one standard deviation of an "
        "unbiased estimate from the exact landscape, at best, at the mean s and N_d; it is steeper "
        "than the line, because for that estimate every amplitude counts alike, for the rms the "
        "large ones.",
        "statistics.png": "Relative errors of rms and ξ (inset of the paper's Fig. 3); in the "
        "legend, their standard deviations.",
        "coefficients.png": "Mean squared error of Re C and Im C over their variance σ² (Fig. 4). "
        "1 is what a guess of zero has.",
        "examples-fourier.png": "Best, median and worst reconstruction through Fourier "
        "coefficients (Fig. 5). Densities on a scale of their own.",
        "examples-landscape.png": "Best, median and worst direct reconstruction (Fig. 7). "
        "Densities on a scale of their own.",
        "error-maps.png": "Root mean squared error at each site over the rms of the landscapes "
        "(Fig. 6).",
        "correlations.png": "Pearson's r of the samples (Fig. 8); dotted: 0.99.",
    }

    @cached_property
    def limits(self) -> Limits:
        """How well ideal observers know the donors."""
        kept = self.kept("limits", Limits, lambda: Limits(limits()))
        return kept or Limits(limits())

    @cached_property
    def times(self) -> AllTimes | None:
        """Times of the models that are here; None where they were never measured."""
        return self.kept("times", AllTimes, self._measured)

    def _measured(self) -> AllTimes:
        folders = {e.row.id: local_folder(e.row.id) for t in TITLES for e in self.entries[t]}
        here = {name: folder for name, folder in folders.items() if (folder / WEIGHTS).exists()}
        samples = self.options.load(self.dataset, "landscape", BATCH, "pldos", "potential")
        return measure(here, {"pldos": samples["pldos"]}, samples["potential"][:1])

    def values(self) -> dict[str, Any]:
        """Return tables of scores, of limits and of times."""
        observers = self.limits.observers
        return {
            "samples": self.options.samples or 4000,
            "numbers": [self._numbers(task) for task in NUMBERS],
            "landscapes": [
                {
                    "title": TITLES[task],
                    "table": tables.landscapes_table(task, self.entries[task]),
                }
                for task in MAPS
            ],
            "bound": _bound(),
            "excess": self._excess(),
            "least_rms": f"{100 * observers[2].relative['potential_rms']:.1f}",
            "limits": tables.limits_table(observers),
            "variants": [self.section(task) for task in self.tasks if task.variants],
            "speed": tables.times_table(self.times) if self.times else "",
            "machine": self.times.machine if self.times else None,
        }

    def _numbers(self, task: str) -> dict[str, Any]:
        columns = tables.columns_of(task)
        here, quoted = paper.typical_here(), {c: paper.NUMBERS[c] for c in columns}
        typical = ", ".join(paper.with_unit(f"{q.typical:g}", q.unit) for q in quoted.values())
        ours = ", ".join(paper.with_unit(f"{here[c]:.3g}", q.unit) for c, q in quoted.items())
        return {
            "title": TITLES[task],
            "typical": typical,
            "here": ours,
            "has_length": "correlation_length" in columns,
            "table": tables.numbers_table(task, self.entries[task], self.limits.observers[:3]),
        }

    def _excess(self) -> list[str]:
        """Return how many times the best estimate's errors the paper's are, least and most."""
        best, length = self.limits.observers[1], "correlation_length"
        columns = ("s", "n_d", "potential_rms")
        ratios = [paper.NUMBERS[c].value / best.absolute[c] for c in columns]
        ratios.append(paper.NUMBERS[length].relative / best.relative[length])  # in another unit
        return [f"{min(ratios):.1f}", f"{max(ratios):.1f}"]

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw errors of numbers from the stored tables, and landscapes that are predicted."""
        donors, statistics = (_learnt(self.entries[task]) for task in NUMBERS)
        if donors:
            yield "donors.png", figures_numbers.draw_donors(donors[0])
        if statistics:
            yield "statistics.png", figures_numbers.draw_statistics(statistics)
        maps = {task: self._landscapes(task) for task in MAPS}
        fourier, landscape = maps.values()
        if fourier:
            yield "coefficients.png", figures_landscapes.draw_coefficients(fourier)
        for kind, models in (("fourier", fourier), ("landscape", landscape)):
            if models:
                yield f"examples-{kind}.png", figures_landscapes.draw_examples(models[0])
        if fourier or landscape:
            both = [*fourier, *landscape]
            yield "error-maps.png", figures_landscapes.draw_error_maps(both)
            shown = {TITLES[task]: models for task, models in maps.items() if models}
            yield "correlations.png", figures_landscapes.draw_correlations(shown)

    def _landscapes(self, task: str) -> list[Landscapes]:
        """Return what the models of a task that are here predict, best first."""
        from mesoinv.eval.reports.pldos.predictions import (  # noqa: PLC0415  (torch is slow)
            predicted_landscapes,
        )
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415

        (declared,) = (t for t in self.tasks if t.id == task)
        selection = self.options.board(declared).selection(declared)
        models = []
        for entry in _learnt(self.entries[task]):
            folder = local_folder(entry.row.id)
            if (folder / WEIGHTS).exists():
                self.options.log(f"{entry.row.id}: landscapes")
                models.append(predicted_landscapes(entry, load_model(folder), selection))
        return models


def _learnt(entries: list[Entry]) -> list[Entry]:
    """Return the models that any other must beat left out."""
    return [e for e in entries if not is_trivial(e.result.evaluation.subject.architecture or "")]


def _bound() -> str:
    typical = paper.typical_here()
    errors = {c: float(getattr(error_bounds(50.0, 1.0), c)) for c in typical}
    return ", ".join(
        f"{q.symbol} {paper.with_unit(f'{errors[c]:#.2g}', q.unit)} "
        f"({100 * errors[c] / typical[c]:.2g} %)"
        for c, q in paper.NUMBERS.items()
    )
