"""Figures of the report: states, confusions, losses, phases, learning."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure
from mesoinv.generators.solvers.anderson3d.paper_grid import CRITICAL, DISORDERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.reports.anderson3d.learning import Curve
    from mesoinv.zoo.metrics import Table

    RealArray = NDArray[np.float64]

MARKERS = "osvD^x"


def draw_states(samples: Mapping[str, NDArray[Any]], side: int) -> Figure:
    """Draw pictures of states side by side (the paper's Fig. 3)."""
    count = len(samples["image"])
    figure = new_figure(3.6 * count, 4.1)
    for row, axes in enumerate(np.atleast_1d(figure.subplots(1, count))):
        axes.imshow(samples["image"][row], cmap="gray", vmin=0, vmax=255)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(
            f"w = {samples['disorder'][row]:g}, {side}³ sites\n"
            f"participation ratio {samples['participation_ratio'][row]:.0f}",
            fontsize=FONT,
        )
    return figure


def draw_confusion(tables: Mapping[str, Table]) -> Figure:
    """Draw shares of answers at each true strength (Fig. 4(a)), one panel a model."""
    figure = new_figure(4.0 * len(tables), 4.4)
    last = len(DISORDERS) - 1
    for axes, (name, table) in zip(
        np.atleast_1d(figure.subplots(1, len(tables))), tables.items(), strict=True
    ):
        true = table["true"].astype(int)
        counts = np.zeros((last + 1, last + 1))
        np.add.at(counts, (true, table["predicted"].clip(0, last).astype(int)), 1)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        image = axes.imshow(shares, cmap="Blues", origin="lower", vmin=0)
        figure.colorbar(image, ax=axes, shrink=0.75)
        places = [0, 4, 8, 12, 16]
        axes.set_xticks(places, [f"{DISORDERS[k]:g}" for k in places])
        axes.set_yticks(places, [f"{DISORDERS[k]:g}" for k in places])
        axes.set_xlabel("predicted w", fontsize=FONT)
        axes.set_ylabel("true w", fontsize=FONT)
        axes.set_title(f"{name}\naccuracy {np.trace(counts) / counts.sum():.1%}", fontsize=FONT - 2)
    return figure


def draw_losses(logs: Mapping[str, Path]) -> Figure:
    """Draw losses of training and of validation against epochs (Fig. 4(b))."""
    figure = new_figure(6.4, 4.4)
    axes = figure.subplots()
    for (name, path), colour in zip(logs.items(), COLOURS, strict=False):
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        for key, style, word in (
            ("train_loss", "--", "training"), ("validation_loss", "-", "validation"),
        ):  # fmt: skip
            points = [(int(r["epoch"]) + 1, float(r[key])) for r in rows if r.get(key)]
            axes.plot(*np.array(points).T, style, color=colour, label=f"{name}, {word}")
    axes.axhline(np.log(len(DISORDERS)), color="0.6", lw=1, ls=":", label="chance")
    axes.set_xlabel("epoch", fontsize=FONT)
    axes.set_ylabel("cross-entropy", fontsize=FONT)
    axes.legend(fontsize=FONT - 3)
    return figure


def draw_phases(panels: Mapping[str, Mapping[str, Table]]) -> Figure:
    """Draw mean probabilities of the extended phase against w, one panel a lattice."""
    figure = new_figure(5.4 * len(panels), 4.4)
    for axes, (title, tables) in zip(
        np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True
    ):
        for k, (name, table) in enumerate(tables.items()):
            strength, place = np.unique(table["disorder"], return_inverse=True)
            count = np.bincount(place)
            mean = np.bincount(place, table["probability"]) / count
            square = np.bincount(place, table["probability"] ** 2) / count
            error = 2 * np.sqrt(np.maximum(square - mean**2, 0) / count)
            axes.errorbar(
                strength, mean, error, marker=MARKERS[k % 6], color=COLOURS[k % 6], mfc="none",
                lw=1, label=name,
            )  # fmt: skip
        axes.axvline(CRITICAL, color="0.6", lw=1, ls=":")
        axes.axhline(0.5, color="0.6", lw=1)
        axes.set_xlabel("w [hopping]", fontsize=FONT)
        axes.set_ylabel("mean probability of the extended phase", fontsize=FONT)
        axes.set_title(title, fontsize=FONT)
        axes.legend(fontsize=FONT - 3)
    return figure


def draw_learning(curves: Sequence[Curve], paper: Mapping[str, float]) -> Figure:
    """Draw accuracies against the number of training states, one panel a lattice."""
    configs = list(dict.fromkeys(curve.config for curve in curves))
    figure = new_figure(5.4 * len(configs), 4.4)
    panels = np.atleast_1d(figure.subplots(1, len(configs), sharey=True))
    for axes, config in zip(panels, configs, strict=True):
        for k, curve in enumerate(c for c in curves if c.config == config):
            axes.errorbar(
                curve.states, curve.accuracy, 2 * np.array(curve.error), marker=MARKERS[k % 6],
                color=COLOURS[k % 6], mfc="none", lw=1, label=curve.name,
            )  # fmt: skip
        if config in paper:
            axes.plot(5000, paper[config], "k*", ms=10, label="paper, ResNet18 on pictures")
        axes.axhline(1 / len(DISORDERS), color="0.6", lw=1, ls=":", label="chance")
        axes.set_xscale("log")
        axes.set_ylim(0, 1)
        axes.set_xlabel("training states of each strength", fontsize=FONT)
        axes.set_title(config, fontsize=FONT)
    panels[0].set_ylabel("accuracy", fontsize=FONT)
    panels[0].legend(fontsize=FONT - 3)
    return figure


def draw_bounds(panels: Mapping[str, tuple[RealArray, RealArray]]) -> Figure:
    """Draw how far the bound of single states stays below w.

    Parameters
    ----------
    panels : mapping of str to pair of (N,) arrays
        Name -> w, and the bound [hopping].
    """
    figure = new_figure(6.4, 4.4)
    axes = figure.subplots()
    for k, (name, (disorder, bound)) in enumerate(panels.items()):
        gap = np.sort(disorder - bound)
        share = np.arange(1, len(gap) + 1) / len(gap)
        axes.plot(gap, share, color=COLOURS[k % 6], label=name)
    for step in (0.1, 0.25):
        axes.axvline(step, color="0.6", lw=1, ls=":")
    axes.set_xlim(-0.1, 1.2)
    axes.set_xlabel("w - bound [hopping]", fontsize=FONT)
    axes.set_ylabel("share of states that are nearer", fontsize=FONT)
    axes.legend(fontsize=FONT - 2)
    return figure
