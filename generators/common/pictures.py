"""Pictures of maps on a lattice: with axes for people, one pixel a site for viewers.

matplotlib is imported when something is drawn, not before, and never needs a display.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Dots per inch of saved figures.
DPI = 110


@contextmanager
def own_style() -> Iterator[None]:
    """Draw in matplotlib's default style; the user's own is as it was afterwards.

    Somebody's file of settings may ask for LaTeX, which need not be there or take our words.
    """
    import matplotlib.style  # noqa: PLC0415  (slow to import)

    with matplotlib.style.context("default"):
        yield


@dataclass(frozen=True)
class Map:
    """A quantity on the lattice and how it is coloured.

    Attributes
    ----------
    values : (L, W) array
        First axis along the sample.
    label, unit : str
        For the colour bar.
    colours : str
        A matplotlib colour map.
    centred : bool
        Zero is the middle of the colours.
    high : float
        Quantile at which the colours end; a few bright sites would darken all others.
    reach : float
        Where the colours of a centred map end, so that two maps can be compared; by default at its
        largest absolute value.
    """

    values: NDArray[np.floating[Any]]
    label: str
    unit: str
    colours: str
    centred: bool = False
    high: float = 1.0
    reach: float = 0.0

    def limits(self) -> tuple[float, float]:
        """Return the values at the ends of the colours."""
        if self.centred:
            reach = self.reach or float(np.abs(self.values).max()) or 1.0
            return -reach, reach
        low, high = float(self.values.min()), float(np.quantile(self.values, self.high))
        return low, high if high > low else low + 1.0


@dataclass(frozen=True)
class Curve:
    """A quantity as a function of another, to be drawn beside a map.

    Attributes
    ----------
    x, y : (N,) arrays
        The points.
    labels : (str, str)
        Of the axes, with units.
    levels : dict of str to float
        Horizontal lines, label -> height.
    points : dict of str to (float, float)
        Single points, label -> (x, y).
    """

    x: NDArray[np.floating[Any]]
    y: NDArray[np.floating[Any]]
    labels: tuple[str, str]
    levels: Mapping[str, float] = field(default_factory=dict)
    points: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def slice_of(values: NDArray[Any]) -> NDArray[Any]:
    """Return the middle slice of an array of more than two axes; a map as it is."""
    while values.ndim > 2:
        values = values[len(values) // 2]
    return values


def compared(true: NDArray[Any], predicted: NDArray[Any], name: str, unit: str) -> list[Map]:
    """Return maps of the truth, the prediction and its error, the first two on one scale.

    Parameters
    ----------
    true, predicted : (L, W) arrays
        Values of one sample.
    name, unit : str
        Of the quantity.
    """
    reach = float(max(np.abs(true).max(), np.abs(predicted).max()))
    drawn = {name: true, f"predicted {name.rsplit(maxsplit=1)[-1]}": predicted}
    maps = [Map(v, label, unit, "RdBu_r", centred=True, reach=reach) for label, v in drawn.items()]
    error = Map(predicted - true, "error, predicted - true", unit, "PuOr_r", centred=True)
    return [*maps, error]


def side_by_side(
    maps: Sequence[Map], *, extent: tuple[float, ...], unit: str, title: str = "", rows: int = 1
) -> Figure:
    """Draw maps in one row or several, with units and colour bars.

    Parameters
    ----------
    maps : sequence of Map
        What to draw.
    extent : (float, float)
        Length and width of the sample.
    unit : str
        Of the extent.
    title : str
        Above all maps.
    rows : int
        Of the picture.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    length, width = extent
    columns = -(-len(maps) // rows)
    size = (5.2 * columns, (4.4 * width / length + 0.5) * rows)
    figure = Figure(figsize=size, layout="constrained")
    panels = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axes, drawn in zip(panels, maps, strict=False):
        _draw_map(axes, drawn, (length, width), unit)
    for axes in panels[len(maps) :]:
        axes.set_axis_off()
    figure.suptitle(title, fontsize=11)
    return figure


def _draw_map(axes: Axes, drawn: Map, extent: tuple[float, float], unit: str) -> None:
    low, high = drawn.limits()
    image = axes.imshow(
        np.asarray(drawn.values, dtype=float).T,
        origin="lower", extent=(0, extent[0], 0, extent[1]), cmap=drawn.colours,
        vmin=low, vmax=high,
    )  # fmt: skip
    axes.set(xlabel=f"x [{unit}]", ylabel=f"y [{unit}]")
    more = "max" if drawn.high < 1 else "neither"
    bar = axes.figure.colorbar(image, ax=axes, extend=more, fraction=0.045, pad=0.02)
    bar.set_label(f"{drawn.label} [{drawn.unit}]")


def beside_curve(drawn: Map, curve: Curve, unit: str, title: str = "") -> Figure:
    """Draw a map and a curve in one row.

    Parameters
    ----------
    drawn : Map
        Left.
    curve : Curve
        Right.
    unit : str
        Of the map's extent, one for each of its sites.
    title : str
        Above both.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    figure = Figure(figsize=(10.4, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    length, width = drawn.values.shape
    _draw_map(left, drawn, (length, width), unit)
    right.plot(curve.x, curve.y, "o-", color="C0")
    for label, height in curve.levels.items():
        right.axhline(height, color="C0", linestyle=":", label=label)
    for label, (x, y) in curve.points.items():
        right.plot(x, y, "D", color="C3", label=label)
    right.set(xlabel=curve.labels[0], ylabel=curve.labels[1])
    right.set_ylim(0, 1.06 * right.get_ylim()[1])
    right.grid(alpha=0.3)
    if curve.levels or curve.points:
        right.legend()
    figure.suptitle(title, fontsize=11)
    return figure


def clusters_figure(labels: Sequence[NDArray[np.integer[Any]]], titles: Sequence[str]) -> Figure:
    """Draw numbered regions side by side, in colours that tell neighbours apart.

    Parameters
    ----------
    labels : sequence of (L, W) array of int
        0 is white, negative numbers are black, others take one of ten colours.
    titles : sequence of str
        Above each.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.colors import ListedColormap  # noqa: PLC0415  (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    ten = ListedColormap(["black", "white", *(f"C{k}" for k in range(10))])
    figure = Figure(figsize=(5.4 * len(labels), 5.6), layout="constrained")
    for axes, drawn, title in zip(
        np.atleast_1d(figure.subplots(1, len(labels))), labels, titles, strict=True
    ):
        colours = np.where(drawn > 0, 2 + drawn * 7 % 10, np.where(drawn < 0, 0, 1))
        # axis 0 goes down: the first row is the top
        axes.imshow(colours, cmap=ten, vmin=-0.5, vmax=11.5, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9)
    return figure


def save_figure(figure: Figure, path: Path, source: str) -> None:
    """Write a figure as PNG in one step, noting what it was drawn from.

    Parameters
    ----------
    figure : Figure
        A matplotlib figure.
    path : Path
        The PNG file; its folder is made.
    source : str
        Goes into the file's ``Source`` entry.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with own_style(), replacing(path) as temporary:
        # no Software entry: it names matplotlib's version, and equal pictures should be equal files
        figure.savefig(
            temporary,
            format="png",
            dpi=DPI,
            bbox_inches="tight",
            metadata={"Source": source, "Software": None},
        )


def map_png(drawn: Map) -> bytes:
    """Return a PNG file of a map, one pixel a site, the first axis to the right."""
    from matplotlib.image import imsave  # noqa: PLC0415  (slow to import)

    low, high = drawn.limits()
    pixels = np.asarray(drawn.values, dtype=float).T
    buffer = io.BytesIO()
    imsave(
        buffer, pixels, origin="lower", cmap=drawn.colours, vmin=low, vmax=high, format="png",
    )  # fmt: skip
    return buffer.getvalue()
