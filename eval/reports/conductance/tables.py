"""The tables of the report, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.reports.conductance.scores import SKILL, UNIT, explained
from mesoinv.eval.reports.tables import (
    NOTHING,
    cell,
    quoted,
    sizes,
    table,
    thousands,
    with_interval,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.eval.reports.conductance.ensemble import Curve, Ensemble
    from mesoinv.eval.reports.conductance.scaling import Point
    from mesoinv.eval.reports.conductance.scores import Scored
    from mesoinv.eval.reports.conductance.times import Measured
    from mesoinv.eval.tasks.task import Published

#: Concentrations of the table of ensembles: where the paper's curves bend.
SHOWN = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def comparison_table(tasks: Sequence[Scored]) -> str:
    """Return errors of trivial answers, of the paper, of its network here, and of our best."""
    header = ["", "always the mean", "counting impurities", "the paper",
              "the paper's network, trained here", "our best"]  # fmt: skip
    rows = []
    for x in tasks:
        theirs, counted = x.published(), x.of("impurity_count")
        models = [None if e is None else x.mae(e) for e in (counted, x.paper_network(), x.best())]
        rows.append(
            [
                f"{x.sites}: {x.symbol}",
                with_interval(x.mean_answer) if x.mean_answer else NOTHING,
                cell(models[0]),
                f"{theirs[1]:g}" if theirs else NOTHING,
                *(cell(m) for m in models[1:]),
            ]
        )
    return table(header, rows)


def beyond_table(tasks: Sequence[Scored]) -> str:
    """Return the share of the variance that counting leaves and a network foresees."""
    rows = []
    for x in tasks:
        if (counted := x.of("impurity_count")) is None:
            continue
        networks = [x.paper_network(), x.best()]
        shares = [
            NOTHING if e is None or e is counted else f"{100 * explained(x, counted, e):.0f} %"
            for e in networks
        ]
        rows.append([f"{x.sites}: {x.symbol}", *shares])
    return table(["", "the paper's network, trained here", "our best"], rows)


def scores_table(x: Scored) -> str:
    """Return the models of a task, worst first, between always the mean and the paper."""
    header = ["", f"MAE of {x.symbol} [{UNIT}]", "skill", "parameters", "training samples"]
    rows = []
    if x.mean_answer is not None:
        rows.append(["*always the mean*", with_interval(x.mean_answer), "0", NOTHING, NOTHING])
    for row in (entry.row for entry in x.entries):
        scores = (row.scores[f"{x.column} mae"], row.scores[SKILL])
        rows.append([f"`{row.id}`", *(with_interval(score) for score in scores),
                     *sizes(row.parameters, row.training_samples)])  # fmt: skip
    rows += [_paper_row(paper, x.column) for paper in x.task.published]
    return table(header, rows)


def _paper_row(paper: Published, column: str) -> list[str]:
    error, skill = paper.scores.get(f"{column} mae"), paper.scores.get(SKILL)
    name = f"**{paper.name}**" + (f", {error.where}" if error else "")
    numbers = sizes(paper.parameters, paper.training_samples)
    return [name, quoted(error), quoted(skill), *numbers]


def ensemble_table(ensemble: Ensemble) -> str:
    """Return mean and standard deviation of Ḡ at a few concentrations."""
    header = ["n", "true mean", "true sd"]
    for curve in ensemble.networks:
        header += [f"`{curve.name}`: mean", "sd"]
    rows = []
    for i, n in enumerate(ensemble.truth.n):
        if not any(abs(n - x) < 1e-6 for x in SHOWN):
            continue
        rows.append([f"{n:.2f}", *_with_error(ensemble.truth, i)])
        for curve in ensemble.networks:
            rows[-1] += [f"{curve.mean[i]:.3f}", f"{curve.sd[i]:.3f}"]
    return table(header, rows)


def _with_error(curve: Curve, i: int) -> list[str]:
    pairs = ((curve.mean[i], curve.mean_error[i]), (curve.sd[i], curve.sd_error[i]))
    return [f"{value:.3f} ± {error:.3f}" for value, error in pairs]


def scaling_table(points: Sequence[Point]) -> str:
    """Return the error of every training of the scaling."""
    header = ["network", "wire", "training samples", f"MAE [{UNIT}]", "epochs", "training [s]"]
    rows = [
        [p.panel, p.line, thousands(p.samples), with_interval(p.score), str(p.epochs),
         f"{p.seconds:.0f}"]
        for p in points
    ]  # fmt: skip
    return table(header, rows)


def speed_table(measured: Measured) -> str:
    """Return the times of 1000 configurations, with the paper's two beside them."""
    solver = measured.seconds("solver")
    header = ["1000 configurations × 10 energies", "seconds", "solver's time / this",
              "configurations timed"]  # fmt: skip
    rows = []
    for name, timing in measured.timings.items():
        seconds = measured.seconds(name)
        ratio = f"{solver / seconds:.3g}"
        rows.append([measured.label(name), f"{seconds:.3g}", ratio, str(timing.configurations)])
    for label, seconds in measured.paper().items():
        rows.append([f"**the paper**: {label}", f"{seconds:g}", NOTHING, NOTHING])
    return table(header, rows)
