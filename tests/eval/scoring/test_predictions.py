"""Files of predictions: every honest way to write one is read, and every wrong row is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from prediction_files import COUNT, DONORS, FOURIER, nested, read, refused, table, write
from zoo_helpers import SHAPE, small_model

from mesoinv.eval.scoring.prediction_files import open_predictions
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared.config import Quantity
from mesoinv.zoo.declared.transforms import Affine
from mesoinv.zoo.model.predictions import predict_file

UNSIGNED = pa.uint8()


# what is accepted


def test_what_predict_writes(tmp_path):
    inputs = np.random.default_rng(0).uniform(0.4, 0.8, (COUNT, *SHAPE))
    np.save(tmp_path / "inputs.npy", inputs)
    numbers = small_model()
    series = small_model(
        config="landscape", outputs=[Quantity("fourier", "1", [240, 2], -1, 1)],
        output_transforms=[Affine(0.0, 70.0)],
    )  # fmt: skip
    for model, task in ((numbers, DONORS), (series, FOURIER)):
        path = tmp_path / f"{task.id}.parquet"
        predict_file(model, tmp_path / "inputs.npy", path)
        expected = model.predict(inputs)
        expected = expected if isinstance(expected, dict) else {"fourier": expected}
        for name, values in read(path, task).items():
            np.testing.assert_array_equal(values, expected[name])
        assert open_predictions(path, task, COUNT).about["model"] == model.config.name
    refused(path, "predictions of config 'landscape'; the task pldos-fourier is", FOURIER,
            split="held-out")  # fmt: skip


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_scalars_of_pandas(kind, numbers, tmp_path):
    frame = pd.DataFrame({"index": np.arange(COUNT)} | numbers)
    frame = frame.astype({"s": kind, "n_d": kind})
    path = tmp_path / "predictions.parquet"
    frame.to_parquet(path)
    found = read(path)
    for name in numbers:
        np.testing.assert_array_equal(found[name], numbers[name].astype(kind))


def test_columns_may_have_any_order_and_others_beside_them(numbers, tmp_path):
    content = table({"n_d": numbers["n_d"], "notes": np.arange(COUNT), "s": numbers["s"]})
    found = read(write(tmp_path, content))
    assert set(found) == {"s", "n_d"}
    np.testing.assert_array_equal(found["s"], numbers["s"])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("fixed", [(a, b) for a in (False, True) for b in (False, True)])
def test_arrays(kind, fixed, series, tmp_path):
    values = series.astype(kind)
    content = table({}).append_column("fourier", nested(values, fixed))
    np.testing.assert_array_equal(read(write(tmp_path, content), FOURIER)["fourier"], values)


def test_plain_nested_lists_and_large_ones(series, tmp_path):
    plain = table({"fourier": series})
    large = plain.cast(
        pa.schema([("index", UNSIGNED), ("fourier", pa.large_list(pa.large_list(pa.float32())))])
    )
    for content in (plain, large):
        found = read(write(tmp_path, content), FOURIER)["fourier"]
        np.testing.assert_array_equal(found, series.astype(found.dtype))


@pytest.mark.parametrize("group", [1, 4, 5, 22, 23, 100])
@pytest.mark.parametrize("rows", [1, 4, 7, 23, 50])
def test_pieces_do_not_depend_on_row_groups(group, rows, numbers, tmp_path):
    path = write(tmp_path, table(numbers), row_group_size=group)
    pieces = list(open_predictions(path, DONORS, COUNT).batches(rows))
    assert [len(p["s"]) for p in pieces] == [min(rows, COUNT - i) for i in range(0, COUNT, rows)]
    for name, values in numbers.items():
        np.testing.assert_array_equal(np.concatenate([p[name] for p in pieces]), values)


def test_row_groups_of_odd_sizes(series, tmp_path):
    path, content = tmp_path / "predictions.parquet", table({"fourier": series})
    with pq.ParquetWriter(path, content.schema) as writer:
        for first, count in ((0, 1), (1, 9), (10, 3), (13, 10)):
            writer.write_table(content.slice(first, count))
    for rows in (2, 5, 9):
        np.testing.assert_array_equal(read(path, FOURIER, rows)["fourier"], series)


def test_the_whole_split_is_the_default(numbers, tmp_path):
    path = write(tmp_path, table(numbers))
    with pytest.raises(UsageError, match="has 23 rows; the task needs one for each of the 4000"):
        open_predictions(path, DONORS)


# values


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("row", [0, 9, COUNT - 1])
def test_values_must_be_finite(value, row, numbers, series, tmp_path):
    """1e39 is beyond float32: its square would make scores infinite."""
    numbers["n_d"][row] = value
    refused(write(tmp_path, table(numbers)), f"Row {row}: n_d is NaN, infinite or beyond float32")
    series[row, 239, 1] = value
    refused(write(tmp_path, table({"fourier": series})), f"Row {row}: fourier is NaN", FOURIER)


def test_the_largest_half_is_a_number(numbers, tmp_path):
    numbers["s"] = np.full(COUNT, 65504, np.float16)
    assert (read(write(tmp_path, table(numbers)))["s"] == 65504).all()


@pytest.mark.parametrize("row", [0, 8, COUNT - 1])
def test_values_must_be_there(row, numbers, series, tmp_path):
    values = numbers["s"].tolist()
    values[row] = None
    content = table(numbers).set_column(1, "s", pa.array(values))
    refused(write(tmp_path, content), f"Row {row}: s has no value")
    for place in ((row,), (row, 3), (row, 3, 1)):
        lists = series.tolist()
        inner = lists
        for i in place[:-1]:
            inner = inner[i]
        inner[place[-1]] = None
        content = table({}).append_column("fourier", pa.array(lists))
        refused(write(tmp_path, content), f"Row {row}: fourier has no value", FOURIER)


@pytest.mark.parametrize("row", [0, 8, COUNT - 1])
def test_every_row_has_the_same_shape(row, series, tmp_path):
    for cut, length in (((slice(1, None),), 239), ((slice(0, 0),), 0)):
        lists = series.tolist()
        lists[row] = lists[row][cut[0]]
        content = table({}).append_column("fourier", pa.array(lists))
        message = f"Row {row}: fourier has an axis of length {length}; 240 are needed"
        refused(write(tmp_path, content), message, FOURIER)
    lists = series.tolist()
    lists[row][5].append(0.0)
    content = table({}).append_column("fourier", pa.array(lists))
    refused(
        write(tmp_path, content),
        f"Row {row}: fourier has an axis of length 3; 2 are needed",
        FOURIER,
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({4: 3}, "Row 4 has the index 3, which row 3 has too; sample 4 is missing"),
        ({22: 0}, "Row 22 has the index 0, which row 0 has too; sample 22 is missing"),
        ({i: i + 1 for i in range(9, 22)}, "Row 22 has the index 22, .* sample 9 is missing"),
        ({22: 23}, "Row 22 .* the split has the samples 0 to 22"),
        ({3: -1}, "Row 3 .* the split has the samples 0 to 22"),
    ],
)
@pytest.mark.parametrize("kind", [np.int64, np.int8])
def test_the_index_counts(rows, message, kind, numbers, tmp_path):
    index = np.arange(COUNT, dtype=kind)
    for row, value in rows.items():
        index[row] = value
    refused(write(tmp_path, table(numbers, index)), message)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int16])
@pytest.mark.parametrize("rows", [3, 7, 100])
def test_rows_may_have_any_order(rows, kind, numbers, series, tmp_path):
    order = np.random.default_rng(3).permutation(COUNT)
    path = write(tmp_path, table({n: v[order] for n, v in numbers.items()}, order.astype(kind)))
    for name, values in read(path, rows=rows).items():
        np.testing.assert_array_equal(values, numbers[name])
    path = write(tmp_path, table({"fourier": series[order]}, order.astype(kind)), row_group_size=5)
    np.testing.assert_array_equal(read(path, FOURIER, rows)["fourier"], series)


def test_numbers_of_any_kind_are_read(numbers, tmp_path):
    for kind in ("f2", "f4", "f8", "i1", "u4", "i8", "?"):
        values = {name: v.astype(kind) for name, v in numbers.items()}
        for name, found in read(write(tmp_path, table(values))).items():
            np.testing.assert_array_equal(found, values[name])


def test_arrays_may_be_flat(series, tmp_path):
    flat = series.reshape(COUNT, -1)
    for content in (
        table({"fourier": flat}),
        table({}).append_column(
            "fourier", pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
        ),
    ):
        np.testing.assert_array_equal(read(write(tmp_path, content), FOURIER)["fourier"], series)


def test_deviations_are_read_where_they_are(numbers, tmp_path):
    both = numbers | {"s_std": numbers["s"] / 10}
    assert list(read(write(tmp_path, table(both)))) == ["s", "n_d", "s_std"]


def test_an_index_without_end_is_no_index(numbers, tmp_path):
    index = np.arange(COUNT, dtype=np.uint64)
    index[2] = 2**64 - 1
    refused(write(tmp_path, table(numbers, index)), "Row 2 has the index 18446744073709551615")
