"""Writes the report: scores the models, draws the figures, fills the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.eval.reports.conductance import (
    ensemble,
    figures,
    figures_curves,
    page,
    scaling,
    scores,
    speed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mesoinv.eval.reports.conductance.page import Content
    from mesoinv.eval.reports.conductance.settings import Settings

PAGE = "report.md"


@dataclass(frozen=True)
class Work:
    """What takes long and is done only if asked for; earlier results are shown without.

    Attributes
    ----------
    sizes, cnn_sizes : sequence of int
        k of the 2^k training samples of the scaling: dense networks, convolutional ones.
    speed : bool
        Measure times.
    figures_only : bool
        Draw, and leave the page as it is.
    """

    sizes: Sequence[int] = ()
    cnn_sizes: Sequence[int] = ()
    speed: bool = False
    figures_only: bool = False


def write_report(out: Path, settings: Settings, work: Work | None = None) -> Path:
    """Score models of the wires and write what they reach beside the paper and trivial answers.

    Parameters
    ----------
    out : Path
        Folder for ``report.md`` and its figures.
    settings : Settings
        Where samples come from and results are kept.
    work : Work, optional
        What to run besides scoring.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    MesoinvError
        If samples cannot be had, or a kept result is damaged.
    """
    work = work or Work()
    content = _collect(settings, work)
    for name in (name for x in content.scored for name in x.missing):
        settings.say(f"missing: {name} is not trained here")
    out.mkdir(parents=True, exist_ok=True)
    _draw(content, out)
    target = out / PAGE
    if not work.figures_only:
        target.write_text(page.render(content, out), encoding="utf-8")
    return target


def _collect(settings: Settings, work: Work) -> Content:
    scored = scores.score_all(settings)
    jobs = [*scaling.dense_jobs(work.sizes), *scaling.cnn_jobs(work.cnn_sizes)]
    scaling.run(jobs, settings)
    means = next((x for x in scored if x.task.id == ensemble.TASK and x.entries), None)
    return page.Content(
        settings,
        scored,
        ensemble.collect(means, settings) if means else None,
        scaling.points(settings),
        speed.measure(settings) if work.speed else speed.known(settings),
    )


def _draw(content: Content, out: Path) -> None:
    """Draw what there is; a figure of an earlier report that cannot be drawn now is removed."""
    for name in page.FIGURES:
        (out / name).unlink(missing_ok=True)
    models = {"model1": False, "model2": True}
    for model, insets in models.items():
        found = [x for x in content.scored if x.task.config.partition("_")[0] == model]
        figures.draw_scatter(found, out / f"scatter-{model}.png", insets=insets)
    if content.ensemble is not None:
        figures_curves.draw_ensemble(content.ensemble, out / "ensemble.png")
    if content.scaling:
        figures_curves.draw_scaling(content.scaling, out / "scaling.png")
