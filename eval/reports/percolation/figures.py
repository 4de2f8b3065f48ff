"""Figures of the report: clusters, probabilities of spanning, what the density explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure
from mesoinv.generators.common import pictures
from mesoinv.generators.percolation import FINITE_THRESHOLD, THRESHOLD
from mesoinv.generators.solvers.percolation.clusters import cluster_labels
from mesoinv.zoo.metrics.families.percolation.spanning import fixed_density_accuracy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.zoo.metrics import Table

    RealArray = NDArray[np.float64]

MARKERS = "sov^Dx*"
#: Densities that are shown: the others have only one kind of sample.
WINDOW = (0.545, 0.66)


def draw_clusters(samples: Mapping[str, NDArray[Any]], rows: Sequence[int]) -> Figure:
    """Draw the clusters of some samples in colours, black if they span (the paper's Fig. 1(a))."""
    titles = [
        f"p = {samples['density'][i]:g}: {'spans' if samples['spanning'][i] else 'does not span'}"
        for i in rows
    ]
    figure = pictures.clusters_figure(
        [cluster_labels(samples["occupied"][i]) for i in rows], titles
    )
    figure.set_size_inches(3.2 * len(rows), 3.5)
    return figure


def draw_spanning(tables: Mapping[str, Table]) -> Figure:
    """Draw P(p), true and decided (Fig. 1(b)), beside accuracies at each density.

    Parameters
    ----------
    tables : mapping of str to Table
        Name of a model -> its table of the task of spanning.
    """
    figure = new_figure(11.5, 4.8)
    left, right = figure.subplots(1, 2)
    first = next(iter(tables.values()))
    density, share = _by_density(first, first["true"])
    left.plot(density, share, "k-", lw=1, label="truth: P(p)")
    left.plot(density, 1 - share, "k--", lw=1, label="truth: Q(p) = 1 - P(p)")
    for k, (name, table) in enumerate(tables.items()):
        style = {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)]}
        decided = (table["probability"] >= 0.5).astype(float)
        left.plot(*_by_density(table, decided), ls="none", mfc="none", label=name, **style)
        right.plot(*_fixed(table), lw=1, mfc="none", label=name, **style)
    for axes in (left, right):
        axes.axvline(FINITE_THRESHOLD, color="0.6", lw=1, ls="-.")
        axes.axvline(THRESHOLD, color="0.6", lw=1, ls=":")
        axes.set_xlim(*WINDOW)
        axes.set_xlabel("density p", fontsize=FONT)
    left.set_ylabel("share that spans", fontsize=FONT)
    left.legend(fontsize=FONT - 3)
    right.axhline(0.5, color="0.3", lw=1)
    right.set_ylim(0.45, 1.02)
    right.set_ylabel("accuracy, half of them spanning", fontsize=FONT)
    right.set_title("At a fixed density", fontsize=FONT)
    left.set_title("All samples", fontsize=FONT)
    right.legend(fontsize=FONT - 3)
    return figure


def _by_density(table: Table, values: RealArray) -> tuple[RealArray, RealArray]:
    """Return the densities and the means of values there."""
    density, place = np.unique(np.round(table["density"].astype(float), 6), return_inverse=True)
    return density, np.bincount(place, values) / np.bincount(place)


def _fixed(table: Table) -> tuple[RealArray, RealArray]:
    """Return the densities that have both kinds of samples, ten or more, and the accuracy there."""
    density = np.round(table["density"].astype(float), 6)
    known, values = [], []
    for p in np.unique(density):
        part = {name: np.asarray(v[density == p], dtype=float) for name, v in table.items()}
        if min(part["true"].sum(), (1 - part["true"]).sum()) >= 10:
            known.append(p)
            values.append(
                fixed_density_accuracy(part["true"], part["probability"], part["density"])
            )
    return np.array(known), np.array(values, dtype=float)


def draw_confusion(spanning: Mapping[str, Table], classes: Mapping[str, Table]) -> Figure:
    """Draw the confusion matrices (Figs. 2(a) and 1(c)): spanning, and classes of density."""
    count = len(spanning) + len(classes)
    columns = min(count, 3)
    lines = -(-count // columns)
    figure = new_figure(4.1 * columns, 3.9 * lines)
    panels = np.ravel(figure.subplots(lines, columns, squeeze=False))
    for axes in panels[count:]:
        axes.set_axis_off()
    for axes, (name, table) in zip(panels, spanning.items(), strict=False):
        counts = _confusion(table["true"], table["probability"] >= 0.5, 2)
        _matrix(axes, counts, name)
        axes.set_xticks([0, 1], ["N", "S"])
        axes.set_yticks([0, 1], ["N'", "S'"])
        for (i, j), number in np.ndenumerate(counts):
            dark = number > counts.max() / 2
            axes.text(j, i, f"{number}", ha="center", va="center", color="w" if dark else "k")
    for axes, (name, table) in zip(panels[len(spanning) :], classes.items(), strict=False):
        _matrix(axes, _confusion(table["true"], table["predicted"].clip(0, 30), 31), name)
    return figure


def _confusion(true: RealArray, predicted: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Return counts (predicted, true), as the paper has its axes."""
    keys = count * predicted.astype(int) + true.astype(int)
    return np.bincount(keys, minlength=count**2).reshape(count, count)


def _matrix(axes: Axes, counts: NDArray[np.int64], name: str) -> None:
    from matplotlib.colors import SymLogNorm  # noqa: PLC0415  (slow to import)

    # zero is white, and a few errors are seen beside thousands
    norm = SymLogNorm(1, vmin=0, vmax=float(counts.max()))
    drawn = axes.imshow(counts, cmap="Blues", origin="lower", norm=norm)
    bar = axes.figure.colorbar(drawn, ax=axes, shrink=0.8)
    bar.set_label("samples", fontsize=FONT - 2)
    axes.set_xlabel("true", fontsize=FONT - 1)
    axes.set_ylabel("predicted", fontsize=FONT - 1)
    axes.set_title(name, fontsize=FONT - 1)
