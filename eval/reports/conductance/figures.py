"""Predicted against true conductance: the paper's Figs. 5, 6(a) and 6(c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.eval.reports.conductance.scores import UNIT
from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.reports.conductance.scores import Scored

GRID = 60
BINS = 20


def draw_scatter(tasks: Sequence[Scored], *, insets: bool = False) -> Figure:
    """Draw the paper's network above our best model, one column for each task.

    Parameters
    ----------
    tasks : sequence of Scored
        Of which some have models.
    insets : bool
        Also draw the distributions of true and predicted values.
    """
    rows: tuple[Callable[[Scored], Entry | None], ...] = (_papers, _best)
    figure = new_figure(3.3 * len(tasks) + 1.2 if len(tasks) > 2 else 9.4, 7.2)
    axes = figure.subplots(2, len(tasks), squeeze=False)
    reach = [_reach(x) for x in tasks]
    for row, choose in enumerate(rows):
        for column, x in enumerate(tasks):
            entry, place = choose(x), axes[row, column]
            if entry is None:
                missing = "the paper's network" if row == 0 else "a network of ours"
                _write(place, f"{x.sites}: {x.symbol}", f"{missing}\nis not trained here")
                continue
            drawn = _panel(place, x, entry, reach[column])
            # inside the panel's own frame, so that it is as high as the square
            bar = figure.colorbar(drawn, cax=place.inset_axes((1.03, 0, 0.05, 1)))
            bar.ax.tick_params(labelsize=FONT - 4)
            if column == len(tasks) - 1:
                bar.set_label("samples per cell", fontsize=FONT - 1)
            if insets:
                _inset(place, x, entry, reach[column])
    return figure


def _papers(x: Scored) -> Entry | None:
    return x.paper_network()


def _best(x: Scored) -> Entry | None:
    return x.best()


def _reach(x: Scored) -> tuple[float, float]:
    """Return the limits of both axes: those of the true values."""
    if not x.entries:
        return 0.0, 1.0
    true, _ = x.arrays(x.entries[0])
    margin = 0.03 * max(float(np.ptp(true)), 1e-3)
    return float(true.min()) - margin, float(true.max()) + margin


def _panel(axes: Axes, x: Scored, entry: Entry, reach: tuple[float, float]) -> PolyCollection:
    true, predicted = x.arrays(entry)
    drawn = axes.hexbin(
        true, np.clip(predicted, *reach), gridsize=GRID, bins="log", mincnt=1, cmap="viridis",
        extent=(*reach, *reach), linewidths=0.1,
    )  # fmt: skip
    axes.plot(reach, reach, "-", color="#cc0000", lw=1)
    axes.set(xlim=reach, ylim=reach, aspect="equal")
    axes.set_xlabel(f"true {x.symbol} [{UNIT}]", fontsize=FONT - 1)
    axes.set_ylabel(f"predicted {x.symbol} [{UNIT}]", fontsize=FONT - 1)
    axes.tick_params(labelsize=FONT - 3)
    axes.set_title(_title(x, entry), fontsize=FONT - 1)
    return drawn


def _title(x: Scored, entry: Entry) -> str:
    name = entry.row.id.removeprefix(f"{x.task.id}-")
    return f"{x.sites}\n{name}: MAE {x.mae(entry).value:.3f}"


def _write(axes: Axes, title: str, text: str) -> None:
    axes.set_title(f"{title}\n", fontsize=FONT - 1)
    axes.set_box_aspect(1)
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, fontsize=FONT)
    axes.set(xticks=[], yticks=[])


def _inset(axes: Axes, x: Scored, entry: Entry, reach: tuple[float, float]) -> None:
    """Draw the share of samples in each bin, true and predicted."""
    inset = axes.inset_axes((0.12, 0.58, 0.37, 0.33))
    edges = np.linspace(*reach, BINS + 1)
    for values, colour, label in zip(
        x.arrays(entry), (COLOURS[0], COLOURS[1]), ("true", "predicted"), strict=True
    ):
        share = np.histogram(np.clip(values, *reach), edges)[0] / len(values)
        inset.stairs(share, edges, color=colour, lw=1.3, label=label)
    inset.set_yscale("log")
    inset.tick_params(labelsize=FONT - 5)
    inset.set_title(f"P({x.symbol})", fontsize=FONT - 3, pad=2)
    inset.legend(fontsize=FONT - 5, frameon=False, loc="upper right", borderpad=0.1)
