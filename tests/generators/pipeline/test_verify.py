"""Audits: a sound build passes; every kind of damage is found, named, and all of it at once."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_dataset
from build_helpers import TOY

from mesoinv import verify
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.records import from_dict
from mesoinv.generators.pipeline.audit.report import Report
from mesoinv.generators.pipeline.audit.samples import choose_rows, relative_error
from mesoinv.generators.pipeline.manifest import read_manifest, write_manifest
from mesoinv.generators.pipeline.storage import arrow_schema, read_rows, shard_writer, to_table

if TYPE_CHECKING:
    from pathlib import Path

DATASET = toy_dataset.DATASET
SHARD = "plain/train-00000-of-00002.parquet"


class Newer(toy_dataset.Toy):
    version = "2.0.0"


@pytest.fixture
def folder(toy_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(toy_folder, tmp_path / "toy")


def kinds(report: Report) -> dict[str, str | None]:
    return {problem.kind: problem.file for problem in report.problems}


def rewrite(folder: Path, change: dict[str, tuple[int, float]], file: str = SHARD) -> None:
    """Falsify values of a shard (column -> row, amount) and give the manifest its new digest."""
    columns, path = DATASET.columns("plain"), folder / file
    count = pq.read_metadata(path).num_rows
    batch = read_rows(path, 0, count, columns)
    for name, (row, amount) in change.items():
        batch[name].reshape(count, -1)[row, 0] += np.asarray(amount, batch[name].dtype)
    with shard_writer(path, arrow_schema(columns)) as writer:
        writer.write_table(to_table(columns, batch))
    renew(folder, file)


def renew(folder: Path, file: str) -> None:
    """Give the manifest the digest that a shard has now."""
    manifest, path = read_manifest(folder), folder / file
    shards = (s for r in manifest.configs.values() for p in r.splits.values() for s in p.shards)
    (shard,) = (shard for shard in shards if shard.file == file)
    shard.num_bytes = path.stat().st_size
    shard.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    write_manifest(folder, manifest)


def test_sound_build(toy_folder: Path) -> None:
    calls: list[tuple[int, int]] = []
    report = verify(toy_folder, dataset=TOY, progress=lambda *call: calls.append(call))
    assert report.ok
    assert (report.dataset, report.version, report.files) == ("toy", "1.0.0", 13)
    assert report.samples == 16
    assert set(report.largest_error.values()) == {0.0}
    assert calls[0] == (0, 29)
    assert calls[-1] == (29, 29)
    data = json.loads(report.to_json())
    assert data.pop("ok") is True
    assert data.pop("power") == report.power
    assert from_dict(Report, data) == report


def test_which_samples_is_not_known_before(toy_folder: Path) -> None:
    """Who changes rows could avoid those that are always looked at."""
    seeds = {verify(toy_folder, 1, dataset=TOY).seed for _ in range(3)}
    assert len(seeds) == 3
    assert verify(toy_folder, 1, seed=5, dataset=TOY).seed == 5


@pytest.mark.parametrize(
    ("samples", "rows", "words"),
    [
        (16, 16, "every sample was computed again"),
        (0, 9, "no sample was computed again: changed rows with a new digest are not seen"),
        (16, 4000, "if 17 % of the rows were changed, 95 % of such checks find it; "
         "for 1 %: --samples 299"),
        (16, 100, "if 17 % of the rows were changed, 95 % of such checks find it; "
         "for 1 %: --samples 100"),
        (299, 4000, "if 1 % of the rows were changed, 95 % of such checks find it"),
    ],
)  # fmt: skip
def test_the_power_is_said(samples: int, rows: int, words: str) -> None:
    assert Report("somewhere", samples=samples, rows=rows).power == words


def test_the_power_is_what_choosing_has() -> None:
    """Of many checks of 299 rows in 4000, 1 % of which are changed, 95 % find one or more."""
    changed = np.random.default_rng(0).permutation(4000)[:40]
    seen = [
        np.isin(np.concatenate(choose_rows([4000], 299, seed)), changed).any()
        for seed in range(1000)
    ]
    assert 0.93 < np.mean(seen) < 0.98


def test_all_samples_and_none(toy_folder: Path) -> None:
    assert verify(toy_folder, samples=10**6, dataset=TOY).samples == 110
    assert verify(toy_folder, samples=0, dataset=TOY).samples == 0


def test_flipped_byte(folder: Path) -> None:
    content = bytearray((folder / SHARD).read_bytes())
    content[200] ^= 1
    (folder / SHARD).write_bytes(content)
    report = verify(folder, samples=110, dataset=TOY)
    assert not report.ok
    assert kinds(report)["digest"] == SHARD
    assert {problem.file for problem in report.problems} == {SHARD}


def test_every_problem_is_listed(folder: Path) -> None:
    (folder / SHARD).unlink()
    cut = "other/test-00000-of-00001.parquet"
    (folder / cut).write_bytes((folder / cut).read_bytes()[:-50])
    shutil.copy(folder / "other/train-00000-of-00002.parquet", folder / "other/copy.parquet")
    (folder / "mini/validation-00000-of-00001.parquet").write_text("not parquet")
    report = verify(folder, samples=110, dataset=TOY)
    found = {(problem.kind, problem.file) for problem in report.problems}
    assert found >= {
        ("missing", SHARD),
        ("size", cut),
        ("unreadable", cut),
        ("unknown", "other/copy.parquet"),
        ("size", "mini/validation-00000-of-00001.parquet"),
        ("unreadable", "mini/validation-00000-of-00001.parquet"),
    }
    assert report.files == 10
    assert report.samples == 110 - 16 - 10 - 4  # what can be read is still compared


def test_a_copy_is_held_against_its_source(folder: Path) -> None:
    """No sample need be computed again for that, so every row is compared."""
    rewrite(folder, {"potential": (3, 1.0)}, file="mini/train-00000-of-00002.parquet")
    report = verify(folder, samples=0, dataset=TOY)
    (problem,) = report.problems
    assert (problem.kind, problem.row, problem.column) == ("copy", 3, "potential")
    assert "differs from plain, of which it is a copy" in problem.message


def test_a_copy_without_its_source(folder: Path) -> None:
    manifest = read_manifest(folder)
    manifest.configs = {"mini": manifest.configs["mini"]}
    write_manifest(folder, manifest)
    for name in ("plain", "other", "preview"):
        shutil.rmtree(folder / name)
    assert [p.kind for p in verify(folder, samples=0, dataset=TOY).problems] == ["card"]


@pytest.mark.parametrize("damage", ["lost", "old", "somebody else's"])
def test_a_card_that_does_not_name_what_is_here(folder: Path, damage: str) -> None:
    """`load_dataset` reads what it says, and mixes all configurations where it says nothing."""
    readme = folder / "README.md"
    if damage == "lost":
        readme.unlink()
    elif damage == "old":
        readme.write_text(readme.read_text().replace("config_name: other", "config_name: gone"))
    else:
        readme.write_text("# Mine")
    (problem,) = verify(folder, samples=0, dataset=TOY).problems
    assert (problem.kind, problem.file) == ("card", "README.md")
    assert "plain, other, mini, preview" in problem.message


def test_foreign_files_and_links_are_noted(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "plain" / "latest").symlink_to("/etc/passwd")
    (folder / "figures").mkdir()
    (folder / "figures" / "sample.png").touch()
    report = verify(folder, samples=0, dataset=TOY)
    assert report.ok
    assert report.notes == [
        "not in the manifest and not checked: notes.txt, plain/latest",
        "links: plain/latest → /etc/passwd",
    ]


@pytest.mark.parametrize("place", ["table", "column"])
def test_edited_metadata(folder: Path, place: str) -> None:
    path = folder / SHARD
    table = pq.read_table(path)
    if place == "table":
        table = table.replace_schema_metadata(table.schema.metadata | {b"pandas": b"{}"})
    else:
        field = table.schema.field("density")
        field = field.with_metadata((field.metadata or {}) | {b"unit": b"km"})
        schema = table.schema.set(table.schema.get_field_index("density"), field)
        table = pa.Table.from_arrays(table.columns, schema=schema)
    pq.write_table(table, path)
    renew(folder, SHARD)
    report = verify(folder, samples=0, dataset=TOY)
    (problem,) = report.problems
    assert (problem.kind, problem.file) == ("schema", SHARD)
    assert problem.message.endswith({"table": "write: pandas", "column": "density unit"}[place])


def test_false_value_in_exact_column(folder: Path) -> None:
    rewrite(folder, {"potential": (5, 1e-12), "index": (9, 1)})
    report = verify(folder, samples=110, dataset=TOY)
    found = [(p.kind, p.file, p.row, p.column) for p in report.problems if p.kind != "copy"]
    assert found == [("sample", SHARD, 5, "potential"), ("sample", SHARD, 9, "index")]
    problem = next(p for p in report.problems if p.kind == "sample")
    assert "must be equal" in problem.message
    assert "row 5, column potential" in str(problem)


def test_tolerance(folder: Path) -> None:
    rewrite(folder, {"spectrum": (3, 1e-7), "density": (4, 0.25)})
    report = verify(folder, samples=110, dataset=TOY)
    found = [(p.row, p.column) for p in report.problems if p.file == SHARD]
    assert found == [(4, "density")]
    assert "above 0.001" in next(p.message for p in report.problems if p.file == SHARD)
    assert 0 < report.largest_error["spectrum"] < 1e-6


def test_a_subset_finds_what_it_draws(folder: Path) -> None:
    """The choice is seeded: the same seed gives the same verdict, some other finds the error."""
    rewrite(folder, {"potential": (5, 1.0)})
    verdicts = [verify(folder, samples=30, seed=seed, dataset=TOY).ok for seed in range(6)]
    assert verdicts == [verify(folder, samples=30, seed=s, dataset=TOY).ok for s in range(6)]
    assert not all(verdicts)


def test_wrong_version(toy_folder: Path) -> None:
    report = verify(toy_folder, dataset=Newer())
    assert list(kinds(report)) == ["version"]
    assert "holds toy 1.0.0, installed is toy 2.0.0" in report.problems[0].message
    assert report.files == 13  # the files are checked all the same
    assert report.samples == 0


def test_unknown_dataset(toy_folder: Path) -> None:
    report = verify(toy_folder)
    assert list(kinds(report)) == ["dataset"]
    assert "package.module:OBJECT" in report.problems[0].message


def test_other_parameters_solver_and_rows(folder: Path) -> None:
    manifest = read_manifest(folder)
    plain, other = manifest.configs["plain"], manifest.configs["other"]
    plain.parameters = {"strength": 2.0}
    plain.splits["test"].stream = "mesoinv/toy/1/plain/tset"
    other.solver = "guess"
    other.splits["train"].shards[1].first_row = 15
    write_manifest(folder, manifest)
    messages = [str(problem) for problem in verify(folder, dataset=TOY).problems]
    for expected in (
        "plain was made with parameters {'strength': 2.0}",
        "plain/tset",
        "unknown solver 'guess'",
        "starts at row 15, expected was 16",
    ):
        assert any(expected in message for message in messages), (expected, messages)


def test_incomplete(folder: Path) -> None:
    manifest = read_manifest(folder)
    lost = manifest.configs["plain"].splits["train"].shards.pop()
    write_manifest(folder, manifest)
    found = {(problem.kind, problem.file) for problem in verify(folder, dataset=TOY).problems}
    assert found == {("incomplete", None), ("unknown", lost.file)}


def test_wrong_schema(folder: Path) -> None:
    path = folder / SHARD
    table = pq.read_table(path).drop_columns(["modes"])
    pq.write_table(table, path)
    assert {"size", "schema"} <= set(kinds(verify(folder, dataset=TOY)))


@pytest.mark.parametrize("text", [None, "{}", "{", '{"format": 2}'])
def test_bad_manifest(folder: Path, text: str | None) -> None:
    (folder / "manifest.json").unlink()
    if text is not None:
        (folder / "manifest.json").write_text(text)
    report = verify(folder, dataset=TOY)
    assert list(kinds(report)) == ["manifest"]


def test_what_cannot_be_read(folder: Path) -> None:
    (folder / SHARD).unlink()
    (folder / SHARD).mkdir()
    assert kinds(verify(folder, dataset=TOY))["missing"] == SHARD
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()
    report = verify(folder, dataset=TOY)
    assert "cannot be read: Is a directory" in report.problems[0].message


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        verify(tmp_path / "nothing")
    with pytest.raises(UsageError, match="0 or more"):
        verify(tmp_path, samples=-1)


def test_choose_rows_spreads_evenly() -> None:
    chosen = choose_rows([100, 2, 50], 16, seed=3)
    assert [len(rows) for rows in chosen] == [7, 2, 7]
    assert all(len(set(rows.tolist())) == len(rows) for rows in chosen)
    for rows, again in zip(chosen, choose_rows([100, 2, 50], 16, seed=3), strict=True):
        np.testing.assert_array_equal(rows, again)
    assert [len(rows) for rows in choose_rows([3, 0, 1], 99, seed=0)] == [3, 0, 1]
    assert choose_rows([], 16, seed=0) == []


@pytest.mark.parametrize(
    ("stored", "computed", "expected"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0.0),
        ([0.0, 0.0], [3.0, 4.0], 1.0),
        ([1.0, np.nan], [1.0, np.nan], 0.0),
        ([1.0, np.nan], [1.0, 2.0], np.inf),
        ([1.0, 0.0], [0.0, 0.0], np.inf),
        ([0.0], [0.0], 0.0),
    ],
)
def test_relative_error(stored: list[float], computed: list[float], expected: float) -> None:
    assert relative_error(np.array(stored), np.array(computed)) == expected


def test_small_values_are_compared_with_the_floor() -> None:
    small, none = np.array([3e-9]), np.zeros(1)
    assert relative_error(small, none) == np.inf
    assert relative_error(small, none, 1.0) == pytest.approx(3e-9)
    assert relative_error(np.array([4.004]), np.array([4.0]), 1.0) == pytest.approx(1e-3)
    assert relative_error(np.array([np.nan]), none, 1.0) == np.inf
