"""Figures of the report: spins, maps of the plane of couplings, boundaries, couplings found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS, TEMPERATURES
from mesoinv.generators.solvers.ising.phase_boundary import read_boundaries
from mesoinv.zoo.metrics.families.ising.couplings import COLUMNS, LARGEST
from mesoinv.zoo.metrics.families.ising.ferromagnet_boundary import (
    boundaries,
    critical_temperatures,
    curves,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.reports.ising.equilibrium import Differences
    from mesoinv.generators.solvers.ising.phase_boundary import Order
    from mesoinv.zoo.metrics import Table

MARKERS = "sov^Dx*"
_RISING = np.array(TEMPERATURES[::-1])
#: Couplings are drawn in turn: their distances are 0.005 to 0.3.
_TURNS = np.arange(len(COUPLINGS))


@dataclass(frozen=True)
class Lattice:
    """One lattice of a figure: its spins, and what a network makes of them; words above."""

    words: str
    spins: NDArray[Any]
    made: NDArray[Any] | None


@dataclass(frozen=True)
class Plane:
    """What one model says over the plane of couplings and temperatures."""

    words: str
    order: Order
    table: Table


def draw_spins(lattices: Sequence[Lattice], network: str) -> Figure:
    """Draw lattices above their reconstructions (Fig. 5)."""
    figure = new_figure(2.5 * len(lattices), 5.4)
    panels = figure.subplots(2, len(lattices))
    for (above, below), lattice in zip(panels.T, lattices, strict=True):
        above.imshow(lattice.spins, cmap="Greys", vmin=-1, vmax=1)
        above.set_title(lattice.words, fontsize=FONT - 1)
        if lattice.made is not None:
            below.imshow(lattice.made, cmap="Greys", vmin=-1, vmax=1)
        for axes in (above, below):
            axes.set_xticks([])
            axes.set_yticks([])
    panels[0, 0].set_ylabel("spins", fontsize=FONT)
    panels[1, 0].set_ylabel("reconstruction", fontsize=FONT)
    figure.suptitle(network, fontsize=FONT)
    return figure


def draw_planes(planes: Sequence[Plane]) -> Figure:
    """Draw the mean number over the plane, with the measured boundaries (Fig. 6)."""
    rows = -(-len(planes) // 2)
    figure = new_figure(11.0, 4.6 * rows)
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes in panels[len(planes) :]:
        axes.set_axis_off()
    for axes, plane in zip(panels, planes, strict=False):
        mean = curves(plane.table["number"], plane.table["cell"])
        shown = axes.pcolormesh(_TURNS, _RISING, mean.T, cmap="viridis", shading="nearest")
        _boundary(axes, "k")
        seen = boundaries(plane.table["number"], plane.table["cell"], plane.order)
        axes.plot(_TURNS, seen, "r_", ms=10, mew=2, label="halfway")
        axes.set_title(plane.words, fontsize=FONT - 1)
        axes.legend(fontsize=FONT - 3)
        figure.colorbar(shown, ax=axes, label="unlikeness")
    return figure


def _boundary(axes: Axes, colour: str) -> None:
    """Draw T_c with its errors; label both axes."""
    known = read_boundaries().boundaries
    axes.errorbar(
        _TURNS, [b.temperature for b in known], [b.error for b in known],
        fmt="o-", color=colour, mfc="w", ms=5, lw=1, label="measured T_c",
    )  # fmt: skip
    axes.set_xticks(_TURNS, [f"{j2:g}" for j2 in COUPLINGS], rotation=90, fontsize=FONT - 3)
    axes.set_xlabel("J2", fontsize=FONT)
    axes.set_ylabel("temperature T", fontsize=FONT)
    axes.set_ylim(0, 4)


def draw_boundaries(tables: Mapping[Order, Mapping[str, Table]]) -> Figure:
    """Draw how far the boundaries of all models are from T_c."""
    figure = new_figure(6.4 * len(tables), 5.0)
    panels = np.atleast_1d(figure.subplots(1, len(tables), sharey=True))
    for axes, (order, models) in zip(panels, tables.items(), strict=True):
        error = [b.error if b.order == order else 0.0 for b in read_boundaries().boundaries]
        axes.fill_between(_TURNS, np.negative(error), error, color="0.8", label="error of T_c")
        for k, (name, table) in enumerate(models.items()):
            place = boundaries(table["number"], table["cell"], order)
            axes.plot(
                _TURNS, place - critical_temperatures(order), lw=1, ms=5, mfc="none",
                color=COLOURS[k % len(COLOURS)], marker=MARKERS[k % len(MARKERS)], label=name,
            )  # fmt: skip
        axes.axhline(0, color="0.3", lw=0.8)
        axes.set_xticks(_TURNS, [f"{j2:g}" for j2 in COUPLINGS], rotation=90, fontsize=FONT - 3)
        axes.set_xlabel("J2", fontsize=FONT)
        axes.set_title(order, fontsize=FONT)
        axes.legend(fontsize=FONT - 3)
    panels[0].set_ylabel("boundary found - T_c", fontsize=FONT)
    return figure


def draw_latent(latent: NDArray[Any], colours: Mapping[str, NDArray[Any]], network: str) -> Figure:
    """Draw the first two latent numbers of samples, coloured by columns."""
    figure = new_figure(5.2 * len(colours), 4.6)
    panels = np.atleast_1d(figure.subplots(1, len(colours), sharey=True))
    for axes, (name, values) in zip(panels, colours.items(), strict=True):
        points = axes.scatter(latent[:, 0], latent[:, 1], c=values, s=4, cmap="viridis")
        figure.colorbar(points, ax=axes, label=name)
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlabel("latent number 1", fontsize=FONT)
    panels[0].set_ylabel("latent number 2", fontsize=FONT)
    figure.suptitle(network, fontsize=FONT)
    return figure


def draw_couplings(tables: Mapping[str, Table], true: Mapping[str, NDArray[Any]]) -> Figure:
    """Draw couplings found against true ones, where the bounds say that they can be found."""
    figure = new_figure(3.9 * len(tables), 7.4)
    panels = figure.subplots(len(COLUMNS), len(tables), squeeze=False)
    for column, row in zip(COLUMNS, panels, strict=True):
        for axes, (name, table) in zip(row, tables.items(), strict=True):
            known = np.maximum(table["k1 bound"], table["k2 bound"]) <= LARGEST
            value = true[column][known]
            made = value + table[f"{column} error"][known]
            axes.hexbin(value, made, gridsize=60, bins="log", cmap="Blues", linewidths=0.1)
            edges = [float(value.min()), float(value.max())]
            axes.plot(edges, edges, "k-", lw=0.8)
            axes.set_xlabel(f"{column}, true", fontsize=FONT)
            axes.set_ylabel(f"{column}, found", fontsize=FONT)
            margin = 0.3 * (edges[1] - edges[0])
            axes.set_ylim(edges[0] - margin, edges[1] + margin)
            axes.set_title(name, fontsize=FONT - 1)
    return figure


def draw_differences(differences: Differences) -> Figure:
    """Draw where cooled lattices have another order than in equilibrium."""
    figure = new_figure(7.4, 5.2)
    axes = figure.subplots()
    order = np.array(differences.order)[:, ::-1]
    shown = axes.pcolormesh(
        _TURNS, _RISING, order.T, cmap="RdBu_r", vmin=-1, vmax=1, shading="nearest"
    )
    _boundary(axes, "0.4")
    axes.legend(fontsize=FONT - 3)
    figure.colorbar(shown, ax=axes, label="order, cooled - equilibrium")
    return figure
