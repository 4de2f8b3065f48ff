"""Which rows go where: a split is cut into shards (files), a shard into parts (units of work)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.pipeline.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.generators.pipeline.base import Config, Dataset

MINI, PREVIEW = "mini", "preview"
PREVIEW_SPLIT, PREVIEW_ROWS = "test", 8
#: Kind of a configuration, and split in the name of its stream; its files are a split ``test``.
HELD_OUT, HELD_OUT_SPLIT = "held-out", "test"


@dataclass(frozen=True)
class Part:
    """Rows that are computed and saved together."""

    config: str
    split: str
    first: int
    count: int

    @property
    def file(self) -> str:
        """Name among the parts of an unfinished build."""
        return f"{self.config}/{self.split}-{self.first:09d}.arrow"


@dataclass(frozen=True)
class ShardPlan:
    """One file to be: ``folder/split-00000-of-0000N.parquet``."""

    file: str
    folder: str
    split: str
    first: int
    count: int
    part_rows: int

    @property
    def parts(self) -> list[Part]:
        """The parts in the order of their rows."""
        end = self.first + self.count
        return [
            Part(self.folder, self.split, first, min(self.part_rows, end - first))
            for first in range(self.first, end, self.part_rows)
        ]


def plan_split(
    dataset: Dataset, source: str, split: str, rows: int, folder: str
) -> list[ShardPlan]:
    """Cut one split into shards.

    Parameters
    ----------
    dataset : Dataset
        Gives the rows of a part and of a shard.
    source : str
        The declared configuration.
    split : str
        Name of the split.
    rows : int
        Samples in the split.
    folder : str
        Where it is stored.

    Returns
    -------
    list of ShardPlan
    """
    per_shard = dataset.rows_per_shard
    part_rows = dataset.part_rows(source)
    if per_shard % part_rows:
        raise ValueError(f"{dataset.name}: rows_per_shard is not a multiple of rows_per_part")
    starts = range(0, rows, per_shard)
    return [
        ShardPlan(
            file=f"{folder}/{split}-{number:05d}-of-{len(starts):05d}.parquet",
            folder=folder,
            split=split,
            first=first,
            count=min(per_shard, rows - first),
            part_rows=part_rows,
        )
        for number, first in enumerate(starts)
    ]


def plan_config(
    dataset: Dataset, source: str, size: str, folder: str | None = None
) -> dict[str, list[ShardPlan]]:
    """Plan every split of a configuration at a size, stored under `folder` (default: its name)."""
    splits = dataset.config(source).sizes[size]
    return {
        split: plan_split(dataset, source, split, rows, folder or source)
        for split, rows in splits.items()
    }


def held_out_folder(config: str) -> str:
    """Return the name under which the held-out samples of a configuration are stored."""
    return f"{config}-{HELD_OUT}"


def stream_of(dataset: Dataset, config: str, split: str, salt: bytes = b"") -> Stream:
    """Return the random stream of a split; a public one has no salt."""
    return Stream(dataset.name, dataset.version, config, split, salt)


def parameters_of(config: Config) -> dict[str, object]:
    """Return the physical parameters of a configuration as JSON would give them back."""
    values = {
        field.name: getattr(config, field.name)
        for field in fields(config)
        if field.name not in {"description", "sizes"}
    }
    plain: dict[str, object] = json.loads(json.dumps(values, default=_plain))
    return plain


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.tolist() if hasattr(value, "tolist") else str(value)


def check_configs(dataset: Dataset, names: Sequence[str] | None, size: str) -> tuple[str, ...]:
    """Return the asked configurations once each (default: all), refusing unknown names."""
    if isinstance(names, str):
        raise UsageError(f"configs must be a list of names, such as [{names!r}].")
    chosen = tuple(dict.fromkeys(names)) if names else tuple(dataset.configs)
    for name in chosen:
        sizes = dataset.config(name).sizes
        if size not in sizes:
            raise unknown_name("size", size, sizes)
    return chosen


def check_splits(
    dataset: Dataset, configs: Sequence[str], size: str, splits: Sequence[str] | None
) -> tuple[str, ...] | None:
    """Return the asked splits once each, refusing those that a configuration does not have."""
    if splits is None:
        return None
    if isinstance(splits, str) or not splits:
        raise UsageError('splits must be a list of names, such as ["test"].')
    for name in configs:
        for split in splits:
            dataset.num_samples(name, size, split)
    return tuple(dict.fromkeys(splits))


def check_solver(dataset: Dataset, solver: str | None) -> str:
    """Return the solver's name (default: the dataset's first), refusing unknown ones."""
    if solver is None:
        return dataset.solvers[0]
    if solver not in dataset.solvers:
        raise unknown_name(f"solver of {dataset.name}", solver, dataset.solvers)
    return solver
