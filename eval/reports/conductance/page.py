"""The page of the report; the text is in ``eval/wires/report.md.j2``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.reports.boards import rendered
from mesoinv.eval.reports.conductance import findings, scaling, tables
from mesoinv.eval.reports.conductance.scores import UNIT
from mesoinv.eval.reports.conductance.speed import NETWORK
from mesoinv.eval.reports.markdown import thousands

if TYPE_CHECKING:
    from mesoinv.eval.reports.conductance.ensemble import Ensemble
    from mesoinv.eval.reports.conductance.scaling import Point
    from mesoinv.eval.reports.conductance.scores import Scored
    from mesoinv.eval.reports.conductance.settings import Settings
    from mesoinv.eval.reports.conductance.speed import Measured

TEMPLATE = Path(__file__).parent / "report.md.j2"
FIGURES = {
    "scatter-model1.png": "Predicted against true G for model I (the paper's Fig. 5): above, the "
    "paper's network trained here; below, the best other model. On the red line they are equal.",
    "scatter-model2.png": "The same for model II, G and Ḡ (Figs. 6(a) and 6(c)). Insets: share of "
    "the samples in each of 20 bins, true and predicted. Ḡ varies less at a given n.",
    "ensemble.png": "Mean and standard deviation of Ḡ over configurations of the same "
    "concentration (Fig. 7), true and predicted; below, the difference of the two, 0 < n < 1.",
    "scaling.png": "Mean absolute error against the number of training samples (Figs. 6(b), 6(d) "
    "and 9), with 95 % intervals over the test samples. Stars: what the paper's text says.",
}


@dataclass(frozen=True)
class Content:
    """All that the page shows; what was not run is None or empty."""

    settings: Settings
    scored: list[Scored]
    ensemble: Ensemble | None
    scaling: list[Point]
    speed: Measured | None


def render(content: Content, folder: Path) -> str:
    """Return the page; figures that are not in `folder` are left out."""
    scored = content.scored
    return rendered(
        TEMPLATE,
        samples=_samples(content),
        command=f" --samples {n}" if (n := content.settings.samples) else "",
        tasks=[_task(x) for x in scored],
        missing=sum(len(x.missing) for x in scored),
        models=sum(len(x.missing) + len(x.entries) for x in scored),
        mean=findings.against_the_mean(scored),
        counting=findings.against_counting(scored),
        beyond=findings.beyond_counting(scored),
        ours=findings.against_the_paper(scored),
        close=f"{100 * findings.CLOSE:.0f} %",
        ensemble=_ensemble(content.ensemble),
        scaling=tables.scaling_table(content.scaling) if content.scaling else "",
        validation=scaling.VALIDATION,
        steps=thousands(scaling.STEPS),
        cnn_steps=thousands(scaling.CNN_STEPS),
        speed=_speed(content.speed),
        figures=[{"name": n, "text": t} for n, t in FIGURES.items() if (folder / n).exists()],
    )


def _samples(content: Content) -> str:
    counts = {content.settings.count(x.task.config, x.task.split) for x in content.scored}
    text = " or ".join(thousands(c) for c in sorted(counts))
    return f"the first {text}" if content.settings.samples else f"all {text}"


def _task(x: Scored) -> dict[str, Any]:
    return {
        "title": f"{x.sites}: {x.symbol}",
        "id": x.task.id,
        "table": tables.scores_table(x),
        "missing": x.missing,
    }


def _ensemble(found: Ensemble | None) -> dict[str, Any]:
    if found is None:
        return {}
    said = []
    for curve in found.networks:
        mean, sd = found.distance(curve)
        said.append(
            f"`{curve.name}` is off by {mean:.3f} {UNIT} in the mean, {sd:.3f} in the standard "
            f"deviation, and {found.clean_error(curve):+.2f} for a wire without impurities."
        )
    return {"each": found.each, "table": tables.ensemble_table(found), "distance": said}


def _speed(measured: Measured | None) -> dict[str, Any]:
    if measured is None:
        return {}
    solver, batch = measured.seconds("solver"), measured.seconds("batch")
    numbers = {
        "table": tables.speed_table(measured),
        "machine": measured.machine,
        "torch": measured.torch,
        "load": measured.load,
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
        labels = solver * measured.training_samples / 1000
        numbers |= {
            "samples": thousands(measured.training_samples),
            "labels": f"{labels:.0f}",
            "training": f"{measured.training_seconds:.0f}",
        }
    return numbers
