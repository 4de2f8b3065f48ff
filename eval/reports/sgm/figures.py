"""Figures of the report: samples beside each other, and what maps have to do with densities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.reports.sgm.physics import Physics, Spread

#: Columns of the figure of samples: title, colours, whether zero is in the middle.
SHOWN = {
    "potential": ("potential V [t]", "RdBu_r", True),
    "pldos": ("partial LDOS ρ [1/t]", "inferno", False),
    "conductance_change_weak": ("G − G₀, tip of 0.1 t [2e²/h]", "PuOr_r", True),
    "conductance_change": ("G − G₀, tip of 1 t", "PuOr_r", True),
    "conductance_change_wall": ("G − G₀, hard wall", "PuOr_r", True),
}
EXTENT = (0, 1.28, 0, 0.96)


def draw_samples(samples: Mapping[str, NDArray[Any]]) -> Figure:
    """Draw landscape, density and maps of each sample, one row a sample."""
    count = len(samples["potential"])
    figure = new_figure(3.1 * len(SHOWN), 2.5 * count)
    grid = figure.subplots(count, len(SHOWN), squeeze=False, sharex=True, sharey=True)
    for row, line in enumerate(grid):
        for axes, (name, (title, colours, centred)) in zip(line, SHOWN.items(), strict=True):
            values = samples[name][row].astype(float).T
            high = float(np.quantile(abs(values), 0.995))
            image = axes.imshow(
                values, origin="lower", cmap=colours, extent=EXTENT, vmax=high,
                vmin=-high if centred else 0,
            )  # fmt: skip
            figure.colorbar(image, ax=axes, shrink=0.8)
            if row == 0:
                axes.set_title(title, fontsize=FONT - 1)
            if row == count - 1:
                axes.set_xlabel("x [µm]", fontsize=FONT - 1)
        line[0].set_ylabel(f"G₀ = {samples['conductance'][row]:.2f}\ny [µm]", fontsize=FONT - 1)
    return figure


def draw_physics(measured: Physics) -> Figure:
    """Draw quartiles over samples against strength, temperature and width."""
    figure = new_figure(13.2, 4.0)
    one, two, three = figure.subplots(1, 3)
    for name, values, colour in (
        ("r with the density of states", measured.correlation, COLOURS[0]),
        ("relative error of first order", measured.first_order, COLOURS[1]),
    ):
        finite = {u: s for u, s in values.items() if np.isfinite(float(u))}
        _band(one, finite, name, colour)
    one.set_xscale("log")
    one.set_ylim(-1, 2)
    one.set_xlabel("strength of the tip [t]", fontsize=FONT)
    one.legend(fontsize=FONT - 2)
    _band(two, measured.temperature, "distance from the map at 0 K", COLOURS[0])
    two.set_xscale("log")
    two.set_xlabel("temperature [K]", fontsize=FONT)
    two.set_ylabel("relative L2 distance", fontsize=FONT)
    _band(three, measured.width, "r with the density of states", COLOURS[0])
    three.set_xlabel("width of a tip of 0.3 t [nm]", fontsize=FONT)
    three.set_ylabel("Pearson's r with the density", fontsize=FONT)
    for axes in (one, three):
        axes.axhline(0, color="0.6", lw=1, ls=":")
    return figure


def _band(axes: Any, values: Mapping[str, Spread], name: str, colour: str) -> None:
    place = [float(key) for key in values]
    axes.fill_between(
        place, [s.low for s in values.values()], [s.high for s in values.values()], color=colour,
        alpha=0.2, lw=0,
    )  # fmt: skip
    axes.plot(place, [s.median for s in values.values()], "o-", color=colour, label=name)
