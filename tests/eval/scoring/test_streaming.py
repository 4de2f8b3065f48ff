"""Evaluation holds a piece of the samples at a time, never all of them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from eval_helpers import LANDSCAPE, model

from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.eval.scoring.selection import SampleSelection


class Endless:
    """Samples without end that are made when they are asked for."""

    def __init__(self, pieces, size):
        self.pieces, self.size = pieces, size

    def __call__(self):
        rng = np.random.default_rng(0)
        for first in range(0, self.pieces * self.size, self.size):
            maps = rng.normal(size=(self.size, 256, 192)).astype(np.float32)
            values = {"pldos": np.exp(maps), "potential": maps}
            yield {"index": np.arange(first, first + self.size), **values}


def peak(subject, pieces, monkeypatch, size=4):
    """Return the largest memory of an evaluation [bytes]."""
    endless = Endless(pieces, size)
    monkeypatch.setattr(SampleSelection, "batches", lambda _selection, _columns: endless())
    tracemalloc.start()
    result = evaluate(subject, "pldos-landscape", samples=pieces * size, variants=False)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(result.table["index"]) == pieces * size
    return found


def test_memory_does_not_grow_with_the_samples(monkeypatch, tmp_path):
    made = model(LANDSCAPE)
    peak(made, 2, monkeypatch)  # imports
    few, many = (peak(made, pieces, monkeypatch) for pieces in (4, 40))
    one = 256 * 192 * 4
    assert few > one
    # the bootstrap's chunks are full with more samples: a few MB, for 144 maps of 0.2 MB
    assert many < few + 20 * one


def test_memory_of_a_file_does_not_grow_either(monkeypatch, tmp_path):
    path, size = tmp_path / "predictions.parquet", 4
    values = np.zeros((160, 256, 192), np.float16)
    schema = pa.schema([("index", pa.int64()), ("potential", pa.list_(pa.list_(pa.float16())))])
    found = []
    for pieces in (4, 40):
        with pq.ParquetWriter(path, schema) as writer:
            for first in range(0, pieces * size, size):
                flat = pa.array(values[first : first + size].reshape(-1))
                rows = pa.ListArray.from_arrays(
                    pa.array(np.arange(0, len(flat) + 1, 192, dtype=np.int32)), flat
                )
                maps = pa.ListArray.from_arrays(
                    pa.array(np.arange(0, len(rows) + 1, 256, dtype=np.int32)), rows
                )
                index = pa.array(np.arange(first, first + size))
                writer.write_table(pa.Table.from_arrays([index, maps], schema=schema))
        monkeypatch.setattr("mesoinv.eval.scoring.predictors.BATCH", size)
        found.append(peak(path, pieces, monkeypatch, size))
    assert found[1] < found[0] + 20 * 256 * 192 * 4
