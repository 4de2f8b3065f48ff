"""Files of predictions: read without trusting anything that they say.

A file is a parquet table with the integer column ``index`` (0, 1, … once each, in any order) and
one column for each target of the task, in its unit: floats, integers or booleans; arrays are
lists, nested as the target's axes or flat, of fixed length or not. ``<target>_std`` may hold
standard deviations. `mesoinv.write_predictions` and ``mesoinv predict`` write such files.
"""

from __future__ import annotations

import json
import math
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.files import given_path
from mesoinv.generators.pipeline.plan import HELD_OUT, HELD_OUT_SPLIT, held_out_folder
from mesoinv.zoo.metrics.uncertainty import STD

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task

    Rows = dict[str, NDArray[Any]]

INDEX = "index"
_PARQUET = {".parquet", ".pq"}
#: Kinds of files that hold arrays or tables; a model's name may have a dot too.
_OTHERS = {
    ".csv", ".tsv", ".txt", ".json", ".jsonl", ".npy", ".npz", ".mat", ".h5", ".hdf5", ".arrow",
    ".feather", ".xlsx",
}  # fmt: skip
MAX_BYTES = 2_000_000_000
#: A file may claim this many times the bytes of float64 values, and as much again for its index.
_SLACK = 2
#: Rows of the index that are read at once.
_INDEX_ROWS = 65536
#: Larger ones have squares whose sums are infinite, and with them scores that are no numbers.
_LARGEST = np.finfo(np.float32).max


def is_predictions(given: str | Path) -> bool:
    """Whether a name is that of a file of predictions; else it is that of a model.

    Raises
    ------
    UsageError
        If it is the name of a file of another kind.
    """
    path = given_path(given)
    kind = path.suffix.lower()
    if kind in _PARQUET:
        return True
    if kind in _OTHERS:
        raise UsageError(
            f"{given} is no parquet file, and predictions are read from those alone. Write one "
            "with mesoinv.write_predictions(FILE, TASK, VALUES)."
        )
    return False


@dataclass(frozen=True)
class Predictions:
    """A checked file, to be read in batches.

    Attributes
    ----------
    path : Path
    shapes : dict of str to tuple of int
        Target column, or its standard deviation -> shape of one sample.
    samples : int
    about : dict
        What the file says about itself: model, dataset and its version, split.
    """

    path: Path
    shapes: dict[str, tuple[int, ...]]
    samples: int
    about: dict[str, Any]

    def batches(self, rows: int) -> Iterator[Rows]:
        """Yield the targets' values in the order of the index, `rows` samples at a time.

        Raises
        ------
        UsageError
            If an index, a shape or a value is wrong; the row is named.
        """
        order = self._order()
        if np.array_equal(order, np.arange(self.samples)):
            return self._in_file_order(rows)
        return _reordered(self._in_file_order(rows), order, rows)

    def _order(self) -> NDArray[np.int64]:
        """Return the index, once each sample is known to be there once."""
        import pyarrow as pa  # noqa: PLC0415

        with _opened(self.path) as file:
            batches = _batches(file, self.path, _INDEX_ROWS, [INDEX])
            parts = [_values(pa.chunked_array([b[INDEX]]), (), 0, INDEX) for b in batches]
        index = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        _check_index(index, self.samples, self.path)
        return index.astype(np.int64)

    def _in_file_order(self, rows: int) -> Iterator[Rows]:
        import pyarrow as pa  # noqa: PLC0415

        first = 0
        with _opened(self.path) as file:
            # batches end where row groups end: put them together again
            waiting: list[pa.RecordBatch] = []
            for batch in _batches(file, self.path, rows, list(self.shapes)):
                waiting.append(batch)
                table = pa.Table.from_batches(waiting)
                while len(table) >= rows:
                    yield self._checked(table.slice(0, rows), first)
                    first, table = first + rows, table.slice(rows)
                waiting = table.to_batches()
            if waiting:
                yield self._checked(pa.Table.from_batches(waiting), first)

    def _checked(self, table: pa.Table, first: int) -> Rows:
        checked = {}
        for name, shape in self.shapes.items():
            values = _values(table[name], shape, first, name)
            if values.dtype.kind != "f":  # integers have no infinity, and an odd smallest one
                values = values.astype(np.float64)
            finite = (np.abs(values) <= _LARGEST).reshape(len(values), -1).all(axis=1)
            if not finite.all():
                row = first + int(np.argmin(finite))
                raise UsageError(
                    f"Row {row}: {name} is NaN, infinite or beyond float32. Predict every sample."
                )
            checked[name] = values
        return checked


def _reordered(batches: Iterator[Rows], order: NDArray[np.int64], rows: int) -> Iterator[Rows]:
    """Yield rows in the order of their index; they wait on disk, not in memory."""
    with tempfile.TemporaryDirectory() as folder:
        waiting: dict[str, NDArray[Any]] = {}
        first = 0
        for batch in batches:
            for number, (name, values) in enumerate(batch.items()):
                if name not in waiting:
                    waiting[name] = np.lib.format.open_memmap(
                        Path(folder) / f"{number}.npy", "w+", values.dtype,
                        (len(order), *values.shape[1:]),
                    )  # fmt: skip
                waiting[name][order[first : first + len(values)]] = values
            first += len(next(iter(batch.values())))
        for first in range(0, len(order), rows):
            yield {name: np.array(v[first : first + rows]) for name, v in waiting.items()}


def open_predictions(
    path: Path, task: Task, samples: int | None = None, split: str | None = None
) -> Predictions:
    """Check all that a file says before its values are read.

    Parameters
    ----------
    path : Path
        A parquet file.
    task : Task
        Names the columns.
    samples : int, optional
        How many there must be; all of the task's split by default.
    split : str, optional
        Which one, the task's by default.

    Raises
    ------
    UsageError
        If it is not such a file, is of another task, version or split, or too large.
    """
    count = task.samples if samples is None else samples
    _check_file(path)
    columns = task.columns()
    shapes = {t.column: columns[t.column].shape for t in task.targets}
    with _opened(path) as file:
        there = set(file.schema_arrow.names)
        shapes |= {t + STD: shape for t, shape in list(shapes.items()) if t + STD in there}
        about = _about(file.schema_arrow)
        _check_about(about, task, split or task.split)
        _check_columns(file.schema_arrow, shapes)
        _check_claims(file.metadata, shapes, count)
    return Predictions(path, shapes, count, about)


def _check_file(path: Path) -> None:
    try:
        status = path.lstat()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is not a plain file.")
    if status.st_size > MAX_BYTES:
        raise UsageError(
            f"{path} has {status.st_size / 1e9:.1f} GB; allowed are {MAX_BYTES / 1e9:g}. Store "
            "float32 or float16 with zstd compression."
        )


def _opened(path: Path) -> pq.ParquetFile:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{path} is not a whole parquet file: {error!s:.200}") from None


def _batches(
    file: pq.ParquetFile, path: Path, rows: int, columns: list[str]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415

    try:
        yield from file.iter_batches(batch_size=rows, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{path} is damaged: {error!s:.200}") from None


def _about(schema: pa.Schema) -> dict[str, Any]:
    try:
        about = json.loads((schema.metadata or {}).get(b"mesoinv", b"{}"))
    except (ValueError, RecursionError):
        return {}
    return about if isinstance(about, dict) else {}


def _check_about(about: dict[str, Any], task: Task, split: str) -> None:
    """Files of `mesoinv predict` say what they are of; others are believed."""
    # a held-out split is published as a configuration of its own
    held_out = split == HELD_OUT
    expected = {
        "dataset": task.dataset,
        "dataset_version": task.dataset_version,
        "config": held_out_folder(task.config) if held_out else task.config,
        "split": HELD_OUT_SPLIT if held_out else split,
    }
    for name, value in expected.items():
        said = about.get(name, value)
        if said != value:
            raise UsageError(
                f"These are predictions of {name.replace('_', ' ')} {said!r:.80}; the task "
                f"{task.id} is scored on {value!r}. Predict again: mesoinv predict MODEL --data …"
            )


def _check_columns(schema: pa.Schema, shapes: dict[str, tuple[int, ...]]) -> None:
    if missing := [name for name in (INDEX, *shapes) if name not in schema.names]:
        raise UsageError(
            f"The column {', '.join(missing)} is missing. Wanted: {INDEX}, {', '.join(shapes)}; "
            f"the file has {', '.join(schema.names[:20])!r:.200}."
        )
    if twice := [name for name in (INDEX, *shapes) if schema.names.count(name) > 1]:
        raise UsageError(f"The column {', '.join(twice)} is there twice.")
    for name, shape in {INDEX: (), **shapes}.items():
        kind, axes = _plain(schema.field(name).type)
        allowed = "iu" if name == INDEX else "fiub"
        # an array may also be a flat list
        if (
            axes not in {len(shape), min(len(shape), 1)}
            or np.dtype(kind or "O").kind not in allowed
        ):
            wanted = "integers" if name == INDEX else f"numbers of shape {shape} a sample"
            raise UsageError(f"The column {name} must hold {wanted}; it is {schema.field(name)}.")


def _plain(kind: pa.DataType) -> tuple[str | None, int]:
    """Return the numpy name of a column's numbers (None if they are none) and its axes."""
    import pyarrow as pa  # noqa: PLC0415

    kind, axes = getattr(kind, "storage_type", kind), 0
    while (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    ):
        kind, axes = kind.value_type, axes + 1
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return np.dtype(kind.to_pandas_dtype()).name, axes
    return None, axes


def _check_claims(
    metadata: pq.FileMetaData, shapes: dict[str, tuple[int, ...]], count: int
) -> None:
    """Refuse wrong lengths, and files that would unfold to far more than they should hold."""
    if metadata.num_rows != count:
        raise UsageError(
            f"The file has {metadata.num_rows} rows; the task needs one for each of the {count} "
            "samples."
        )
    groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    # repeated values are packed: their number tells what they unfold to
    claimed = sum(max(chunk.total_uncompressed_size, 8 * chunk.num_values) for chunk in chunks)
    expected = 8 * count * (1 + sum(math.prod(shape) for shape in shapes.values()))
    if claimed > _SLACK * expected + 1_000_000:
        raise UsageError(
            f"The file claims {claimed / 1e9:.3g} GB of values; the task's predictions are "
            f"{expected / 1e9:.3g} GB in float64. Keep only the columns {INDEX}, "
            f"{', '.join(shapes)}."
        )


def _values(column: pa.ChunkedArray, shape: tuple[int, ...], first: int, name: str) -> Any:
    """Return a column as an array (rows, *shape), checking the length of every list."""
    import pyarrow as pa  # noqa: PLC0415

    array = column.combine_chunks()
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    array, rows, inner = getattr(array, "storage", array), len(column), 1
    flat = len(shape) > 1 and _plain(array.type)[1] == 1
    for length in (math.prod(shape),) if flat else shape:
        _check_lengths(array, length, first, inner, name)
        array, inner = array.flatten(), inner * length
    if array.null_count:
        row = first + int(np.argmin(array.is_valid().to_numpy(zero_copy_only=False))) // inner
        raise UsageError(f"Row {row}: {name} has no value.")
    return array.to_numpy(zero_copy_only=False).reshape(rows, *shape)


def _check_lengths(array: pa.Array, length: int, first: int, inner: int, name: str) -> None:
    import pyarrow.compute as pc  # noqa: PLC0415

    lengths = pc.fill_null(pc.list_value_length(array), -1).to_numpy(zero_copy_only=False)
    if (lengths != length).any():
        wrong = int(np.argmax(lengths != length))
        there = f"an axis of length {lengths[wrong]}" if lengths[wrong] >= 0 else "no value"
        raise UsageError(f"Row {first + wrong // inner}: {name} has {there}; {length} are needed.")


def _check_index(index: NDArray[Any], samples: int, path: Path) -> None:
    """Refuse an index that does not hold every sample once."""
    if len(index) != samples:
        raise UsageError(f"{path} says {samples} rows and holds {len(index)}.")
    outside = (index < 0) | (index >= samples)
    if outside.any():
        row = int(np.argmax(outside))
        raise UsageError(
            f"Row {row} has the index {index[row]}: the split has the samples 0 to {samples - 1}."
        )
    values, firsts, counts = np.unique(index, return_index=True, return_counts=True)
    if (counts > 1).any():
        twice = values[np.argmax(counts > 1)]
        row = int(np.flatnonzero(index == twice)[1])
        missing = int(np.setdiff1d(np.arange(samples), values)[0])
        raise UsageError(
            f"Row {row} has the index {twice}, which row {firsts[np.argmax(counts > 1)]} has too; "
            f"sample {missing} is missing."
        )
