"""Figures of the report: densities, mean probabilities against disorder and against energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure
from mesoinv.eval.reports.wavefunctions.curves import mean_curve
from mesoinv.zoo.metrics.families.wavefunctions.phases import GAP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.reports.wavefunctions.curves import Tables

MARKERS = "osv^Dx*"
#: Of W/W_c; below, all curves are near 1.
SHOWN_RANGE = (0.3, 2.0)
#: Bins of the energy in the gap.
BINS = 10


@dataclass(frozen=True)
class Panel:
    """The curves of one system, and where they are to cross one half; `shaded`: known so well."""

    title: str
    critical: float
    tables: Tables
    shaded: tuple[float, float] | None = None


def draw_densities(
    samples: Mapping[str, NDArray[Any]], rows: Sequence[int], critical: float
) -> Figure:
    """Draw densities of single states, each in colours of its own scale (Figs. 1 and 4)."""
    figure = new_figure(3.5 * len(rows), 3.5)
    panels = np.atleast_1d(figure.subplots(1, len(rows)))
    for letter, axes, row in zip("abcdefgh", panels, rows, strict=False):
        density = np.asarray(samples["density"][row], dtype=float)
        drawn = axes.imshow(density.T, origin="lower", cmap="magma", vmin=0)
        bar = figure.colorbar(drawn, ax=axes, shrink=0.8, format="%.2g")
        bar.ax.tick_params(labelsize=FONT - 4)
        strength = float(samples["disorder"][row])
        axes.set_title(f"({letter}) W = {strength:.3g} = {strength / critical:.2g} $W_c$",
                       fontsize=FONT)  # fmt: skip
        axes.set_xlabel("x [sites]", fontsize=FONT - 1)
        axes.tick_params(labelsize=FONT - 3)
    panels[0].set_ylabel("y [sites]", fontsize=FONT - 1)
    return figure


def draw_curves(panels: Sequence[Panel], quantity: str) -> Figure:
    """Draw mean probabilities against disorder, at most three panels side by side (Fig. 3).

    Parameters
    ----------
    panels : sequence of Panel
    quantity : str
        What the probability is of.
    """
    columns = min(len(panels), 3)
    lines = -(-len(panels) // columns)
    figure = new_figure(4.6 * columns, 3.4 * lines + 0.7)
    places = figure.subplots(lines, columns, squeeze=False).ravel()
    order = list(dict.fromkeys(name for panel in panels for name in panel.tables))
    drawn: dict[str, Any] = {}
    for axes, panel in zip(places, panels, strict=False):
        drawn |= _curves(axes, panel, order)
        axes.set_ylabel(f"mean probability: {quantity}", fontsize=FONT - 1)
    for axes in places[len(panels) :]:
        axes.set_axis_off()
    # one for all: in a panel it would hide curves
    lines_of = {name: drawn[name] for name in order}
    if lines_of:
        figure.legend(
            lines_of.values(), lines_of.keys(), loc="outside lower center", ncols=4,
            fontsize=FONT - 1,
        )  # fmt: skip
    return figure


def _curves(axes: Axes, panel: Panel, order: Sequence[str]) -> dict[str, Any]:
    """Draw one panel against W/W_c, and return its lines by model."""
    axes.axhline(0.5, color="0.6", lw=1, ls="--")
    axes.axvline(1, color="0.4", lw=1, ls="--")
    if panel.shaded:
        axes.axvspan(*(edge / panel.critical for edge in panel.shaded), color="0.9")
    drawn = {}
    for name, table in panel.tables.items():
        curve, k = mean_curve(table), order.index(name)
        at, colour = curve.disorder / panel.critical, COLOURS[k % len(COLOURS)]
        style = "-" if k < len(COLOURS) else ":"
        (drawn[name],) = axes.plot(at, curve.mean, color=colour, lw=1.3, ls=style)
        low, high = curve.mean - curve.error, curve.mean + curve.error
        axes.fill_between(at, low, high, color=colour, alpha=0.2, lw=0)
    axes.set_title(f"{panel.title}, $W_c$ = {panel.critical:g}", fontsize=FONT)
    axes.set(xlim=SHOWN_RANGE, ylim=(-0.04, 1.04))
    axes.set_xlabel("disorder $W/W_c$", fontsize=FONT - 1)
    axes.tick_params(labelsize=FONT - 3)
    return drawn


def draw_chern(panel: Panel, gap: Mapping[str, Tables]) -> Figure:
    """Draw mean probabilities against disorder, and those of states in the gap (Fig. 5).

    Parameters
    ----------
    panel : Panel
        Of the Chern insulator, E near 0.
    gap : mapping of str to Tables
        Strength of the disorder, in words -> tables of the states of one realisation.
    """
    figure = new_figure(5 + 4.6 * len(gap), 4.4)
    places = np.atleast_1d(figure.subplots(1, 1 + len(gap)))
    drawn = _curves(places[0], panel, list(panel.tables))
    places[0].set_ylabel("mean probability: topological", fontsize=FONT - 1)
    if drawn:  # curves begin on the left and end below
        places[0].legend(drawn.values(), drawn.keys(), fontsize=FONT - 3, loc="upper right")
    for axes, (title, tables) in zip(places[1:], gap.items(), strict=True):
        for name, table in tables.items():
            k = list(panel.tables).index(name)
            _against_energy(axes, table, COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)], name)
        axes.set(xlim=(-GAP, GAP), ylim=(-0.04, 1.04))
        axes.set_title(f"states in the gap, {title}", fontsize=FONT)
        axes.set_xlabel("energy E", fontsize=FONT - 1)
        axes.tick_params(labelsize=FONT - 3)
        if tables:
            axes.legend(fontsize=FONT - 4)
    return figure


def _against_energy(
    axes: Axes, table: Mapping[str, NDArray[Any]], colour: str, marker: str, name: str
) -> None:
    """Draw single states as faint points, and the means of bins of their energy."""
    inside = np.abs(table["energy"]) < GAP
    energy, probability = table["energy"][inside], table["probability"][inside]
    axes.plot(energy, probability, ls="none", marker=".", ms=2, alpha=0.3, color=colour)
    edges = np.linspace(-GAP, GAP, BINS + 1)
    place = np.digitize(energy, edges) - 1
    count = np.bincount(place, minlength=BINS)
    mean = np.bincount(place, probability, BINS)[count > 0] / count[count > 0]
    centres = ((edges[1:] + edges[:-1]) / 2)[count > 0]
    axes.plot(centres, mean, color=colour, marker=marker, ms=4, lw=1, label=name)
