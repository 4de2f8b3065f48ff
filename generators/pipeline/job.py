"""What one call of `build` asks for, with every name already checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.manifest import ConfigRecord, Split
from mesoinv.generators.pipeline.plan import (
    MINI,
    PREVIEW,
    PREVIEW_ROWS,
    PREVIEW_SPLIT,
    ShardPlan,
    parameters_of,
    plan_config,
    stream_of,
)
from mesoinv.generators.pipeline.provenance import machine_name

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Dataset

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Job:
    """A checked request."""

    dataset: Dataset
    configs: tuple[str, ...]
    size: str
    folder: Path
    solver: str
    device: str
    workers: int
    scheduler: str | None

    def shards(self) -> list[ShardPlan]:
        """Return every shard of the asked configurations, in the order they are written."""
        plans = (plan_config(self.dataset, name, self.size) for name in self.configs)
        return [shard for plan in plans for shards in plan.values() for shard in shards]

    def records(self) -> dict[str, ConfigRecord]:
        """Return the manifest's records of what will be built, still without shards."""
        default, config = self.dataset.default_config, self.dataset.config
        found = {
            name: self._record(name, self.size, config(name).sizes[self.size])
            for name in self.configs
        }
        if default in self.configs:
            found[MINI] = self._record(default, MINI, config(default).sizes[MINI])
            preview = {PREVIEW_SPLIT: self.preview_rows}
            found[PREVIEW] = self._record(default, PREVIEW, preview, images=True)
        return found

    @property
    def preview_rows(self) -> int:
        """Samples of the default configuration's test split that get pictures."""
        sizes = self.dataset.config(self.dataset.default_config).sizes
        return min(sizes[self.size].get(PREVIEW_SPLIT, 0), PREVIEW_ROWS)

    def _record(
        self, source: str, size: str, splits: Mapping[str, int], *, images: bool = False
    ) -> ConfigRecord:
        return ConfigRecord(
            source=source,
            kind="images" if images else "data",
            size=size,
            parameters=parameters_of(self.dataset.config(source)),
            solver=self.solver,
            device=self.device,
            workers=self.workers,
            machine="dask workers" if self.scheduler else machine_name(self.device),
            splits={
                split: Split(num_rows=rows, stream=stream_of(self.dataset, source, split).name)
                for split, rows in splits.items()
            },
        )
