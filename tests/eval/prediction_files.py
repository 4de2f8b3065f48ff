"""Writes files of predictions for tests, right and wrong ones, and reads them in pieces."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mesoinv.eval.scoring.prediction_files import open_predictions
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError

COUNT = 23
DONORS, FOURIER = get_task("pldos-donors"), get_task("pldos-fourier")


def table(columns, index=None):
    """A table of scalars, and of nested lists for arrays."""
    found = {"index": pa.array(np.arange(COUNT) if index is None else index)}
    for name, values in columns.items():
        found[name] = pa.array(values.tolist() if values.ndim > 1 else values)
    return pa.table(found)


def nested(values, fixed=(False, False)):
    """A column of lists of lists, each axis of fixed length or not."""
    array = pa.array(values.reshape(-1))
    for axis, is_fixed in ((2, fixed[1]), (1, fixed[0])):
        length = values.shape[axis]
        if is_fixed:
            array = pa.FixedSizeListArray.from_arrays(array, length)
        else:
            offsets = pa.array(np.arange(0, len(array) + 1, length, dtype=np.int32))
            array = pa.ListArray.from_arrays(offsets, array)
    return array


def write(folder, content, **options):
    path = folder / "predictions.parquet"
    pq.write_table(content, path, **options)
    return path


def read(path, task=DONORS, rows=7, **options):
    pieces = list(open_predictions(path, task, COUNT, **options).batches(rows))
    assert all(len(p[name]) == rows for p in pieces[:-1] for name in p)
    return {name: np.concatenate([p[name] for p in pieces]) for name in pieces[0]}


def refused(path, message, task=DONORS, **options):
    with pytest.raises(UsageError, match=message):
        read(path, task, **options)
