"""Averages against the concentration (the paper's Fig. 7), errors against samples (Figs. 6, 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.reports.conductance import scaling
from mesoinv.eval.reports.conductance.scores import UNIT
from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mesoinv.eval.reports.conductance.ensemble import Ensemble
    from mesoinv.eval.reports.conductance.scaling import Point

MARKS = ("s", "^", "D", "v", "o", "P")


def draw_ensemble(ensemble: Ensemble) -> Figure:
    """Draw mean and standard deviation of Ḡ, and below them what the networks are off by."""
    figure = new_figure(10.4, 7.4)
    grid = figure.subplots(2, 2, sharex=True, height_ratios=(3, 2))
    kinds = (("mean", "mean of Ḡ"), ("sd", "standard deviation of Ḡ"))
    for column, (kind, label) in enumerate(kinds):
        top, below = grid[0, column], grid[1, column]
        n, true = ensemble.truth.array("n"), ensemble.truth.array(kind)
        error = ensemble.truth.array(f"{kind}_error")
        top.errorbar(
            n, true, error, fmt="o-", color="k", ms=4, lw=1, capsize=2,
            label=f"computed, {ensemble.each} configurations each",
        )  # fmt: skip
        mixed = ensemble.mixed  # at its ends, one clean wire would set the scale
        below.fill_between(
            n[mixed], -error[mixed], error[mixed], color="0.8",
            label="statistical error of the computed",
        )  # fmt: skip
        for curve, colour, mark in zip(ensemble.networks, COLOURS, MARKS, strict=False):
            style = {"color": colour, "marker": mark, "ms": 4, "lw": 1.2}
            values, name = curve.array(kind), curve.name.removeprefix("conductance-")
            top.plot(n, values, ls="--", label=name, **style)
            below.plot(n[mixed], (values - true)[mixed], ls="-", **style)
        _label(top, "", f"{label} [{UNIT}]")
        _label(below, "concentration n of impurities", f"{label}:\npredicted − computed [{UNIT}]")
        below.axhline(0, color="k", lw=0.6)
    grid[0, 0].legend(fontsize=FONT - 2)
    grid[1, 0].legend(fontsize=FONT - 2)
    figure.suptitle("Ensembles of 40 × 40 sites, impurities of 5 t (model II)", fontsize=FONT)
    return figure


def draw_scaling(points: Sequence[Point]) -> Figure:
    """Draw the error against the number of training samples, one panel for each network."""
    panels = [p for p in (*scaling.NETWORKS, "CNN") if any(x.panel == p for x in points)]
    figure = new_figure(4.6 * len(panels), 4.6)
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        here = [p for p in points if p.panel == panel]
        if panel in scaling.NETWORKS and axes is not grid[0]:
            axes.sharex(grid[0])  # the dense networks come first, and are to be compared
            axes.sharey(grid[0])
        for line, colour, mark in zip(sorted({p.line for p in here}), COLOURS, MARKS, strict=False):
            _draw_line(axes, [p for p in here if p.line == line], colour, mark)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_title(_title(panel, here), fontsize=FONT - 1)
        _label(axes, "training samples", f"mean absolute error [{UNIT}]")
        axes.yaxis.set_minor_formatter("{x:.2g}")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.tick_params(which="minor", labelsize=FONT - 4)
        axes.legend(fontsize=FONT - 3)
    return figure


def _draw_line(axes: Axes, line: list[Point], colour: str, mark: str) -> None:
    first = line[0]
    x, y = [p.samples for p in line], [p.score.value for p in line]
    bars = [
        [p.score.value - p.score.low for p in line],
        [p.score.high - p.score.value for p in line],
    ]
    axes.errorbar(x, y, bars, fmt=f"{mark}-", color=colour, ms=5, capsize=3, label=first.line)
    for quoted in scaling.PAPER.get((first.panel, first.line), ()):
        axes.plot(
            quoted.samples, quoted.mae, "*", ms=12, mfc="white", mec=colour,
            label=f"paper, {first.line}, {quoted.where}",
        )  # fmt: skip


def _title(panel: str, points: list[Point]) -> str:
    sizes = sorted({p.samples.bit_length() - 1 for p in points})
    names = ", ".join(str(k) for k in sizes)
    steps = scaling.CNN_STEPS if panel == "CNN" else scaling.STEPS
    of = "model II" if panel == "CNN" else "model I, energies in [−1, 1] t"
    return f"{panel}: {of}\nsizes $2^k$ run: k = {names}; {steps} steps each"


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=FONT - 1)
    axes.set_ylabel(y, fontsize=FONT - 1)
    axes.tick_params(labelsize=FONT - 2)
