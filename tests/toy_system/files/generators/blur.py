"""A toy system: a random field, what a blur makes of it, a block of numbers, and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mesoinv.generators.common import pictures
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mesoinv.generators.pipeline.seeding import Stream

SIDE, DEPTH = 16, 4
SIZES = {
    "mini": {"train": 32, "validation": 8, "test": 16},
    "small": {"train": 64, "validation": 16, "test": 64},
    "full": {"train": 512, "validation": 64, "test": 128},
}


@dataclass(frozen=True)
class BlurConfig(Config):
    """Whether every field is ordered, or just each second one."""

    ordered: bool = False

    @property
    def symmetries(self) -> tuple[str, ...]:
        """A blur has no direction and no place."""
        return ("square", "translations")


class Blur(Dataset):
    """Fields and what a blur makes of them."""

    name = "blur"
    pretty_name = "Blur"
    version = "1.0.0"
    paper = Paper("A. Author", "A toy", "Toys 1, 2", 2020, "2001.00001", "10.1/1", "@article{a}")
    default_config = "plain"
    configs: ClassVar = MappingProxyType(
        {
            "plain": BlurConfig("Ordered and other fields.", SIZES),
            "ordered": BlurConfig("Ordered fields alone.", SIZES, ordered=True),
        }
    )
    rows_per_part = 16
    rows_per_shard = 64

    def part_rows(self, config: str) -> int:
        """Return fewer for one of the configurations."""
        return 8 if config == "ordered" else self.rows_per_part

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns."""
        side = (SIDE, SIDE)
        return (
            Column("index", "int64", (), "1", "number of the sample in its split"),
            Column("scene", "uint8", side, "1", "the field as a picture", encoding="png",
                   symmetry="field"),
            Column("field", "float32", side, "t", "random field", 1e-6, symmetry="field"),
            Column("response", "float32", side, "1", "the blurred field", 1e-6, symmetry="field"),
            Column("strength", "float64", (), "t", "of the blur", symmetry="invariant"),
            Column("solid", "float32", (DEPTH,) * 3, "t", "strength and noise", 1e-6),
            Column("disordered", "bool", (), "1", "whether it is not ordered",
                   symmetry="invariant"),
        )  # fmt: skip

    def draw(self, config: str, stream: Stream, indices: np.ndarray) -> Batch:
        """Draw noise and the strength."""
        index = np.asarray(indices)
        ordered = np.ones(len(index), bool) if self.configs[config].ordered else index % 2 == 0
        noise = stream.normal(index, SIDE**2 + DEPTH**3)
        strength = stream.uniform(index, 1, channel=1)[:, 0]
        flat = np.where(ordered[:, None], 1 + 0.2 * noise[:, : SIDE**2], noise[:, : SIDE**2])
        solid = strength[:, None] + 0.3 * noise[:, SIDE**2 :]
        return {
            "index": index,
            "field": flat.reshape(-1, SIDE, SIDE),
            "solid": solid.reshape(-1, DEPTH, DEPTH, DEPTH),
            "strength": strength,
            "disordered": ~ordered,
        }

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Blur."""
        from mesoinv.generators.solvers.blur.mean import mean_of_neighbours

        response = mean_of_neighbours(drawn["field"]) * drawn["strength"][:, None, None]
        scene = np.clip(128 + 40 * drawn["field"], 0, 255).astype(np.uint8)
        return drawn | {"response": response, "scene": scene}

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw the field and its blur."""
        maps = [pictures.Map(batch[n][row], n, "t", "RdBu_r") for n in ("field", "response")]
        return pictures.side_by_side(maps, extent=(SIDE, SIDE), unit="sites")

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render the blurred field."""
        maps = (pictures.Map(v, "response", "1", "RdBu_r") for v in batch["response"])
        return {"response_image": [pictures.map_png(m) for m in maps]}


DATASET = Blur()
