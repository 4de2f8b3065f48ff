"""What is kept of an evaluation comes back whole, or is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mesoinv.eval.scoring.results import TABLE, read_result
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.declared.evaluation import RESULT
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS


def test_round_trip(plain, tmp_path):
    folder = plain.save(tmp_path / "deep" / "result")
    assert {path.name for path in folder.iterdir()} == {RESULT, TABLE}
    again = read_result(folder)
    assert again.evaluation == plain.evaluation
    for name, values in plain.table.items():
        np.testing.assert_allclose(again.table[name], values, rtol=1e-7)
        assert again.table[name].dtype.kind == values.dtype.kind
    assert json.loads((folder / RESULT).read_text())["format"] == 2


def test_what_is_published_does_not_tell_a_path(plain, tmp_path):
    local = replace(plain.evaluation, source=str(tmp_path)).public()
    assert local == replace(plain.evaluation, source="a built folder")
    assert plain.evaluation.public() == plain.evaluation
    for path in LOCAL_WEIGHTS.rglob(RESULT):
        assert "/" not in json.loads(path.read_text(encoding="utf-8"))["source"]


@pytest.mark.parametrize("name", [RESULT, TABLE])
def test_a_result_is_there_or_not(name, plain, tmp_path):
    plain.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(MesoinvError, match="holds no evaluation: run `mesoinv evaluate`"):
        read_result(tmp_path)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff", b'{"format": 1}', b'{"task": "pldos-donors"}']
)
def test_a_damaged_evaluation_is_refused(text, plain, tmp_path):
    plain.save(tmp_path)
    (tmp_path / RESULT).write_bytes(text)
    with pytest.raises(MesoinvError, match="is damaged"):
        read_result(tmp_path)


def test_another_format_is_refused(plain, tmp_path):
    path = plain.save(tmp_path) / RESULT
    data = json.loads(path.read_text())
    for change in ({"format": 1}, {"more": 1}, {"samples": "6"}):
        path.write_text(json.dumps(data | change))
        with pytest.raises(MesoinvError, match="is damaged"):
            read_result(tmp_path)


def test_a_damaged_table_is_refused(plain, tmp_path):
    path = plain.save(tmp_path) / TABLE
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MesoinvError, match="is damaged"):
        read_result(tmp_path)
    pq.write_table(pa.table({n: v[:4] for n, v in plain.table.items()}), path)
    with pytest.raises(MesoinvError, match="is damaged"):
        read_result(tmp_path)
