"""Configurations that every dataset gets from its default one: ``mini`` and ``preview``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mesoinv.generators.common.extras import install_command
from mesoinv.generators.pipeline.plan import (
    MINI,
    PREVIEW,
    PREVIEW_SPLIT,
    ShardPlan,
    plan_config,
    plan_split,
)
from mesoinv.generators.pipeline.storage import (
    arrow_schema,
    iter_tables,
    to_numpy,
    with_images,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.generators.pipeline.base import Column
    from mesoinv.generators.pipeline.build_state import BuildState


def build_mini(state: BuildState) -> None:
    """Copy the first samples of the finished default configuration into the ``mini`` one."""
    dataset = state.job.dataset
    plans = plan_config(dataset, dataset.default_config, MINI, folder=MINI)
    todo = [s for shards in plans.values() for s in shards if not state.is_finished(s)]
    if not todo:
        return
    columns = dataset.columns(dataset.default_config)
    state.declare([MINI])
    for shard in todo:
        tables = _source_tables(state, shard, columns)
        state.write(shard, arrow_schema(columns), ((table, 0.0) for table in tables))


def build_preview(state: BuildState, rows: int) -> None:
    """Write the first `rows` samples of the test split with pictures, if there are any."""
    dataset = state.job.dataset
    source = dataset.default_config
    plans = plan_split(dataset, source, PREVIEW_SPLIT, rows, PREVIEW)
    if not plans or state.is_finished(plans[0]):
        return
    columns = dataset.columns(source)
    stored = pa.concat_tables(_source_tables(state, plans[0], columns))
    try:
        images = dataset.images(source, _as_computed(to_numpy(stored, columns)))
    except ImportError as error:
        warnings.warn(
            f"No {PREVIEW} was made ({error}). To have it: {_remedy(error)}, then run the same "
            "command again.",
            stacklevel=2,
        )
        return
    if images:
        scalars = scalar_columns(columns)
        table = with_images(stored.select([c.name for c in scalars]), scalars, images)
        state.declare([PREVIEW])
        state.write(plans[0], table.schema, [(table, 0.0)])


def _remedy(error: ImportError) -> str:
    return install_command((error.name or "matplotlib").partition(".")[0])


def scalar_columns(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns that a preview keeps beside its images."""
    return tuple(column for column in columns if not column.shape)


def _source_tables(
    state: BuildState, shard: ShardPlan, columns: tuple[Column, ...]
) -> Iterator[pa.Table]:
    """Yield a derived shard's rows from the shards of the default configuration."""
    default = state.job.dataset.default_config
    for source in state.manifest.configs[default].splits[shard.split].shards:
        first = max(shard.first - source.first_row, 0)
        count = min(shard.first + shard.count - source.first_row, source.num_rows) - first
        path = state.job.folder / source.file
        if first < source.num_rows and count > 0:
            yield from iter_tables(path, first, count, columns)


def _as_computed(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Undo the narrow storage types: pictures are drawn from float64, as `solve` gives it."""
    return {
        name: values.astype(np.float64) if values.dtype.kind == "f" else values
        for name, values in batch.items()
    }
