"""Figures of the models that predict numbers, after the paper's figure 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure
from mesoinv.generators.solvers.pldos import coulomb, estimation
from mesoinv.generators.solvers.pldos.strip import Strip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.board.rows import Entry


def draw_donors(entry: Entry) -> Figure:
    """Draw relative errors of N_d against those of s, coloured by the error of the rms."""
    ds, dn = (_relative(entry, c) for c in ("s", "n_d"))
    figure = new_figure(7.2, 6.2)
    grid = figure.add_gridspec(2, 3, width_ratios=(5, 1.1, 0.18), height_ratios=(1.1, 5))
    main = figure.add_subplot(grid[1, 0])
    colour = main.scatter(
        100 * ds, 100 * dn, c=100 * _rms_error(entry), s=7, cmap="coolwarm", vmin=-20, vmax=20,
        linewidths=0, rasterized=True,
    )  # fmt: skip
    _decorate(main, entry)
    reach = 100 * max(np.quantile(abs(ds), 0.998), 0.1), 100 * max(np.quantile(abs(dn), 0.998), 0.3)
    main.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
    main.set_xlabel("error of s / s [%]", fontsize=FONT)
    main.set_ylabel("error of $N_d$ / $N_d$ [%]", fontsize=FONT)
    main.legend(fontsize=FONT - 2, loc="upper left", framealpha=0.9)
    top = figure.add_subplot(grid[0, 0], sharex=main)
    top.hist(100 * ds, bins=np.linspace(-reach[0], reach[0], 61).tolist(), color=COLOURS[1])
    side = figure.add_subplot(grid[1, 1], sharey=main)
    side.hist(
        100 * dn, bins=np.linspace(-reach[1], reach[1], 61).tolist(), color=COLOURS[1],
        orientation="horizontal",
    )  # fmt: skip
    for axes in (top, side):
        axes.tick_params(labelbottom=False, labelleft=False, left=False, bottom=False)
        axes.spines[:].set_visible(False)
    bar = figure.colorbar(colour, cax=figure.add_subplot(grid[1, 2]), extend="both")
    bar.set_label("error of the rms that follows / rms [%]", fontsize=FONT)
    figure.suptitle(f"{entry.row.id}, {len(ds)} test samples", fontsize=FONT)
    return figure


def _decorate(axes: Axes, entry: Entry) -> None:
    """Draw the line of constant rms and the Cramér-Rao ellipse, at the mean s and N_d."""
    s, n_d = (float(entry.result.table[f"{c} true"].mean()) for c in ("s", "n_d"))
    step = 0.05
    rms = [coulomb.ensemble_rms(x, n_d) for x in (s * (1 - step), s * (1 + step))]
    slope = -2 * np.log(rms[1] / rms[0]) / (2 * step)  # N_d s-power that keeps the rms
    line = np.array([-200.0, 200.0])
    axes.plot(line, slope * line, "k--", lw=1.2, label="rms unchanged (linearised)")
    q = coulomb.wave_vectors(s, Strip()).length
    covariance = np.linalg.inv(estimation.fisher_information(q)) / np.outer((1, s), (1, s))
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = vectors @ (np.sqrt(values)[:, None] * np.stack([np.cos(angle), np.sin(angle)]))
    axes.plot(
        100 * circle[1], 100 * circle[0], "k-", lw=1.5,
        label="1σ, Cramér-Rao, end of series not used",
    )  # fmt: skip
    axes.axhline(0, color="0.8", lw=0.6, zorder=0)
    axes.axvline(0, color="0.8", lw=0.6, zorder=0)


def draw_statistics(entries: list[Entry]) -> Figure:
    """Draw histograms of the relative errors of rms and ξ, the inset of the paper's figure 3."""
    figure = new_figure(8.4, 3.6)
    labels = {"potential_rms": "error of rms / rms [%]", "correlation_length": "error of ξ / ξ [%]"}
    for axes, (column, label) in zip(figure.subplots(1, 2), labels.items(), strict=True):
        bins = np.linspace(-30, 30, 61).tolist()
        for model, colour in zip(entries, COLOURS, strict=False):
            errors = 100 * _relative(model, column)
            axes.hist(
                errors, bins=bins, histtype="step", lw=1.6, color=colour, density=True,
                label=f"{model.row.id}: {errors.std():.1f} %",
            )  # fmt: skip
        axes.set_xlabel(label, fontsize=FONT)
        axes.set_ylabel("share per %", fontsize=FONT)
        axes.legend(fontsize=FONT - 4, loc="upper left")
        axes.set_ylim(top=axes.get_ylim()[1] * (1.1 + 0.09 * len(entries)))
    return figure


def _relative(entry: Entry, column: str) -> NDArray[np.float64]:
    table = entry.result.table
    return table[f"{column} error"] / table[f"{column} true"]


def _rms_error(entry: Entry) -> NDArray[np.float64]:
    """Relative error of the rms that follows from s and N_d."""
    grid = np.linspace(20.0, 110.0, 181)
    unit = np.array([coulomb.ensemble_rms(float(x), 1.0) for x in grid])

    def rms(donors: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.interp(donors["s"], grid, unit) * np.sqrt(np.maximum(donors["n_d"], 0))

    table = entry.result.table
    true = {c: table[f"{c} true"] for c in ("s", "n_d")}
    predicted = {c: true[c] + table[f"{c} error"] for c in true}
    return rms(predicted) / rms(true) - 1
