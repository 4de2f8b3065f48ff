"""The part of an audit that needs no physics either: copies hold what they are copies of."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.audit.files import stored_columns
from mesoinv.generators.pipeline.plan import MINI, PREVIEW
from mesoinv.generators.pipeline.storage import iter_tables, to_numpy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesoinv.generators.pipeline.audit.files import Readable
    from mesoinv.generators.pipeline.audit.report import Report
    from mesoinv.generators.pipeline.base import Column, Dataset


def check_copies(shards: Sequence[Readable], dataset: Dataset, report: Report) -> None:
    """Compare all rows of ``mini`` and ``preview`` with those that they were copied from.

    Rows whose source is not here, as in a download of ``mini`` alone, are left out.
    """
    for copy in (s for s in shards if s.path.parent.name in {MINI, PREVIEW}):
        columns = stored_columns(dataset, copy.record)
        place = (copy.record.source, copy.split)
        sources = [s for s in shards if (s.path.parent.name, s.split) == place]
        # what cannot be decoded is reported where samples are computed again
        with suppress(MesoinvError, pa.ArrowException, ValueError):
            for first, theirs in _rows_of(sources, copy, columns):
                _compare(copy, first, theirs, columns, report)


def _rows_of(
    sources: Sequence[Readable], copy: Readable, columns: Sequence[Column]
) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of a copy as their sources have them, with the number of the first."""
    end = copy.shard.first_row + copy.shard.num_rows
    for source in sources:
        first = max(copy.shard.first_row, source.shard.first_row)
        count = min(end, source.shard.first_row + source.shard.num_rows) - first
        if count > 0:
            tables = iter_tables(source.path, first - source.shard.first_row, count, columns)
            yield first, pa.concat_tables(tables)


def _compare(
    copy: Readable, first: int, theirs: pa.Table, columns: Sequence[Column], report: Report
) -> None:
    start = first - copy.shard.first_row
    ours = pa.concat_tables(iter_tables(copy.path, start, len(theirs), columns))
    a, b = (to_numpy(table, columns) for table in (ours, theirs))
    for column in columns:
        pairs = zip(a[column.name], b[column.name], strict=True)
        if wrong := [row for row, (x, y) in enumerate(pairs) if x.tobytes() != y.tobytes()]:
            message = f"differs from {copy.record.source}, of which it is a copy"
            report.add("copy", message, copy.shard.file, first + wrong[0], column.name)
