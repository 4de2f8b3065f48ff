"""Figures of reports: files, sizes, and the common look."""

from __future__ import annotations

import io
from string import ascii_lowercase
from typing import TYPE_CHECKING

from mesoinv.generators.common.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

FONT = 11
#: What matplotlib calls the axes of a colour bar.
_COLOUR_BAR = "<colorbar>"
#: Colours that differ in lightness too.
COLOURS = ("#0b5394", "#e69138", "#38761d", "#a64d79", "#666666", "#b45f06")


def new_figure(width: float, height: float, dpi: int = 100) -> Figure:
    """Return a figure [inches] that needs no display."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    return Figure(figsize=(width, height), layout="constrained", dpi=dpi)


def save_pdf(figure: Figure, path: Path) -> None:
    """Write a PDF file whose panels have letters, for a paper."""
    letter_panels(figure)
    with replacing(path) as temporary:
        # no date: the same figure is the same file
        figure.savefig(temporary, format="pdf", metadata={"CreationDate": None})


def letter_panels(figure: Figure) -> None:
    """Write (a), (b) … into the panels of a figure that has several and no letters yet."""
    panels = [a for a in figure.axes if a.axison and a.get_label() != _COLOUR_BAR]
    if len(panels) < 2 or any(a.get_title().startswith("(") for a in panels):
        return
    for letter, axes in zip(ascii_lowercase, panels, strict=False):
        axes.text(
            0.02, 0.98, f"({letter})", transform=axes.transAxes, va="top", fontsize=FONT, zorder=10,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1.5},
        )  # fmt: skip


def save(figure: Figure, path: Path) -> None:
    """Write a PNG file with a palette of 256 colours: a third of the size."""
    from PIL import Image  # noqa: PLC0415

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    picture = Image.open(buffer).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
    with replacing(path) as temporary:
        picture.save(temporary, format="png", optimize=True)
