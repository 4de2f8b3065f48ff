"""The figures of a card: one sample of every declared configuration, drawn from the built files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from mesoinv.generators.common.pictures import own_style, save_figure
from mesoinv.generators.pipeline.base import Dataset
from mesoinv.generators.pipeline.storage import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from mesoinv.dataset_cards.facts import Build
    from mesoinv.generators.pipeline.manifest import Shard

FIGURES, ROW = "figures", 0


@dataclass(frozen=True)
class CardFigure:
    """A figure as the card names it.

    Attributes
    ----------
    config : str
        Configuration of the sample.
    path : str
        PNG file, relative to the build.
    shard : Shard
        The file the sample was read from.
    """

    config: str
    path: str
    shard: Shard

    @property
    def source(self) -> str:
        """Which sample is shown."""
        return f"sample {self.shard.first_row + ROW}, read from `{self.shard.file}`"


def draw_figures(build: Build) -> list[Path]:
    """Draw the figures that are missing or show a sample of other files.

    Parameters
    ----------
    build : Build
        An opened build; the PNG files go to its ``figures/``.

    Returns
    -------
    list of Path
        What was drawn; nothing for a dataset that declares no `figure`.
    """
    drawn = []
    for item in missing_figures(build):
        figure = _figure(build, item)
        if figure is not None:
            save_figure(figure, build.folder / item.path, source=item.shard.sha256)
            drawn.append(build.folder / item.path)
    return drawn


def missing_figures(build: Build) -> list[CardFigure]:
    """Return the figures that `draw_figures` would draw now."""
    if type(build.dataset).figure is Dataset.figure:
        return []
    return [
        item for item in _wanted(build) if not _is_current(build.folder / item.path, item.shard)
    ]


def existing_figures(build: Build) -> list[CardFigure]:
    """Return the figures in the folder that show these files; others are not shown in a card."""
    return [item for item in _wanted(build) if _is_current(build.folder / item.path, item.shard)]


def _wanted(build: Build) -> list[CardFigure]:
    configs = []
    for name in build.declared or [build.default_config]:
        splits = build.configs[name].splits
        ordered = [splits[s] for s in ("test", *splits) if s in splits and splits[s].shards]
        if ordered and build.configs[name].kind == "data":
            configs.append(CardFigure(name, f"{FIGURES}/{name}.png", ordered[0].shards[0]))
    return configs


def _figure(build: Build, item: CardFigure) -> Figure | None:
    source = build.configs[item.config].source
    columns = build.dataset.columns(source)
    # two rows: some datasets show a sample beside the next
    stored = read_rows(build.folder / item.shard.file, ROW, 2, columns)
    # a figure is drawn from float64, as `solve` gives it, also where float16 is stored
    batch = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in stored.items()}
    try:
        with own_style():
            return build.dataset.figure(source, batch)
    except NotImplementedError:
        return None


def _is_current(path: Path, shard: Shard) -> bool:
    try:
        with Image.open(path) as image:
            return image.info.get("Source") == shard.sha256
    except (FileNotFoundError, UnidentifiedImageError):
        return False
