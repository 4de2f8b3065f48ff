"""The tables of the report, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.reports.conductance.scores import SKILL, UNIT
from mesoinv.eval.reports.markdown import NOTHING, table, thousands, with_interval
from mesoinv.zoo.metrics import Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.eval.board.records import Cell
    from mesoinv.eval.reports.conductance.ensemble import Curve, Ensemble
    from mesoinv.eval.reports.conductance.scaling import Point
    from mesoinv.eval.reports.conductance.scores import Scored
    from mesoinv.eval.reports.conductance.speed import Measured
    from mesoinv.eval.tasks.task import Published

#: Concentrations of the table of ensembles: where the paper's curves bend.
SHOWN = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def scores_table(found: Scored) -> str:
    """Return the models of a task, worst first, between always the mean and the paper."""
    header = ["", f"MAE of {found.symbol} [{UNIT}]", "skill", "parameters", "training samples"]
    rows = []
    if found.mean_answer is not None:
        rows.append(["*always the mean*", with_interval(found.mean_answer), "0", NOTHING, NOTHING])
    for entry in found.entries:
        row = entry.row
        cells = [_cell(found.mae(entry)), _cell(row.scores[SKILL])]
        rows.append(
            [f"`{row.id}`", *cells, thousands(row.parameters), thousands(row.training_samples)]
        )
    rows += [_paper_row(paper, found.column) for paper in found.task.published]
    return table(header, rows)


def _paper_row(paper: Published, column: str) -> list[str]:
    quoted = paper.scores.get(f"{column} mae")
    skill = paper.scores.get(SKILL)
    return [
        f"**{paper.name}**" + (f", {quoted.where}" if quoted else ""),
        (quoted.text or f"{quoted.value:g}") if quoted else NOTHING,
        (skill.text or f"{skill.value:g}") if skill else NOTHING,
        thousands(paper.parameters),
        thousands(paper.training_samples),
    ]


def ensemble_table(found: Ensemble) -> str:
    """Return mean and standard deviation of Ḡ at a few concentrations."""
    header = ["n", "true mean", "true sd"]
    for curve in found.networks:
        header += [f"`{curve.name}`: mean", "sd"]
    rows = []
    for i, n in enumerate(found.truth.n):
        if not any(abs(n - x) < 1e-6 for x in SHOWN):
            continue
        rows.append([f"{n:.2f}", *_with_error(found.truth, i)])
        for curve in found.networks:
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


def _cell(cell: Cell) -> str:
    assert cell.low is not None
    assert cell.high is not None
    return with_interval(Score(cell.value, cell.low, cell.high, ""))
