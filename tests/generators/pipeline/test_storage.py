"""Shards: the same schema and values as `datasets` would give, the encodings we ask for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.base import Column
from mesoinv.generators.pipeline.storage import (
    arrow_schema,
    feature_spec,
    plain_table,
    read_rows,
    same_schema,
    shard_writer,
    to_numpy,
    to_table,
)

COLUMNS = (
    Column("index", "int64", (), "1", ""),
    Column("energy", "float32", (), "t", ""),
    Column("occupied", "bool", (3,), "1", ""),
    Column("spectrum", "float64", (5,), "t", ""),
    Column("potential", "float16", (4, 6), "t", ""),
    Column("species", "uint8", (2, 3), "1", ""),
    Column("modes", "float32", (2, 3, 4), "1", ""),
    Column("tensor", "float64", (2, 2, 3, 2), "1", ""),
)


def random_batch(rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {c.name: (100 * rng.random((rows, *c.shape))).astype(c.dtype) for c in COLUMNS}


def write(path: Path, batch: dict[str, np.ndarray], rows_per_group: int) -> None:
    table = to_table(COLUMNS, batch)
    with shard_writer(path, arrow_schema(COLUMNS)) as writer:
        for start in range(0, len(table), rows_per_group):
            writer.write_table(table.slice(start, rows_per_group))


def test_schema_is_the_one_of_datasets(tmp_path: Path) -> None:
    import datasets

    features = datasets.Features(
        index=datasets.Value("int64"),
        energy=datasets.Value("float32"),
        occupied=datasets.Sequence(datasets.Value("bool"), length=3),
        spectrum=datasets.Sequence(datasets.Value("float64"), length=5),
        potential=datasets.Array2D((4, 6), "float16"),
        species=datasets.Array2D((2, 3), "uint8"),
        modes=datasets.Array3D((2, 3, 4), "float32"),
        tensor=datasets.Array4D((2, 2, 3, 2), "float64"),
        picture=datasets.Image(),
    )
    ours, theirs = arrow_schema(COLUMNS, ["picture"]), features.arrow_schema
    assert datasets.Features.from_dict(feature_spec(COLUMNS, ["picture"])) == features
    assert ours.metadata == theirs.metadata
    assert same_schema(theirs, ours)
    # what a file says when read back, extension types included
    path = tmp_path / "empty.parquet"
    pq.write_table(ours.empty_table(), path)
    assert pq.read_schema(path).equals(theirs)


@pytest.mark.parametrize("rows_per_group", [7, 20])
@pytest.mark.parametrize(("first", "count"), [(0, 20), (3, 1), (6, 9), (19, 1)])
def test_rows_come_back(tmp_path: Path, rows_per_group: int, first: int, count: int) -> None:
    batch = random_batch(20)
    write(tmp_path / "shard.parquet", batch, rows_per_group)
    rows = read_rows(tmp_path / "shard.parquet", first, count, COLUMNS)
    assert list(rows) == [c.name for c in COLUMNS]
    for column in COLUMNS:
        assert rows[column.name].dtype == column.dtype
        np.testing.assert_array_equal(rows[column.name], batch[column.name][first : first + count])


def test_sliced_table_to_numpy() -> None:
    batch = random_batch(10)
    rows = to_numpy(to_table(COLUMNS, batch).slice(4, 3), COLUMNS)
    for name, values in rows.items():
        np.testing.assert_array_equal(values, batch[name][4:7])


def test_load_dataset_gives_arrays(tmp_path: Path) -> None:
    import datasets

    batch = random_batch(20)
    write(tmp_path / "shard.parquet", batch, 7)
    loaded = datasets.Dataset.from_parquet(
        str(tmp_path / "shard.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert isinstance(loaded.features["potential"], datasets.Array2D)
    rows = loaded.with_format("numpy", dtype=np.float16)[2:5]["potential"]
    np.testing.assert_array_equal(rows, batch["potential"][2:5])
    # with `datasets` imported, files are read as its extension types: rows must come all the same
    table = pq.read_table(tmp_path / "shard.parquet")
    assert isinstance(table["modes"].type, pa.ExtensionType)
    assert plain_table(table, COLUMNS).schema.equals(arrow_schema(COLUMNS), check_metadata=True)
    np.testing.assert_array_equal(
        read_rows(tmp_path / "shard.parquet", 0, 20, COLUMNS)["modes"], batch["modes"]
    )


def test_encodings(tmp_path: Path) -> None:
    write(tmp_path / "shard.parquet", random_batch(20), 7)
    with pq.ParquetFile(tmp_path / "shard.parquet") as file:
        assert file.num_row_groups == 3
        group = file.metadata.row_group(0)
    for number in range(group.num_columns):
        leaf = group.column(number)
        float_array = leaf.path_in_schema.split(".")[0] in {
            "spectrum",
            "potential",
            "modes",
            "tensor",
        }
        assert leaf.compression == "ZSTD"
        assert ("BYTE_STREAM_SPLIT" in leaf.encodings) == float_array
        flags = leaf.path_in_schema.split(".")[0] in {"species"}
        assert any("DICTIONARY" in encoding for encoding in leaf.encodings) == flags
        assert leaf.has_column_index


def test_half_precision_arrays_are_small(tmp_path: Path) -> None:
    column = Column("density", "float16", (64, 64), "1/t", "")
    x = np.linspace(0, 3, 64)
    smooth = np.exp(np.sin(x[:, None] + np.arange(16)[:, None, None]) * np.cos(x))
    with shard_writer(tmp_path / "a.parquet", arrow_schema([column])) as writer:
        writer.write_table(to_table([column], {"density": smooth}))
    assert (tmp_path / "a.parquet").stat().st_size < 0.8 * 2 * smooth.size


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (Column("a", "float32", (3,), "", ""), np.zeros((2, 4)), "shape"),
        (Column("a", "int64", (), "", ""), np.zeros(2), "float64"),
        (Column("a", "float16", (), "", ""), np.array([1.0, 1e5]), "too large"),
        (Column("a", "float64", (), "", ""), np.zeros(2, complex), "complex"),
    ],
)
def test_what_cannot_be_stored(column: Column, values: np.ndarray, message: str) -> None:
    with pytest.raises(MesoinvError, match=message):
        to_table([column], {"a": values})


def test_infinity_and_nan_are_kept() -> None:
    column = Column("a", "float16", (), "", "")
    table = to_table([column], {"a": np.array([np.inf, np.nan, 1.0])})
    np.testing.assert_array_equal(to_numpy(table, [column])["a"], [np.inf, np.nan, 1.0])


def test_building_needs_no_datasets(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('datasets', 'scipy', 'jinja2', 'pydantic'): sys.modules[name] = None\n"
        "import mesoinv, json\n"
        "folder = mesoinv.build('toy_dataset:DATASET', ['other'], out=sys.argv[1])\n"
        "report = mesoinv.verify(folder, dataset='toy_dataset:DATASET')\n"
        "heavy = ['torch' in sys.modules, 'matplotlib' in sys.modules]\n"
        "print(json.dumps([report.ok, (folder / 'README.md').is_file(), *heavy]))"
    )
    tests = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "toy")],
        cwd=tests,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [True, True, False, False]
