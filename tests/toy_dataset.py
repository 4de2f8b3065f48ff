"""A dataset of small random arrays with every kind of column; importable by worker processes.

``TOY_SECONDS`` makes each sample take that long, so that a test can kill a build in between;
samples from the number ``TOY_ENDLESS`` on take an hour.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset, Paper

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.seeding import Stream

SIZES = {
    "mini": {"train": 20, "validation": 4, "test": 10},
    "small": {"train": 50, "validation": 4, "test": 13},
    "full": {"train": 1000, "validation": 100, "test": 100},
}
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class StrengthConfig(Config):
    strength: float = 1.0


class Toy(Dataset):
    name = "toy"
    pretty_name = "Toy"
    version = "1.0.0"
    paper = Paper("A. Author", "A toy", "Toys 1, 2", 2020, "2001.00001", "10.1/1", "@article{a}")
    default_config = "plain"
    configs: ClassVar = MappingProxyType(
        {"plain": StrengthConfig("Plain.", SIZES), "other": StrengthConfig("Other.", SIZES)}
    )
    solvers = ("exact", "rough")
    rows_per_part = 4
    rows_per_shard = 16

    def columns(self, config: str) -> tuple[Column, ...]:
        return (
            Column("index", "int64", (), "1", "Index of the sample."),
            Column("strength", "float64", (), "t", "Disorder strength."),
            Column("occupied", "bool", (3,), "1", "Occupied sites."),
            Column("spectrum", "float32", (5,), "t", "Sorted numbers.", rtol=1e-6),
            Column("potential", "float64", (4, 6), "t", "Disorder."),
            Column("density", "float16", (4, 6), "1/t", "Solved.", rtol=1e-3),
            Column("modes", "float32", (2, 3, 4), "1", "Three axes.", rtol=1e-6),
        )

    def draw(self, config: str, stream: Stream, indices: np.ndarray) -> Batch:
        return {
            "index": np.asarray(indices),
            "strength": stream.uniform(indices, 1, channel=1)[:, 0],
            "potential": stream.normal(indices, 24).reshape(-1, 4, 6),
        }

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        time.sleep(float(os.environ.get("TOY_SECONDS", "0")) * len(drawn["index"]))
        endless = os.environ.get("TOY_ENDLESS")
        if endless and max(drawn["index"], default=0) >= int(endless):
            time.sleep(3600)
        potential = drawn["potential"]
        shift = 0.01 if solver == "rough" else 0.0
        return drawn | {
            "occupied": potential[:, 0, :3] > 0,
            "spectrum": np.sort(potential[:, 1, :5], axis=1),
            "density": np.exp(-(potential**2)) + shift,
            "modes": np.sin(potential).reshape(-1, 2, 3, 4),
        }

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        return {"density_image": [PNG + d.tobytes()[:9] for d in batch["density"]]}


class Reporter(Toy):
    """Stores how many threads numerical libraries may use where the sample was computed."""

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        threads = np.full(len(drawn["index"]), float(os.environ["OMP_NUM_THREADS"]))
        return super().solve(config, drawn) | {"strength": threads}


class Broken(Toy):
    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        raise ArithmeticError("no convergence")


class Talkative(Toy):
    """Fails in a worker and tells all it was given."""

    def draw(self, config: str, stream: Stream, indices: np.ndarray) -> Batch:
        raise ArithmeticError(f"cannot draw from {stream!r} and {stream.__dict__.keys()}")


DATASET = Toy()
REPORTER = Reporter()
BROKEN = Broken()
TALKATIVE = Talkative()
