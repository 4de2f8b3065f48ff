"""Figures of reports: files, sizes, and the common look."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from mesoinv.generators.common.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

FONT = 11
#: Colours that differ in lightness too.
COLOURS = ("#0b5394", "#e69138", "#38761d", "#a64d79", "#666666", "#b45f06")


def new_figure(width: float, height: float, dpi: int = 100) -> Figure:
    """Return a figure [inches] that needs no display."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    return Figure(figsize=(width, height), layout="constrained", dpi=dpi)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG file with a palette of 256 colours: a third of the size."""
    from PIL import Image  # noqa: PLC0415

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    picture = Image.open(buffer).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
    with replacing(path) as temporary:
        picture.save(temporary, format="png", optimize=True)
