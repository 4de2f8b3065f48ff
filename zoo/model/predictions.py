"""Predictions of whole splits as parquet files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import replacing
from mesoinv.generators.pipeline.base import Column
from mesoinv.generators.pipeline.plan import held_out_folder
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from mesoinv.zoo.model.model import Model

    Rows = dict[str, NDArray[Any]]

INDEX = Column("index", "int64", (), "1", "number of the sample in its split")


def predict_file(
    model: Model,
    data: Path,
    out: Path,
    *,
    config: str | None = None,
    split: str = "test",
    batch_size: int = 32,
    check_range: bool = True,
    progress: Callable[[int, int], object] | None = None,
) -> int:
    """Predict every sample of a file or a split and write a parquet file.

    Parameters
    ----------
    model : Model
        What predicts.
    data : Path
        A built dataset, or a ``.npy`` file that holds the one input (N, *shape) in its unit.
    out : Path
        The parquet file: ``index`` and the model's outputs, with units in the metadata. It appears
        when it is complete.
    config, split : str
        Of a built dataset; by default the configuration that the model was trained on.
    batch_size, check_range
        As for `Model.predict`; a built dataset says itself what it holds, so only the samples of a
        ``.npy`` file are checked.
    progress : callable, optional
        Called with (samples done, samples in all).

    Returns
    -------
    int
        Number of predicted samples.

    Raises
    ------
    UsageError
        If there is no such data, or the model refuses it.
    """
    from mesoinv.generators.pipeline.storage import shard_writer, to_table  # noqa: PLC0415

    chosen = config or model.config.config
    total, batches = _read_npy(model, data) if data.suffix == ".npy" else _read_build(
        model, data, chosen, split
    )  # fmt: skip
    columns = _columns(model)
    schema = _schema(model, columns, chosen, split)
    # a sample of the dataset may well be unlike every training sample: a source that is closed
    check_range = check_range and data.suffix == ".npy"
    done = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as temporary, shard_writer(temporary, schema) as writer:
        for rows in batches:
            values = model.predict(rows, batch_size=batch_size, check_range=check_range)
            named = values if isinstance(values, dict) else {columns[1].name: values}
            table = to_table(columns, {INDEX.name: rows[INDEX.name], **named})
            writer.write_table(table.replace_schema_metadata(schema.metadata))
            done += len(table)
            if progress:
                progress(done, total)
    return done


def _columns(model: Model) -> list[Column]:
    outputs = model.config.outputs
    return [
        INDEX, *(Column(q.name, "float32", tuple(q.shape), q.unit, "predicted") for q in outputs)
    ]  # fmt: skip


def _schema(model: Model, columns: list[Column], config: str, split: str) -> Any:
    from mesoinv.generators.pipeline.storage import arrow_schema  # noqa: PLC0415

    about = {
        "model": model.config.name,
        "dataset": model.config.dataset,
        "dataset_version": resolve_dataset(model.config.dataset).version,
        "config": config,
        "split": split,
        "units": {c.name: c.unit for c in columns},
    }
    schema = arrow_schema(columns)
    return schema.with_metadata({**schema.metadata, b"mesoinv": json.dumps(about).encode()})


def _read_npy(model: Model, path: Path) -> tuple[int, Iterator[Rows]]:
    name, *others = (q.name for q in model.config.inputs)
    if others:
        raise UsageError(
            f"A .npy file holds one array; the model takes {name}, {', '.join(others)}. Give a "
            "built dataset."
        )
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except (ValueError, OSError, EOFError) as error:
        raise UsageError(f"{path} is not a .npy file of numbers: {error}") from error
    if array.ndim < 1:
        raise UsageError(f"{path} holds a single number; the model needs (samples, …).")
    size = 256
    firsts = range(0, max(len(array), 1), size)
    return len(array), (
        {
            INDEX.name: np.arange(i, min(i + size, len(array))),
            name: np.asarray(array[i : i + size]),
        }
        for i in firsts
    )


def _read_build(model: Model, folder: Path, config: str, split: str) -> tuple[int, Iterator[Rows]]:
    if not folder.is_dir():
        raise UsageError(f"{folder} is neither a built dataset nor a .npy file.")
    files = sorted((folder / config).glob(f"{split}-*.parquet"))
    if not files:
        there = sorted(
            {f"{p.parent.name}/{p.name.split('-')[0]}" for p in folder.glob("*/*.parquet")}
        )
        raise UsageError(
            f"{folder} holds no samples of {config}/{split}. It holds: "
            f"{', '.join(there) or 'no samples at all'}."
        )  # fmt: skip
    wanted = [q.name for q in model.config.inputs]
    heads = {path: _schema_and_rows(path) for path in files}
    names = set.intersection(*(set(schema.names) for schema, _ in heads.values()))
    if missing := {INDEX.name, *wanted} - names:
        raise UsageError(f"{files[0]} has no column {', '.join(sorted(missing))}.")
    total = sum(rows for _, rows in heads.values())
    # inputs of a held-out split are columns of the configuration that it belongs to
    source = config.removesuffix(held_out_folder(""))
    declared = resolve_dataset(model.config.dataset).columns(source)
    return total, _rows_of(heads, [c for c in declared if c.name in wanted])


def _schema_and_rows(path: Path) -> tuple[Any, int]:
    from mesoinv.generators.pipeline.shard_files import opened_shard  # noqa: PLC0415

    with opened_shard(path) as file:
        return file.schema_arrow, file.metadata.num_rows


def _rows_of(heads: dict[Path, tuple[Any, int]], declared: list[Column]) -> Iterator[Rows]:
    from mesoinv.generators.pipeline.storage import iter_tables, to_numpy  # noqa: PLC0415

    for path, (schema, count) in heads.items():
        columns = [INDEX, *(_as_stored(c, schema.field(c.name).type) for c in declared)]
        for table in iter_tables(path, 0, count, columns):
            try:
                yield to_numpy(table, columns)
            except ValueError:
                shapes = ", ".join(f"{c.name} {c.shape}" for c in declared)
                raise MesoinvError(
                    f"{path}: samples do not have the declared shapes, {shapes}."
                ) from None


def _as_stored(column: Column, kind: Any) -> Column:
    """Return a column with the type of number that a file has; pictures stay what they are."""
    if column.encoding:
        return column
    kind = getattr(kind, "storage_type", kind)
    while hasattr(kind, "value_type"):
        kind = kind.value_type
    return replace(column, dtype=np.dtype(kind.to_pandas_dtype()).name)
