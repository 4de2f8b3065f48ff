"""What a file of predictions is and claims to be is checked before its values are read."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from prediction_files import COUNT, DONORS, FOURIER, read, refused, table, write

from mesoinv.eval.scoring import prediction_files as predictions
from mesoinv.eval.scoring.prediction_files import open_predictions
from mesoinv.generators.common.errors import UsageError


@pytest.mark.parametrize("name", ["index", "s", "n_d"])
def test_columns_must_be_there_once(name, numbers, tmp_path):
    content = table(numbers)
    refused(write(tmp_path, content.drop_columns([name])), f"column {name} is missing. Wanted")
    content = content.append_column(name, content[name])
    refused(write(tmp_path, content), f"column {name} is there twice")


@pytest.mark.parametrize(
    "values",
    [
        [str(i) for i in range(COUNT)],
        [None] * COUNT,
        [[1.0]] * COUNT,
        [{"a": 1.0}] * COUNT,
        pa.array(["a"] * COUNT).dictionary_encode(),
        pa.array([1] * COUNT, pa.timestamp("ns")),
        pa.array([1] * COUNT, pa.decimal128(5)),
    ],
    ids=lambda values: str(getattr(values, "type", type(values[0]).__name__)),
)
def test_numbers_must_be_numbers(values, numbers, tmp_path):
    content = table(numbers).set_column(1, "s", pa.array(values))
    refused(write(tmp_path, content), r"The column s must hold numbers of shape \(\) a sample; it")


@pytest.mark.parametrize("index", [np.arange(float(COUNT)), np.array(["0"] * COUNT)])
def test_the_index_must_be_integers(index, numbers, tmp_path):
    refused(write(tmp_path, table(numbers, index)), "The column index must hold integers")


def test_arrays_must_have_their_axes(series, tmp_path):
    deep = table({"fourier": series.reshape(COUNT, 240, 2, 1)})
    refused(write(tmp_path, deep), r"must hold numbers of shape \(240, 2\) a sample", FOURIER)
    short = table({"fourier": series.reshape(COUNT, -1)[:, 1:]})
    refused(write(tmp_path, short), "Row 0: fourier has an axis of length 479; 480", FOURIER)


@pytest.mark.parametrize("rows", [COUNT - 1, COUNT + 1, 0])
def test_one_row_for_each_sample(rows, numbers, tmp_path):
    content = pa.concat_tables([table(numbers)] * 2).slice(0, rows)
    refused(write(tmp_path, content), f"has {rows} rows; the task needs one for each of the 23")


# what the file says about itself


def about(content, **said):
    return content.replace_schema_metadata({b"mesoinv": json.dumps(said).encode()})


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"dataset": "other"}, "predictions of dataset 'other'; .* on 'pldos'"),
        ({"dataset_version": "2.0.0"}, "predictions of dataset version '2.0.0'"),
        ({"config": "landscape"}, "predictions of config 'landscape'"),
        ({"split": "train"}, "predictions of split 'train'; .* Predict again"),
        ({"split": ["test"]}, r"predictions of split \['test'\]"),
        ({"split": "x" * 10_000}, "predictions of split 'x{50,80}; the"),
    ],
)
def test_predictions_of_something_else_are_refused(said, message, numbers, tmp_path):
    refused(write(tmp_path, about(table(numbers), **said)), message)


def test_the_split_is_the_one_asked_for(numbers, tmp_path):
    path = write(tmp_path, about(table(numbers), split="validation"))
    refused(path, "split 'validation'")
    assert len(read(path, split="validation")["s"]) == COUNT


def test_a_held_out_split_is_a_configuration_of_its_own(numbers, tmp_path):
    path = write(tmp_path, about(table(numbers), config="global-held-out", split="test"))
    assert len(read(path, split="held-out")["s"]) == COUNT
    refused(path, "config 'global-held-out'")


@pytest.mark.parametrize("said", [b"{", b"\xff", b"[]", b"null", b"[" * 100_000, b""])
def test_damaged_words_are_ignored(said, numbers, tmp_path):
    content = table(numbers).replace_schema_metadata({b"mesoinv": said})
    path = write(tmp_path, content)
    assert open_predictions(path, DONORS, COUNT).about == {}
    assert len(read(path)["s"]) == COUNT


# files


def test_only_plain_files(numbers, tmp_path):
    path = write(tmp_path, table(numbers))
    link = tmp_path / "link.parquet"
    link.symlink_to(path)
    refused(link, "is not a plain file")
    refused(tmp_path, "is not a plain file")
    refused(tmp_path / "none.parquet", "cannot be read: No such file")


@pytest.mark.parametrize("text", [b"", b"PAR1", b"index,s\n0,1\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_other_files_are_refused(text, tmp_path):
    path = tmp_path / "predictions.parquet"
    path.write_bytes(text)
    refused(path, "is not a whole parquet file")


def test_damaged_files_are_refused(numbers, tmp_path):
    path = write(tmp_path, table(numbers), compression="zstd")
    whole = path.read_bytes()
    for size in (len(whole) - 1, len(whole) // 2, 10):
        path.write_bytes(whole[:size])
        refused(path, "is not a whole parquet file")
    # the end is whole, the pages are not
    path.write_bytes(whole[:4] + bytes(200) + whole[204:])
    refused(path, "predictions.parquet is damaged")


def test_a_file_must_hold_what_it_says(numbers, tmp_path, monkeypatch):
    path = write(tmp_path, table(numbers).slice(0, 20))
    monkeypatch.setattr(predictions, "_check_claims", lambda *_: None)
    refused(path, "says 23 rows and holds 20")


def test_the_size_of_a_file_is_limited(numbers, tmp_path, monkeypatch):
    path = write(tmp_path, table(numbers))
    monkeypatch.setattr(predictions, "MAX_BYTES", path.stat().st_size)
    assert len(read(path)["s"]) == COUNT
    monkeypatch.setattr(predictions, "MAX_BYTES", path.stat().st_size - 1)
    refused(path, "Store float32 or float16 with zstd compression")


def bomb(values, length):
    """A column whose rows all hold the same `length` numbers, small on disk."""
    offsets = pa.array(np.arange(0, (COUNT + 1) * length, length, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(np.full(COUNT * length, values)))


def test_columns_that_nobody_asked_for_may_not_be_huge(numbers, tmp_path):
    content = table(numbers).append_column("more", bomb(np.float32(1), 20_000))
    path = write(tmp_path, content, use_dictionary=False, compression="zstd")
    assert path.stat().st_size < 50_000
    refused(path, "The file claims .* GB of values.* Keep only the columns index, s, n_d")


def test_repeated_values_count_as_often_as_they_unfold(tmp_path):
    """A dictionary of one value says that it is small, whatever it unfolds to."""
    inner = bomb(np.float32(1), 100_000)
    offsets = pa.array(np.arange(COUNT + 1, dtype=np.int32))
    content = table({}).append_column("fourier", pa.ListArray.from_arrays(offsets, inner))
    path = write(tmp_path, content)
    group = pq.read_metadata(path).row_group(0)
    assert group.total_byte_size < 100_000
    with pytest.raises(UsageError, match=r"The file claims 0\.0\d+ GB of values"):
        open_predictions(path, FOURIER, COUNT)
