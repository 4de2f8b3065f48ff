"""Audits of held-out configurations: files always, samples with the promised key alone."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import toy_dataset
from build_helpers import TOY

from mesoinv import verify
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.audit.keys import Key
from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out
from mesoinv.generators.pipeline.held_out.secret import commitment, new_key, read_key
from mesoinv.generators.pipeline.manifest import ConfigRecord, read_manifest, write_manifest
from mesoinv.generators.pipeline.storage import arrow_schema, read_rows, shard_writer, to_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.generators.pipeline.audit.report import Report

NAME, ROWS, INPUTS = "plain-held-out", 21, ("index", "density")
SHARD = f"{NAME}/test-00000-of-00002.parquet"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The key of the split, and another one."""
    found = tuple(tmp_path_factory.mktemp("keys") / name for name in ("right", "wrong"))
    for path in found:
        new_key(path)
    return found


@pytest.fixture(scope="module")
def built(
    keys: tuple[Path, Path], toy_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = Path(shutil.copytree(toy_folder, tmp_path_factory.mktemp("audit") / "toy"))
    return build_held_out(TOY, "plain", keys[0], columns=INPUTS, samples=ROWS, out=out)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "toy"))


def kinds(report: Report) -> list[str]:
    return [problem.kind for problem in report.problems]


def test_without_the_key_only_files(built: Path) -> None:
    report = verify(built, samples=10**6, dataset=TOY)
    assert report.ok
    assert (report.files, report.samples) == (13 + 2, 110)
    (note,) = report.notes
    assert note.startswith(f"{NAME}: its 21 samples cannot be computed again without the key")
    assert commitment_of(built) in note


def commitment_of(folder: Path) -> str | None:
    return read_manifest(folder).configs[NAME].commitment


def test_with_the_key_samples_too(built: Path, keys: tuple[Path, Path]) -> None:
    calls: list[tuple[int, int]] = []
    report = verify(
        built, samples=10**6, dataset=TOY, key_file=keys[0], progress=lambda *c: calls.append(c)
    )
    assert report.ok
    assert report.samples == 110 + ROWS
    assert calls[-1] == (15 + 110 + ROWS, 15 + 110 + ROWS)
    assert report.notes == [f"{NAME}: the key is the one promised by {commitment_of(built)}"]
    text = report.to_json()
    assert json.loads(text)["notes"] == report.notes
    assert read_key(keys[0]).hex() not in text + repr(report)
    assert "salt" not in repr(Key(b"secret")) + repr(report)
    assert "secret" not in repr(Key(b"secret"))


def test_a_wrong_key_is_a_problem(built: Path, keys: tuple[Path, Path]) -> None:
    report = verify(built, samples=10**6, dataset=TOY, key_file=keys[1])
    assert kinds(report) == ["key"]
    assert commitment(read_key(keys[1])) in report.problems[0].message
    assert commitment_of(built) in report.problems[0].message
    assert read_key(keys[1]).hex() not in report.to_json()
    assert report.samples == 110


def test_misuse(built: Path, toy_folder: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Leave --key-file out"):
        verify(toy_folder, dataset=TOY, key_file=keys[0])
    with pytest.raises(UsageError, match="no key file"):
        verify(built, dataset=TOY, key_file=tmp_path / "nothing")
    with pytest.raises(UsageError, match="is not a key file"):
        verify(built, dataset=TOY, key_file=built / "manifest.json")


def test_samples_of_another_key_under_the_promise(folder: Path, keys: tuple[Path, Path]) -> None:
    """Whoever exchanges the commitment later is found out: the rows are not the new key's."""
    change(folder, commitment=commitment(read_key(keys[1])))
    assert verify(folder, dataset=TOY).ok  # nobody can tell yet
    report = verify(folder, samples=10**6, dataset=TOY, key_file=keys[1])
    wrong = {(p.kind, p.column) for p in report.problems}
    assert wrong == {("sample", "density")}
    assert len(report.problems) == ROWS


def change(folder: Path, **values: object) -> None:
    manifest = read_manifest(folder)
    manifest.configs[NAME] = dataclasses.replace(manifest.configs[NAME], **values)
    write_manifest(folder, manifest)


def test_a_false_value(folder: Path, keys: tuple[Path, Path]) -> None:
    """The digest fits: only the key finds it."""
    columns = [c for c in toy_dataset.DATASET.columns("plain") if c.name in INPUTS]
    batch = read_rows(folder / SHARD, 0, 16, columns)
    batch["density"][5] += np.float16(0.25)
    with shard_writer(folder / SHARD, arrow_schema(columns)) as writer:
        writer.write_table(to_table(columns, batch))
    manifest = read_manifest(folder)
    shard = manifest.configs[NAME].splits["test"].shards[0]
    shard.num_bytes = (folder / SHARD).stat().st_size
    shard.sha256 = hashlib.sha256((folder / SHARD).read_bytes()).hexdigest()
    write_manifest(folder, manifest)
    assert verify(folder, samples=10**6, dataset=TOY).ok
    report = verify(folder, samples=10**6, dataset=TOY, key_file=keys[0])
    assert [(p.file, p.row, p.column) for p in report.problems] == [(SHARD, 5, "density")]


def test_files_are_checked_without_the_key(folder: Path) -> None:
    data = bytearray((folder / SHARD).read_bytes())
    data[100] ^= 1
    (folder / SHARD).write_bytes(data)
    assert kinds(verify(folder, samples=0, dataset=TOY)) == ["digest"]
    (folder / SHARD).unlink()
    assert kinds(verify(folder, samples=0, dataset=TOY)) == ["missing"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda r: setattr(r, "commitment", None), "has no commitment"),
        (lambda r: setattr(r, "commitment", "abc"), "has no commitment"),
        (lambda r: setattr(r, "columns", None), "has columns"),
        (lambda r: setattr(r, "columns", ["index", "answer"]), "has columns"),
        (lambda r: setattr(r, "source", "other"), "no config 'plain-held-out' of 'other'"),
        (lambda r: setattr(r, "parameters", {"strength": 2.0}), "was made with parameters"),
        (lambda r: setattr(r, "kind", "data"), "no config 'plain-held-out' of 'plain'"),
        (lambda r: setattr(r.splits["test"], "stream", "mesoinv/toy/1/plain/test"), "expected"),
    ],
)
def test_false_records(folder: Path, edit: Callable[[ConfigRecord], None], message: str) -> None:
    manifest = read_manifest(folder)
    edit(manifest.configs[NAME])
    write_manifest(folder, manifest)
    report = verify(folder, samples=0, dataset=TOY)
    assert any(message in str(problem) for problem in report.problems), report.problems


def test_a_label_in_the_files_is_found(folder: Path) -> None:
    """Files with more columns than the manifest says."""
    columns = toy_dataset.DATASET.columns("plain")
    shutil.copy(folder / "plain/train-00000-of-00002.parquet", folder / SHARD)
    assert len(columns) > len(INPUTS)
    assert "schema" in kinds(verify(folder, samples=0, dataset=TOY))


def test_two_keys(folder: Path, keys: tuple[Path, Path]) -> None:
    """Each key opens its own configuration and says nothing of the other."""
    build_held_out(TOY, "other", keys[1], columns=INPUTS, samples=5, out=folder)
    for key, rows in zip(keys, (ROWS, 5), strict=True):
        report = verify(folder, samples=10**6, dataset=TOY, key_file=key)
        assert report.ok
        assert report.samples == 110 + rows
        assert len(report.notes) == 2


def test_manifests_from_before_are_read(toy_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(toy_folder, tmp_path / "toy"))
    data = json.loads((folder / "manifest.json").read_text())
    for record in data["configs"].values():
        del record["commitment"], record["columns"]
    (folder / "manifest.json").write_text(json.dumps(data))
    assert read_manifest(folder) == read_manifest(toy_folder)
    assert verify(folder, dataset=TOY).ok
