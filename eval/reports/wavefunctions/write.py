"""Writes the report: scores the models, draws the figures, fills the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from mesoinv.eval.reports import boards
from mesoinv.eval.reports.wavefunctions import figures
from mesoinv.eval.reports.wavefunctions.curves import own_tables, variant_tables
from mesoinv.eval.reports.wavefunctions.figures import Panel
from mesoinv.eval.reports.wavefunctions.paper import CHERN, SU2, numbers_table
from mesoinv.eval.tasks import get_task
from mesoinv.generators.pipeline.loading.samples import Request
from mesoinv.generators.pipeline.loading.sources import load_samples
from mesoinv.generators.wavefunctions import DATASET as GENERATOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.reports.boards import Settings
    from mesoinv.eval.tasks.task import OtherConfig, Task

DATASET, PAGE = GENERATOR.name, "report.md"
#: Test samples with W_c/50, 0.9 W_c, 1.1 W_c and 2 W_c, of the first hundred.
SHOWN, ENSEMBLE = (0, 44, 54, 99), 100
#: What the paper shades: W_c of the Chern insulator is not known better.
CHERN_CRITICAL = (3.15, 3.35)
#: Figures, with what they show.
FIGURES = {
    "densities-su2.png": "Densities of single states of the SU(2) model (Fig. 1): two delocalised, "
    "two localised. Each has a colour scale of its own, from zero.",
    "curves-su2.png": "Mean probability of being delocalised against the disorder (Figs. 3(a) and "
    "3(b), and Ando's model, of the supplement); bars are standard errors. All models learnt at "
    "E = 0 on 40 × 40 sites alone. Dashed: W_c, and one half. In the legend: where the curve "
    "crosses one half.",
    "densities-chern.png": "Densities of single states of the Chern insulator (Fig. 4): two "
    "topological, two not.",
    "chern.png": "Left: mean probability of being topological against the disorder (Fig. 5(a)); "
    "dashed: W_c = 3.2, shaded: 3.25 ± 0.1. Right: all states in the gap of one system at W = 1 "
    "and one at W = 6 (Fig. 5(b)); points are single states, lines their means.",
}


def write_report(out: Path, settings: Settings) -> Path:
    """Score models of wave functions and write what they reach beside the paper.

    Parameters
    ----------
    out : Path
        Folder for ``report.md`` and its figures.
    settings : Settings
        Where samples come from and results are kept.

    Returns
    -------
    Path
        The page.
    """
    tasks = {name: get_task(name) for name in (SU2, CHERN)}
    scored = {name: boards.ranked(task, settings) for name, task in tasks.items()}
    out.mkdir(parents=True, exist_ok=True)
    _draw(tasks, scored, settings, out)
    (out / PAGE).write_text(page(scored, settings), encoding="utf-8")
    return out / PAGE


def page(scored: Mapping[str, list[Entry]], settings: Settings) -> str:
    """Return the text of the page.

    Parameters
    ----------
    scored : mapping of str to list of Entry
        Task -> its models, best first.
    settings : Settings
        Where samples come from.
    """
    tasks = {name: get_task(name) for name in (SU2, CHERN)}
    return boards.rendered(
        Path(__file__).parent / "report.md.j2",
        command=f" --samples {settings.samples}" if settings.samples else "",
        tasks=[boards.section(task, scored[name], settings) for name, task in tasks.items()],
        numbers=numbers_table(scored, tasks),
        figures=[{"name": name, "text": text} for name, text in FIGURES.items()],
    )


def _draw(
    tasks: dict[str, Task], found: dict[str, list[Entry]], settings: Settings, out: Path
) -> None:
    for task in tasks.values():
        columns = ("density", "disorder")
        request = Request(DATASET, task.config, "test", ENSEMBLE, columns)
        samples = load_samples(request, settings.data, cache=settings.cache)
        path = out / f"densities-{task.config}.png"
        figures.draw_densities(samples, SHOWN, _critical(task.config), path)
    panels = _panels(tasks[SU2], found[SU2], settings)
    figures.draw_curves(panels, "delocalised", out / "curves-su2.png")
    chern = tasks[CHERN]
    gap = {
        name.removeprefix("gap at "): variant_tables(chern, name, found[CHERN], settings, systems=1)
        for name in chern.variants
    }
    own = own_tables(chern, found[CHERN])
    figures.draw_chern(
        Panel("E near 0", _critical(chern.config), own, CHERN_CRITICAL), gap, out / "chern.png"
    )


def _panels(task: Task, entries: list[Entry], settings: Settings) -> list[Panel]:
    """Return the curves of the task itself and of every variant."""
    panels = [Panel("E = 0", _critical(task.config), own_tables(task, entries))]
    for name, variant in task.variants.items():
        config = cast("OtherConfig", variant).config
        tables = variant_tables(task, name, entries, settings)
        panels.append(Panel(name, _critical(config), tables))
    return panels


def _critical(config: str) -> float:
    return GENERATOR.parameters(config).critical_disorder
