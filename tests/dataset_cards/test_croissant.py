"""The Croissant file: valid by the reference library, and its records are those of the files."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import mlcroissant
import numpy as np
import pyarrow.parquet as pq
import pytest
from drawn_toy import DATASET
from etils import epath

from mesoinv.dataset_cards import facts
from mesoinv.dataset_cards.croissant import CROISSANT, column_field
from mesoinv.dataset_cards.facts import open_build
from mesoinv.dataset_cards.prose import Head, Prose
from mesoinv.dataset_cards.render import render_card
from mesoinv.generators.pipeline.base import Column
from mesoinv.generators.pipeline.storage import to_numpy

# of rdflib and pandas in mlcroissant
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def described(folder, monkeypatch):
    head = Head(year=2026, summary="A *toy*.", tags=("physics",), task="guess the toy")
    prose = Prose(head, {"Known limits": "- It is **small**."})
    monkeypatch.setattr(facts, "read_prose", lambda _dataset: prose)
    render_card(folder, dataset=DATASET)
    return folder


def opened(folder):
    return mlcroissant.Dataset(str(folder / CROISSANT), mapping={"repo": epath.Path(folder)})


def test_the_reference_library_finds_nothing_wrong(described):
    metadata = opened(described).metadata
    assert not metadata.ctx.issues.errors
    assert not metadata.ctx.issues.warnings
    assert metadata.name == "toy"
    assert str(metadata.version) == DATASET.version
    assert metadata.personal_sensitive_information
    assert metadata.data_limitations == ["- It is small."]
    assert metadata.data_use_cases == ["Training and comparing methods for: guess the toy."]
    assert metadata.data_release_maintenance_plan


RECORDS = """
import pickle, sys
from pathlib import Path
import mlcroissant
from etils import epath
folder = epath.Path(sys.argv[1])
dataset = mlcroissant.Dataset(str(folder / "croissant.json"), mapping={"repo": folder})
names = [records.name for records in dataset.metadata.record_sets]
rows = {name: list(dataset.records(name)) for name in names}
Path(folder / "records").write_bytes(pickle.dumps(rows))
"""


def test_records_are_those_of_the_files(described):
    build = open_build(described, DATASET)
    assert {r.name for r in opened(described).metadata.record_sets} == set(build.configs)
    # `datasets`, if another test imported it, changes how pandas reads our files
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RECORDS, described], check=True)
    assert done.returncode == 0
    records = pickle.loads((described / "records").read_bytes())
    for name, record in build.configs.items():
        columns = build.columns(name)
        expected = []
        for split, stored in record.splits.items():
            for shard in stored.shards:
                rows = to_numpy(pq.read_table(described / shard.file), columns)
                expected += [(split, {c.name: rows[c.name][i] for c in columns})
                             for i in range(shard.num_rows)]  # fmt: skip
        found = sorted(records[name], key=lambda row: (row[f"{name}/split"], row[f"{name}/index"]))
        expected.sort(key=lambda row: (row[0].encode(), row[1]["index"]))
        assert len(found) == len(expected) > 0
        for row, (split, values) in zip(found, expected, strict=True):
            assert row[f"{name}/split"] == split.encode()
            for column in columns:
                made = np.asarray(row[f"{name}/{column.name}"])
                np.testing.assert_array_equal(made, values[column.name])


def test_shapes_types_and_units_are_those_declared(described):
    document = json.loads((described / CROISSANT).read_text())
    (plain,) = [r for r in document["recordSet"] if r["@id"] == "plain"]
    fields = {field["@id"]: field for field in plain["field"]}
    for column in DATASET.columns("plain"):
        field = fields[f"plain/{column.name}"]
        if column.shape:
            assert field["arrayShape"] == ",".join(map(str, column.shape))
        if column.unit != "1":
            assert f"[{column.unit}]" in field["description"]


def test_pictures_are_pictures():
    field = column_field("M20", Column("image", "uint8", (8, 8), "1", "a state", encoding="png"))
    assert field["dataType"] == "sc:ImageObject"
    assert field["source"]["transform"] == {"jsonPath": "bytes"}
    assert "isArray" not in field
