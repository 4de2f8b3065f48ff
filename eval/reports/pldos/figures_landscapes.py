"""Figures of the models that predict landscapes, after the paper's figures 4 to 8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

    from mesoinv.eval.reports.pldos.predictions import Landscapes


def draw_coefficients(models: list[Landscapes]) -> Figure:
    """Draw the mean squared errors of Re C and Im C, in units of σ², over the half plane of q."""
    from matplotlib.colors import LogNorm  # noqa: PLC0415

    figure = new_figure(5.2 * len(models) + 0.8, 4.8)
    strip = Strip()
    steps = 2e3 * np.pi / (strip.lattice_constant * np.array([strip.length, strip.width]))
    panels = figure.subplots(2, len(models), squeeze=False, sharex=True, sharey=True)
    errors = [m.coefficient_error for m in models if m.coefficient_error is not None]
    low = min(max(min(float(e.min()) for e in errors), 1e-4), 0.1)
    norm = LogNorm(low, 1.5)
    for column, (model, error) in enumerate(zip(models, errors, strict=True)):
        q = coulomb.wave_vectors(50.0, strip).numbers[: len(error)] * steps
        for row, part in enumerate(("Im C", "Re C")):
            axes = panels[row, column]
            drawn = axes.scatter(*q.T, c=error[:, 1 - row], s=34, cmap="viridis_r", norm=norm)
            axes.set_aspect("equal")
            axes.text(0.02, 0.9, part, transform=axes.transAxes, fontsize=FONT)
            axes.set_ylabel("$q_y$ [µm⁻¹]" if column == 0 else "", fontsize=FONT)
        panels[0, column].set_title(model.name, fontsize=FONT - 1)
        panels[1, column].set_xlabel("$q_x$ [µm⁻¹]", fontsize=FONT)
    bar = figure.colorbar(drawn, ax=panels, fraction=0.05, pad=0.02)
    bar.set_label("mean squared error / σ²", fontsize=FONT)
    return figure


def draw_examples(shown: Landscapes) -> Figure:
    """Draw density, landscape, prediction and error of the best, median and worst sample."""
    figure = new_figure(12.0, 7.6, dpi=74)
    panels = figure.subplots(3, 4, sharex=True, sharey=True)
    reach = max(float(abs(e.true).max()) for e in shown.examples.values())
    spread = max(float(abs(e.predicted - e.true).max()) for e in shown.examples.values())
    images = {}
    for row, (name, example) in zip(panels, shown.examples.items(), strict=True):
        high = float(np.quantile(example.density, 0.995))
        _draw_map(row[0], example.density / high, "inferno", 0, 1)
        _draw_map(row[1], example.true, "RdBu_r", -reach, reach)
        images["V"] = _draw_map(row[2], example.predicted, "RdBu_r", -reach, reach)
        images["Δ"] = _draw_map(row[3], example.predicted - example.true, "PuOr", -spread, spread)
        row[0].set_ylabel(f"{name}: r = {example.r:.4f}\n\ny [µm]", fontsize=FONT)
    titles = ("density ρ (input)", "landscape V", "prediction", "prediction − V")
    for axes, below, title in zip(panels[0], panels[-1], titles, strict=True):
        axes.set_title(title, fontsize=FONT)
        below.set_xlabel("x [µm]", fontsize=FONT)
    for columns, image in ((panels[:, 1:3], images["V"]), (panels[:, 3], images["Δ"])):
        figure.colorbar(
            image, ax=columns, location="bottom", fraction=0.04, pad=0.02, shrink=0.6
        ).set_label("[t]", fontsize=FONT)
    count = len(shown.r)
    figure.suptitle(f"{shown.name}, of {count} test samples", fontsize=FONT + 1)
    return figure


def draw_error_maps(models: list[Landscapes]) -> Figure:
    """Draw the root mean square of the error at each site, in units of the landscapes' rms."""
    rms = coulomb.ensemble_rms(50.0, 1.0)
    columns = min(2, len(models))
    rows = -(-len(models) // columns)
    figure = new_figure(5.4 * columns, 3.9 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(models) :]:
        axes.set_axis_off()
    for axes, model in zip(panels, models, strict=False):
        relative = model.error_map / rms
        low, high = np.quantile(relative, [0.0, 0.99])
        image = _draw_map(axes, relative, "viridis", low, high)
        bar = figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02, extend="max")
        bar.set_label("rms error / rms", fontsize=FONT)
        axes.set_title(model.name, fontsize=FONT)
        axes.set(xlabel="x [µm]", ylabel="y [µm]")
    return figure


def draw_correlations(groups: dict[str, list[Landscapes]]) -> Figure:
    """Draw histograms of Pearson's r, a panel for each title, on an axis that stretches to 1."""
    figure = new_figure(5.2 * len(groups), 4.0)
    panels = figure.subplots(1, len(groups), squeeze=False)[0]
    for axes, (title, models) in zip(panels, groups.items(), strict=True):
        _draw_histograms(axes, models)
        axes.set_title(title, fontsize=FONT)
    return figure


def _draw_histograms(axes: Axes, models: list[Landscapes]) -> None:
    lowest = 1.1 * max(float((1 - m.r).max()) for m in models)
    highest = 0.9 * min(float((1 - m.r).min()) for m in models)
    bins = np.geomspace(highest, lowest, 70).tolist()
    for model, colour in zip(models, COLOURS, strict=False):
        weights = np.full(len(model.r), 1 / len(model.r))
        label = f"{model.name}, median {np.median(model.r):.4f}"
        axes.hist(1 - model.r, bins, weights=weights, color=colour, alpha=0.75, label=label)
    axes.set_xscale("log")
    axes.minorticks_off()
    ticks = [t for t in _ticks(lowest, highest) if highest < 1 - t < lowest]
    axes.set_xticks([1 - t for t in ticks], [f"{t:.6g}" for t in ticks], fontsize=FONT - 2)
    axes.set_xlim(lowest, highest)
    axes.set_ylim(top=axes.get_ylim()[1] * (1.1 + 0.1 * len(models)))
    axes.axvline(0.01, color="0.4", lw=0.9, ls=":")
    axes.set_xlabel("Pearson's r", fontsize=FONT)
    axes.set_ylabel("share of samples", fontsize=FONT)
    axes.legend(fontsize=FONT - 3, loc="upper left")


def _ticks(lowest: float, highest: float) -> list[float]:
    """Return round values of r that stand apart on the axis."""
    room, ticks = np.log(lowest / highest) / 8, [2.0]
    far = [1 - m * 10.0**-e for e in (1, 2, 3, 4) for m in (9, 8, 7, 6, 5, 4, 3, 2, 1.5, 1)]
    for tick in [0.0, *far]:
        if len(ticks) == 1 or np.log((1 - ticks[-1]) / (1 - tick)) > room:
            ticks.append(tick)
    return ticks[1:]


def _extent() -> tuple[float, float, float, float]:
    """Return the sample's sides in µm, as `imshow` wants them."""
    strip = Strip()
    unit = strip.lattice_constant / 1e3
    return (0.0, strip.length * unit, 0.0, strip.width * unit)


def _draw_map(axes: Axes, values: NDArray[Any], colours: str, low: float, high: float) -> AxesImage:
    """Draw a map (L, W) over the sample, source on the left."""
    axes.tick_params(labelsize=FONT - 2)
    return axes.imshow(
        values.astype(float).T, origin="lower", extent=_extent(), cmap=colours, vmin=low, vmax=high,
        interpolation="nearest",
    )  # fmt: skip
