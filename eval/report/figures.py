"""Figures of the report: files, sizes, and the common look."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from mesoinv.generators.solvers.strip import Strip

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

FONT = 11
#: Colours that differ in lightness too.
COLOURS = ("#0b5394", "#e69138", "#38761d", "#a64d79", "#666666", "#b45f06")


def new_figure(width: float, height: float) -> Figure:
    """Return a figure [inches] that needs no display."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, path: Path, dpi: int = 100) -> None:
    """Write a PNG file with a palette of 256 colours: a third of the size."""
    from PIL import Image  # noqa: PLC0415

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    picture = Image.open(buffer).convert("RGB")
    picture.quantize(256, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


def extent() -> tuple[float, float, float, float]:
    """Return the sample's sides in µm, as `imshow` wants them."""
    strip = Strip()
    unit = strip.lattice_constant / 1e3
    return (0.0, strip.length * unit, 0.0, strip.width * unit)


def draw_map(axes: Axes, values: NDArray[Any], colours: str, low: float, high: float) -> AxesImage:
    """Draw a map (L, W) over the sample, source on the left."""
    axes.tick_params(labelsize=FONT - 2)
    return axes.imshow(
        values.astype(float).T, origin="lower", extent=extent(), cmap=colours, vmin=low, vmax=high,
        interpolation="nearest",
    )  # fmt: skip
