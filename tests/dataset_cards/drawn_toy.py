"""The toy dataset with what a card can show besides: parameters with units, and a figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from matplotlib.figure import Figure
from toy_dataset import SIZES, Toy

from mesoinv.generators.pipeline.base import Batch, Config


@dataclass(frozen=True)
class DrawnConfig(Config):
    distance: float = field(default=50.0, metadata={"unit": "nm", "description": "dopant layer"})
    density: tuple[float, float] = field(default=(0.6, 1.5), metadata={"unit": "10¹² cm⁻²"})


class DrawnToy(Toy):
    configs: ClassVar = MappingProxyType(
        {"other": DrawnConfig("Other.", SIZES, 40.0), "plain": DrawnConfig("Plain.", SIZES)}
    )

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        figure = Figure(figsize=(3, 2))
        axes = figure.subplots()
        axes.imshow(batch["density"][row].T, origin="lower")
        axes.set_title(config)
        return figure


DATASET = DrawnToy()
