"""What one build asks for, with every name already checked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.provenance import machine_name
from mesoinv.generators.pipeline.compute import PartJob
from mesoinv.generators.pipeline.manifest import ConfigRecord, Split
from mesoinv.generators.pipeline.plan import (
    MINI,
    PREVIEW,
    PREVIEW_ROWS,
    PREVIEW_SPLIT,
    Part,
    ShardPlan,
    parameters_of,
    plan_config,
    stream_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Column, Dataset

Progress = Callable[[int, int], object]


@dataclass(frozen=True, kw_only=True)
class BuildJob(ABC):
    """A checked request: what to compute and where to put it.

    Attributes
    ----------
    dataset : Dataset
        Whose samples.
    folder : Path
        The output folder.
    solver, device : str
        How a sample is computed.
    workers : int
        Processes.
    scheduler : str or None
        Address of a dask scheduler.
    """

    dataset: Dataset
    folder: Path
    solver: str
    device: str
    workers: int
    scheduler: str | None = None

    @abstractmethod
    def shards(self) -> list[ShardPlan]:
        """Return every shard to be, in the order they are written."""

    @abstractmethod
    def planned_records(self) -> dict[str, ConfigRecord]:
        """Return the manifest's records of what will be built, still without shards."""

    @abstractmethod
    def columns(self, folder: str) -> tuple[Column, ...]:
        """Return the columns that are stored in one of the folders of shards."""

    @abstractmethod
    def task(self, part: Part) -> PartJob:
        """Return how a part is computed."""

    def record(
        self,
        source: str,
        kind: Literal["data", "images", "held-out"],
        size: str,
        splits: Mapping[str, Split],
    ) -> ConfigRecord:
        """Return the manifest's record of samples of the declared configuration `source`."""
        return ConfigRecord(
            source=source,
            kind=kind,
            size=size,
            parameters=parameters_of(self.dataset.config(source)),
            solver=self.solver,
            device=self.device,
            workers=self.workers,
            machine="dask workers" if self.scheduler else machine_name(self.device),
            splits=dict(splits),
        )


@dataclass(frozen=True, kw_only=True)
class DeclaredJob(BuildJob):
    """Configurations as the dataset declares them, from public streams.

    With `splits`, those alone are built, and nothing comes with the default configuration.
    """

    configs: tuple[str, ...]
    size: str
    splits: tuple[str, ...] | None = None

    def shards(self) -> list[ShardPlan]:
        """Return every shard of the asked configurations, in the order they are written."""
        plans = (plan_config(self.dataset, name, self.size) for name in self.configs)
        return [s for plan in plans for split, shards in plan.items() if self._has(split)
                for s in shards]  # fmt: skip

    @property
    def derives(self) -> bool:
        """Whether ``mini`` and ``preview`` come with what is built."""
        return self.splits is None and self.dataset.default_config in self.configs

    def _has(self, split: str) -> bool:
        return self.splits is None or split in self.splits

    def planned_records(self) -> dict[str, ConfigRecord]:
        """Return the records of the configurations, and of those that come with the default one."""
        default, config = self.dataset.default_config, self.dataset.config
        records = {}
        for name in self.configs:
            rows = {s: n for s, n in config(name).sizes[self.size].items() if self._has(s)}
            record = self._declared(name, self.size, rows)
            records[name] = replace(record, only=list(self.splits) if self.splits else None)
        if self.derives:
            records[MINI] = self._declared(default, MINI, config(default).sizes[MINI])
            preview = {PREVIEW_SPLIT: self.preview_rows}
            records[PREVIEW] = self._declared(default, PREVIEW, preview, "images")
        return records

    def columns(self, folder: str) -> tuple[Column, ...]:
        """Return every declared column."""
        return self.dataset.columns(folder)

    def task(self, part: Part) -> PartJob:
        """Return how a part is computed: from the public stream of its own split."""
        columns = self.columns(part.config)
        return PartJob(
            self.dataset, part, part.config, part.split, columns, self.solver, self.device
        )

    @property
    def preview_rows(self) -> int:
        """Samples of the default configuration's test split that get pictures."""
        sizes = self.dataset.config(self.dataset.default_config).sizes
        return min(sizes[self.size].get(PREVIEW_SPLIT, 0), PREVIEW_ROWS)

    def _declared(
        self,
        source: str,
        size: str,
        rows: Mapping[str, int],
        kind: Literal["data", "images"] = "data",
    ) -> ConfigRecord:
        splits = {
            split: Split(num_rows=count, stream=stream_of(self.dataset, source, split).name)
            for split, count in rows.items()
        }
        return self.record(source, kind, size, splits)
