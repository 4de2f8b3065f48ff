"""The page of the report and the short table of README; the text is in ``eval/report.md.j2``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mesoinv.eval.reports import markdown
from mesoinv.eval.reports.pldos import paper, tables
from mesoinv.generators.common.provenance import library_versions, machine_name
from mesoinv.generators.solvers.pldos.estimation import error_bounds

if TYPE_CHECKING:
    from mesoinv.eval.reports.pldos.collect import Landscapes, Numbers
    from mesoinv.eval.reports.pldos.limits import Limit
    from mesoinv.eval.reports.pldos.speed import Speeds

TEMPLATES = Path(__file__).parent
FIGURES = {
    "donors.png": "Relative errors of s and N_d of the best model (after the paper's Fig. 3). "
    "Along the dashed line the rms does not change. Ellipse: one standard deviation of an unbiased "
    "estimate from the exact landscape, at best, at the mean s and N_d; it is steeper than the "
    "line, because for that estimate every amplitude counts alike, for the rms the large ones.",
    "statistics.png": "Relative errors of rms and ξ (inset of the paper's Fig. 3); in the legend, "
    "their standard deviations.",
    "coefficients.png": "Mean squared error of Re C and Im C over their variance σ² (Fig. 4). 1 is "
    "what a guess of zero has.",
    "examples-fourier.png": "Best, median and worst reconstruction through Fourier coefficients "
    "(Fig. 5). Densities on a scale of their own.",
    "examples-landscape.png": "Best, median and worst direct reconstruction (Fig. 7). "
    "Densities on a scale of their own.",
    "error-maps.png": "Root mean squared error at each site over the rms of the landscapes "
    "(Fig. 6).",
    "correlations.png": "Pearson's r of the samples (Fig. 8); dotted: 0.99.",
}
TITLES = {
    "donors": "s and N_d",
    "statistics": "rms and ξ",
    "fourier": "Fourier coefficients → landscape",
    "landscape": "landscape",
}


@dataclass(frozen=True)
class Content:
    """All that the page shows.

    Attributes
    ----------
    split, samples
        What was predicted.
    numbers, landscapes : list
        Results of models, trivial ones first.
    limits : list of Limit
    speeds : Speeds or None
    """

    split: str
    samples: int
    numbers: list[Numbers]
    landscapes: list[Landscapes]
    limits: list[Limit]
    speeds: Speeds | None

    def numbers_of(self, task: str) -> list[Numbers]:
        """Return the models of ``donors`` or ``statistics``."""
        return [m for m in self.numbers if m.config.task == f"pldos-{task}"]

    def main_landscapes(self) -> list[Landscapes]:
        """Return the models that are not trivial; without any, the linear ones."""
        return [m for m in self.landscapes if not markdown.is_trivial(m.config)] or [
            m for m in self.landscapes if m.config.architecture != "constant"
        ]


def render(content: Content, folder: Path) -> str:
    """Return the page; figures that are not in `folder` are left out."""
    environment = Environment(  # noqa: S701  (Markdown, nothing from outside)
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    text = environment.get_template("report.md.j2").render(
        split=content.split,
        samples=content.samples,
        numbers=[_numbers(t, m, content) for t in TITLES if (m := content.numbers_of(t))],
        landscapes=_landscapes(content),
        bound=_bound(),
        excess=_excess(content.limits),
        least_rms=f"{100 * content.limits[2].relative['potential_rms']:.1f}",
        limits=tables.limits_table(content.limits),
        speed=tables.speed_table(content.speeds) if content.speeds else "",
        machine=machine_name("cpu"),
        torch=library_versions().get("torch", "?"),
        load=f"{os.getloadavg()[0]:.1f}",
        figures=[{"name": n, "text": t} for n, t in FIGURES.items() if (folder / n).exists()],
    )
    return text.rstrip() + "\n"


def render_short(content: Content, link: str) -> str:
    """Return the short table for README, with a link to the page."""
    numbers = {t: m for t in TITLES if (m := content.numbers_of(t))}
    best = tables.short_table(numbers, content.landscapes, content.limits)
    return (
        f"{best}\n\nFirst {content.samples} samples of the split `{content.split}`: standard "
        "deviation of the relative error, or Pearson's r; 95 % intervals in brackets. All\nmodels, "
        f"limits, times and figures: [{link}]({link}), written by "
        "`python -m mesoinv.eval.reports.pldos`."
    )


def _numbers(task: str, models: list[Numbers], content: Content) -> dict[str, Any]:
    columns = list(models[0].true)
    here, quoted = paper.typical_here(), {c: paper.NUMBERS[c] for c in columns}
    return {
        "title": TITLES[task],
        "typical": ", ".join(paper.with_unit(f"{q.typical:g}", q.unit) for q in quoted.values()),
        "here": ", ".join(paper.with_unit(f"{here[c]:.3g}", q.unit) for c, q in quoted.items()),
        "has_length": "correlation_length" in columns,
        "table": tables.numbers_table(columns, models, content.limits[:3]),
    }


def _landscapes(content: Content) -> list[dict[str, str]]:
    return [
        {"title": TITLES[kind], "table": tables.landscapes_table(kind, models)}
        for kind in TITLES
        if (models := [m for m in content.landscapes if m.kind == kind])
    ]


def _excess(limits: list[Limit]) -> list[str]:
    """Return how many times the best estimate's errors the paper's are, smallest and largest."""
    best = limits[1]
    ratios = [paper.NUMBERS[c].value / best.absolute[c] for c in ("s", "n_d", "potential_rms")]
    length = "correlation_length"  # the paper's is in another unit
    ratios.append(paper.NUMBERS[length].relative / best.relative[length])
    return [f"{min(ratios):.1f}", f"{max(ratios):.1f}"]


def _bound() -> str:
    typical = paper.typical_here()
    errors = {c: float(getattr(error_bounds(50.0, 1.0), c)) for c in typical}
    return ", ".join(
        f"{q.symbol} {paper.with_unit(f'{errors[c]:#.2g}', q.unit)} "
        f"({100 * errors[c] / typical[c]:.2g} %)"
        for c, q in paper.NUMBERS.items()
    )
