"""Columns as parquet: the arrow schema that ``datasets`` would have written, and fast row access.

An array of two or more axes is stored as nested lists that carry the name of the extension type
``Array2D``, ``Array3D`` … of `datasets`: it reads them back as such, and every other parquet reader
sees lists of numbers. A column of pictures is stored as PNG files and is an array of pixels on both
sides of this module. `datasets` itself is not needed to write or to read.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.png import from_png, to_png
from mesoinv.generators.pipeline.shard_files import opened_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.base import Batch, Column

_IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def feature_spec(columns: Sequence[Column], images: Sequence[str] = ()) -> dict[str, Any]:
    """Return what ``datasets.Features(...).to_dict()`` gives for these columns.

    Parameters
    ----------
    columns : sequence of Column
        Scalars become ``Value``, one axis ``List`` of fixed length, more axes ``Array2D`` ….
    images : sequence of str
        Names of ``Image`` columns that follow.

    Returns
    -------
    dict
        For ``datasets.Features.from_dict`` and for the schema's metadata.
    """
    return {c.name: _spec(c) for c in columns} | {name: {"_type": "Image"} for name in images}


def _spec(column: Column) -> dict[str, Any]:
    if column.encoding:
        return {"_type": "Image"}
    words = np.dtype(column.dtype).kind == "U"
    value = {"dtype": "string" if words else column.dtype, "_type": "Value"}
    if len(column.shape) == 0:
        return value
    if len(column.shape) == 1:
        return {"feature": value, "length": column.shape[0], "_type": "List"}
    kind = f"Array{len(column.shape)}D"
    return {"shape": list(column.shape), "dtype": column.dtype, "_type": kind}


def _arrow_type(column: Column) -> pa.DataType:
    if column.encoding:
        return _IMAGE
    declared = np.dtype(column.dtype)
    kind = pa.string() if declared.kind == "U" else pa.from_numpy_dtype(declared)
    if len(column.shape) == 1:
        return pa.list_(kind, column.shape[0])
    for _ in column.shape:
        kind = pa.list_(kind)
    return kind


def _extension(column: Column) -> dict[str, str] | None:
    """Return what marks nested lists as an extension type of `datasets` in a file."""
    if len(column.shape) < 2 or column.encoding:
        return None
    kind = f"Array{len(column.shape)}DExtensionType"
    return {
        "ARROW:extension:name": f"datasets.features.features.{kind}",
        "ARROW:extension:metadata": json.dumps([column.shape, column.dtype]),
    }


def arrow_schema(columns: Sequence[Column], images: Sequence[str] = ()) -> pa.Schema:
    """Return the schema of a shard: storage types, and the features for ``load_dataset``."""
    fields = [pa.field(c.name, _arrow_type(c), metadata=_extension(c)) for c in columns]
    fields += [pa.field(name, _IMAGE) for name in images]
    info = {"info": {"features": feature_spec(columns, images)}}
    return pa.schema(fields, metadata={"huggingface": json.dumps(info)})


def to_storage(column: Column, values: NDArray[Any]) -> NDArray[Any]:
    """Round computed values of a column to what is stored.

    Parameters
    ----------
    column : Column
        Declares the storage type.
    values : (B, *shape) array
        As `Dataset.solve` returned them.

    Returns
    -------
    (B, *shape) array of the column's dtype

    Raises
    ------
    MesoinvError
        If the shape or kind of number is not the declared one, or a finite value overflows.
    """
    if values.shape[1:] != column.shape:
        raise MesoinvError(
            f"Column {column.name!r} is declared with shape {column.shape} a sample, "
            f"but was computed as {values.shape[1:]}."
        )
    if not np.can_cast(values.dtype, column.dtype, casting="same_kind"):
        raise MesoinvError(
            f"Column {column.name!r} is declared {column.dtype}, but was computed as "
            f"{values.dtype}, which cannot be stored in it."
        )
    with np.errstate(over="ignore"):
        stored = values.astype(column.dtype)
    if stored.dtype.kind == "U" and (stored != values).any():
        raise MesoinvError(f"Column {column.name!r} holds words too long for {column.dtype}.")
    if stored.dtype.kind == "f" and np.any(np.isfinite(values) & ~np.isfinite(stored)):
        raise MesoinvError(
            f"Column {column.name!r} holds {np.abs(values).max():.3g}, "
            f"too large for its storage type {column.dtype}."
        )
    return stored


def to_table(columns: Sequence[Column], batch: Batch) -> pa.Table:
    """Round a batch to its storage types and give it the schema of a shard."""
    arrays = [_to_arrow(c, to_storage(c, np.asarray(batch[c.name]))) for c in columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def _to_arrow(column: Column, values: NDArray[Any]) -> pa.Array:
    if column.encoding:
        return _pictures([to_png(picture) for picture in values])
    array = pa.array(np.ascontiguousarray(values).reshape(-1))
    if len(column.shape) == 1:
        return pa.FixedSizeListArray.from_arrays(array, column.shape[0])
    for length in reversed(column.shape):
        offsets = np.arange(0, len(array) + 1, length, dtype=np.int32)
        array = pa.ListArray.from_arrays(pa.array(offsets), array)
    return array


def _pictures(files: Sequence[bytes]) -> pa.Array:
    return pa.array([{"bytes": png, "path": None} for png in files], type=_IMAGE)


def with_images(table: pa.Table, columns: Sequence[Column], images: Mapping[str, Any]) -> pa.Table:
    """Append columns of PNG files (name -> one ``bytes`` a row) to a table of `columns`."""
    schema = arrow_schema(columns, list(images))
    arrays = [*table.columns, *(_pictures(files) for files in images.values())]
    return pa.Table.from_arrays(arrays, schema=schema)


def to_numpy(table: pa.Table, columns: Sequence[Column]) -> Batch:
    """Return the columns of a table as arrays of shape (rows, *column.shape), dtypes as stored."""
    return {c.name: _from_arrow(table[c.name], c) for c in columns}


def _from_arrow(chunks: pa.ChunkedArray, column: Column) -> NDArray[Any]:
    if column.encoding:
        pictures = [from_png(cell["bytes"]) for cell in chunks.to_pylist()]
        return np.array(pictures, column.dtype).reshape(len(pictures), *column.shape)
    leaves = [_leaf(chunk).to_numpy(zero_copy_only=False) for chunk in chunks.chunks]
    flat = np.concatenate(leaves) if leaves else np.empty(0, dtype=column.dtype)
    if flat.dtype.kind == "O":  # words
        flat = flat.astype(column.dtype)
    return flat.reshape(len(chunks), *column.shape)


def _leaf(array: pa.Array) -> pa.Array:
    array = _plain(array)
    while pa.types.is_list(array.type) or pa.types.is_fixed_size_list(array.type):
        array = array.flatten()
    return array


def _plain(array: pa.Array) -> pa.Array:
    """Return an array's storage: where `datasets` is imported, files give its extension types."""
    return array.storage if isinstance(array, pa.ExtensionArray) else array


def plain_table(table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """Return the columns with exactly the schema of `arrow_schema`, whatever is imported."""
    arrays = [pa.chunked_array([_plain(a) for a in table[c.name].chunks]) for c in columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def iter_tables(
    path: Path, first: int, count: int, columns: Sequence[Column]
) -> Iterator[pa.Table]:
    """Yield rows ``first … first + count - 1`` of a shard, one row group after the other.

    Parameters
    ----------
    path : Path
        A parquet file.
    first, count : int
        Rows within the file.
    columns : sequence of Column
        Columns to read.

    Yields
    ------
    pa.Table
        With the schema of `arrow_schema`. Only one row group is in memory at a time.
    """
    names, start = [c.name for c in columns], 0
    with opened_shard(path) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            begin, end = max(first - start, 0), min(first + count - start, rows)
            if begin < end:
                table = file.read_row_group(group, columns=names).slice(begin, end - begin)
                yield plain_table(table, columns)
            start += rows


def read_groups(path: Path, groups: Sequence[int], columns: Sequence[Column]) -> pa.Table:
    """Read whole row groups of a shard, with the schema of `arrow_schema`."""
    with opened_shard(path) as file:
        return plain_table(file.read_row_groups(groups, columns=[c.name for c in columns]), columns)


def read_rows(path: Path, first: int, count: int, columns: Sequence[Column]) -> Batch:
    """Read some rows of a shard as arrays, decoding only the row groups that hold them."""
    return to_numpy(pa.concat_tables(iter_tables(path, first, count, columns)), columns)


def same_schema(stored: pa.Schema, expected: pa.Schema) -> bool:
    """Whether a file has the expected columns, storage types and features.

    Parameters
    ----------
    stored : pa.Schema
        As read from a file.
    expected : pa.Schema
        From `arrow_schema`.
    """
    kinds = [getattr(field.type, "storage_type", field.type) for field in stored]
    features = [(schema.metadata or {}).get(b"huggingface") for schema in (stored, expected)]
    return (stored.names, kinds, features[0]) == (expected.names, expected.types, features[1])


def _leaves(schema: pa.Schema, kind: Callable[[pa.DataType], bool]) -> list[str]:
    """Return the parquet paths of the leaves of arrays of a kind of number."""
    paths = []
    for field in schema:
        path, leaf = field.name, field.type
        while pa.types.is_list(leaf) or pa.types.is_fixed_size_list(leaf):
            path, leaf = f"{path}.list.element", leaf.value_type
        if path != field.name and kind(leaf):
            paths.append(path)
    return paths


@contextmanager
def shard_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Open a shard for writing: zstd, split byte streams for float arrays, bits for flags, pages.

    Content-defined chunking keeps pages equal where rows are equal, so that the Hub transfers only
    what changed between two versions. Each ``write_table`` makes one row group.
    """
    # a Python file, not a path: its errors carry the errno of a full disk
    with (
        path.open("wb") as file,
        pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            compression_level=3,
            # bytes of few values, such as 0 and 1: a dictionary packs them into bits
            use_dictionary=_leaves(schema, pa.types.is_uint8),
            column_encoding=dict.fromkeys(
                _leaves(schema, pa.types.is_floating), "BYTE_STREAM_SPLIT"
            ),
            write_page_index=True,
            use_content_defined_chunking=True,
        ) as writer,
    ):
        yield writer
