"""Figures of the report: crystals by space group, examples, and losses of two networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.figures import COLOURS, FONT, new_figure
from mesoinv.generators.solvers.lacbed.cubic_groups import NUMBERS, space_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Example:
    """One sample: words, its score, and the maps that are given, true and predicted."""

    title: str
    score: float
    given: NDArray[Any]
    true: NDArray[Any]
    predicted: NDArray[Any]


@dataclass(frozen=True)
class Groups:
    """Samples of a configuration: the space group of each, and R, where a model was asked."""

    title: str
    number: NDArray[Any]
    score: NDArray[Any] | None


def draw_groups(sets: Sequence[Groups], model: str) -> Figure:
    """Draw how many crystals each group has, and their mean R (after Fig. 7).

    Parameters
    ----------
    sets : sequence of Groups
    model : str
        Whose R it is.
    """
    figure = new_figure(13.0, 6.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    width = 0.8 / len(sets)
    places = np.arange(len(NUMBERS))
    for k, samples in enumerate(sets):
        at = places + (k - (len(sets) - 1) / 2) * width
        counts = np.array([(samples.number == n).sum() for n in NUMBERS])
        label = f"{samples.title}: {len(samples.number)} crystals"
        upper.bar(at, counts, width, color=COLOURS[k], label=label)
        if samples.score is not None:
            _draw_scores(lower, at, samples, COLOURS[k])
    upper.set_yscale("log")
    upper.set_ylabel("crystals", fontsize=FONT)
    upper.legend(fontsize=FONT - 2)
    lower.set_ylabel(f"mean R, {model}", fontsize=FONT)
    lower.set_xlabel("space group", fontsize=FONT)
    names = [space_group(n).symbol for n in NUMBERS]
    lower.set_xticks(places, names, rotation=90, fontsize=FONT - 3)
    return figure


def _draw_scores(axes: Axes, at: NDArray[Any], samples: Groups, colour: str) -> None:
    assert samples.score is not None
    for place, number in zip(at, NUMBERS, strict=True):
        values = samples.score[samples.number == number]
        if len(values):
            error = values.std() / np.sqrt(len(values))
            axes.errorbar(place, values.mean(), error, marker="o", ms=4, lw=1, color=colour)


def draw_examples(
    examples: Sequence[Example], titles: Sequence[str], maps: Sequence[str], heading: str
) -> Figure:
    """Draw samples in rows: given, true, predicted, difference (after Fig. 8).

    Parameters
    ----------
    examples : sequence of Example
    titles : sequence of str
        Of the four columns.
    maps : sequence of str
        Colour maps of what is given and of what is wanted.
    heading : str
    """
    figure = new_figure(10.4, 2.7 * len(examples) + 0.5, dpi=80)
    panels = figure.subplots(len(examples), 4, squeeze=False)
    for row, example in zip(panels, examples, strict=True):
        high = float(np.quantile(example.true, 0.998))
        reach = float(np.abs(example.predicted - example.true).max())
        given = float(np.quantile(example.given, 0.998))
        _draw_map(row[0], example.given, maps[0], 0, given)
        _draw_map(row[1], example.true, maps[1], 0, high)
        image = _draw_map(row[2], example.predicted, maps[1], 0, high)
        figure.colorbar(image, ax=row[2], fraction=0.046)
        image = _draw_map(row[3], example.predicted - example.true, "PuOr", -reach, reach)
        figure.colorbar(image, ax=row[3], fraction=0.046)
        row[0].set_ylabel(f"{example.title}\nR = {example.score:.4f}", fontsize=FONT - 1)
    for axes, title in zip(panels[0], titles, strict=True):
        axes.set_title(title, fontsize=FONT)
    figure.suptitle(heading, fontsize=FONT + 1)
    return figure


def _draw_map(axes: Axes, values: NDArray[Any], colours: str, low: float, high: float) -> AxesImage:
    axes.set_xticks([])
    axes.set_yticks([])
    shown = np.asarray(values, dtype=float).T
    return axes.imshow(shown, origin="lower", cmap=colours, vmin=low, vmax=high)


def draw_losses(logs: Mapping[str, Mapping[str, NDArray[Any]]]) -> Figure:
    """Draw the losses of the two networks of each conditional GAN, epoch by epoch.

    Parameters
    ----------
    logs : mapping of str to mapping of str to array
        Model -> name of a loss -> its values; not a number where an epoch has none.
    """
    figure = new_figure(5.6 * len(logs), 4.0)
    panels = figure.subplots(1, len(logs), squeeze=False)[0]
    for axes, (name, losses) in zip(panels, logs.items(), strict=True):
        for colour, (loss, values) in zip(COLOURS, losses.items(), strict=False):
            known = values[np.isfinite(values)]
            axes.plot(1 + np.arange(len(known)), known, marker="o", color=colour, label=loss)
        axes.axhline(np.log(2), color="0.6", ls="--", lw=1)
        axes.set_yscale("log")
        axes.set_xlabel("epoch", fontsize=FONT)
        axes.set_title(name, fontsize=FONT - 1)
        axes.legend(fontsize=FONT - 3)
    return figure
