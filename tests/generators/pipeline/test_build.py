"""Builds: what is on disk, that it does not depend on how it was made, what is refused."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import shutil
import sys
import time
import types
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import toy_dataset
from build_helpers import TOY, digests
from datasets import load_dataset

from mesoinv import build, generate, verify
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.folder import locked
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.storage import read_rows, to_storage

if TYPE_CHECKING:
    from pathlib import Path

DATASET = toy_dataset.DATASET


class Newer(toy_dataset.Toy):
    version = "2.0.0"


class Twin(toy_dataset.Toy):
    name = "twin"


class NoImages(toy_dataset.Toy):
    def images(self, config: str, batch: dict[str, np.ndarray]) -> dict[str, list[bytes]]:
        return {}


class OtherPhysics(toy_dataset.Toy):
    configs = toy_dataset.Toy.configs | {
        "plain": toy_dataset.StrengthConfig("Plain.", toy_dataset.SIZES, strength=3.0)
    }


def test_files_and_manifest(toy_folder: Path) -> None:
    files = {p.relative_to(toy_folder).as_posix() for p in toy_folder.rglob("*") if p.is_file()}
    shards = {
        f"{config}/{file}"
        for config in ("plain", "other", "mini")
        for file in (
            "train-00000-of-00002.parquet",
            "train-00001-of-00002.parquet",
            "validation-00000-of-00001.parquet",
            "test-00000-of-00001.parquet",
        )
    }
    assert files == shards | {"README.md", "manifest.json", "preview/test-00000-of-00001.parquet"}
    assert not (toy_folder / ".build").exists()
    manifest = read_manifest(toy_folder)
    assert manifest.complete
    assert (manifest.dataset, manifest.version) == ("toy", "1.0.0")
    assert list(manifest.configs) == ["plain", "other", "mini", "preview"]
    plain, mini = manifest.configs["plain"], manifest.configs["mini"]
    assert (
        plain.splits["train"].stream == mini.splits["train"].stream == "mesoinv/toy/1/plain/train"
    )
    assert [(s.first_row, s.num_rows) for s in plain.splits["train"].shards] == [(0, 16), (16, 4)]
    assert plain.parameters == {"strength": 1.0}


def test_stored_rows_are_generated_rows(toy_folder: Path) -> None:
    columns = DATASET.columns("other")
    rows = read_rows(toy_folder / "other/train-00001-of-00002.parquet", 1, 3, columns)
    alone = generate(DATASET, "other", "train", [17, 18, 19])
    for column in columns:
        np.testing.assert_array_equal(
            rows[column.name], to_storage(column, alone[column.name]), err_msg=column.name
        )


def test_preview_has_scalars_and_images(toy_folder: Path) -> None:
    import datasets

    table = pq.read_table(toy_folder / "preview/test-00000-of-00001.parquet")
    assert table.column_names == ["index", "strength", "density_image"]
    assert table["index"].to_pylist() == list(range(8))
    density = generate(DATASET, "plain", "test")["density"].astype(np.float16).astype(float)
    expected = toy_dataset.PNG + density[3].tobytes()[:9]  # drawn from what is stored
    assert table["density_image"][3].as_py() == {"bytes": expected, "path": None}
    assert datasets.Features.from_arrow_schema(table.schema)["density_image"] == datasets.Image()


def test_mini_is_the_beginning_of_any_size(toy_folder: Path, tmp_path: Path) -> None:
    small = build(DATASET, ["plain"], "small", out=tmp_path / "small")
    found, mini = digests(small), digests(toy_folder)
    # row for row and byte for byte, although copied from other shards
    assert {k: v for k, v in found.items() if k.startswith("mini/")} == {
        k: v for k, v in mini.items() if k.startswith("mini/")
    }
    assert (
        found["preview/test-00000-of-00001.parquet"] == mini["preview/test-00000-of-00001.parquet"]
    )
    columns = DATASET.columns("plain")
    small_rows = read_rows(small / "plain/train-00000-of-00004.parquet", 0, 16, columns)
    mini_rows = read_rows(toy_folder / "plain/train-00000-of-00002.parquet", 0, 16, columns)
    for name in small_rows:
        np.testing.assert_array_equal(small_rows[name], mini_rows[name])


def test_worker_count_does_not_matter(toy_folder: Path, tmp_path: Path) -> None:
    before = dict(os.environ)
    calls: list[tuple[int, int]] = []
    folder = build(TOY, out=tmp_path / "two", workers=2, progress=lambda *c: calls.append(c))
    assert digests(folder) == digests(toy_folder)
    assert calls[0] == (0, 68)
    assert calls[-1] == (68, 68)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert dict(os.environ) == before
    assert not multiprocessing.active_children()


def test_workers_have_one_thread(tmp_path: Path) -> None:
    build("toy_dataset:REPORTER", ["plain"], out=tmp_path / "r", workers=2)
    columns = DATASET.columns("plain")
    rows = read_rows(tmp_path / "r/plain/train-00000-of-00002.parquet", 0, 16, columns)
    assert set(rows["strength"].tolist()) == {1.0}


def test_building_again_does_nothing_quickly(toy_folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in toy_folder.rglob("*") if path.is_file()}
    start = time.perf_counter()
    assert build(DATASET, out=toy_folder, workers=2) == toy_folder
    assert time.perf_counter() - start < 0.5
    after = {path: path.stat().st_mtime_ns for path in toy_folder.rglob("*") if path.is_file()}
    assert after == before


def test_config_by_config(toy_folder: Path, tmp_path: Path) -> None:
    build(DATASET, ["other"], out=tmp_path / "toy")
    assert list(read_manifest(tmp_path / "toy").configs) == ["other"]
    build(DATASET, ["plain"], out=tmp_path / "toy")
    assert digests(tmp_path / "toy") == digests(toy_folder)


def test_lost_and_cut_shards_are_made_again(toy_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(toy_folder, tmp_path / "toy")
    (folder / "plain/train-00000-of-00002.parquet").unlink()
    cut = folder / "mini/test-00000-of-00001.parquet"
    cut.write_bytes(cut.read_bytes()[:100])
    (folder / "preview/test-00000-of-00001.parquet").unlink()
    build(DATASET, out=folder)
    assert digests(folder) == digests(toy_folder)
    for file in digests(folder):
        assert (folder / file).read_bytes() == (toy_folder / file).read_bytes()


def test_no_images_no_preview(tmp_path: Path) -> None:
    folder = build(NoImages(), ["plain"], out=tmp_path / "toy")
    assert list(read_manifest(folder).configs) == ["plain", "mini"]
    assert not (folder / ".build").exists()


class Lost(Executor):
    """Its scheduler is gone: every future is cancelled."""

    def submit(self, *_arguments: object, **_named: object) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_scheduler(toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dask client is used as its documentation says; a stand-in with the same calls."""

    class Client:
        def __init__(self, address: str) -> None:
            if address != "tcp://here:8786":
                raise OSError("timed out")

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def nthreads(self) -> dict[str, int]:
            return {"a": 1, "b": 1}

        def get_executor(self) -> ThreadPoolExecutor:
            return ThreadPoolExecutor(2)

    module = types.ModuleType("distributed")
    module.Client = Client
    monkeypatch.setitem(sys.modules, "distributed", module)
    folder = build(DATASET, out=tmp_path / "toy", scheduler="tcp://here:8786")
    assert digests(folder) == digests(toy_folder)
    with pytest.raises(MesoinvError, match="No dask scheduler answers at 'tcp://nowhere:1'"):
        build(DATASET, out=tmp_path / "other", scheduler="tcp://nowhere:1")
    monkeypatch.setattr(Client, "get_executor", lambda _self: Lost())
    with pytest.raises(MesoinvError, match=r"scheduler at .* was lost \(CancelledError\). 0 of 68"):
        build(DATASET, out=tmp_path / "third", scheduler="tcp://here:8786")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MesoinvError, match=r"mesoinv\[cluster\]"):
        build(DATASET, out=tmp_path / "other", scheduler="tcp://here:8786")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "nothing"}, "Unknown dataset 'nothing'"),
        ({"dataset": "toy_dataset:NOTHING"}, "Cannot load the dataset"),
        ({"configs": ["plian"]}, "Did you mean 'plain'.*Allowed: plain, other"),
        ({"configs": "plain"}, "list of names"),
        ({"size": "huge"}, "Allowed: mini, small, full"),
        ({"solver": "best"}, "Allowed: exact, rough"),
        ({"device": "tpu"}, "Allowed: cpu, cuda"),
        ({"device": "cuda:99"}, "CUDA devices here"),
        ({"workers": 0}, "1 or more"),
        ({"device": "cuda", "workers": 2}, "CUDA devices here|One process drives the GPU"),
    ],
)
def test_misuse(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        build(**{"dataset": DATASET, "out": tmp_path / "toy"} | options)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "toy").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": Newer()}, r"holds toy 1\.0\.0, asked was toy 2\.0\.0"),
        ({"dataset": Twin()}, r"holds toy 1\.0\.0, asked was twin 1\.0\.0"),
        ({"size": "small"}, "toy/plain with size 'mini', asked was 'small'"),
        ({"solver": "rough"}, "toy/plain with solver 'exact', asked was 'rough'"),
        ({"dataset": OtherPhysics()}, "with parameters {'strength': 1.0}, asked was .*3.0"),
    ],
)
def test_folder_of_something_else(
    toy_folder: Path, options: dict[str, object], message: str
) -> None:
    before = digests(toy_folder)
    with pytest.raises(UsageError, match=message) as caught:
        build(**{"dataset": DATASET, "out": toy_folder} | options)
    assert "another folder" in str(caught.value)
    assert digests(toy_folder) == before
    assert not (toy_folder / ".build").exists()


def test_folder_that_is_no_build(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match=r"not a build, it holds thesis\.tex"):
        build(DATASET, out=tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        build(DATASET, out=tmp_path / "thesis.tex")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.tex"]


def test_two_builds_at_once_are_refused(tmp_path: Path) -> None:
    with locked(tmp_path / "toy"), pytest.raises(MesoinvError, match="Another build is writing"):
        build(DATASET, out=tmp_path / "toy")
    assert build(DATASET, ["other"], out=tmp_path / "toy").is_dir()


@pytest.mark.parametrize("workers", [1, 2])
def test_solver_error_names_the_samples(tmp_path: Path, workers: int) -> None:
    with pytest.raises(ArithmeticError) as caught:
        build("toy_dataset:BROKEN", ["plain"], out=tmp_path / "toy", workers=workers)
    assert "toy/plain/train, samples [" in caught.value.__notes__[0]
    assert not multiprocessing.active_children()


def test_one_split_alone(tmp_path: Path) -> None:
    folder = build(DATASET, ["plain"], "small", ["test"], out=tmp_path / "toy")
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet")} == {
        "plain/test-00000-of-00001.parquet"
    }
    report = verify(folder, dataset=DATASET, samples=4)
    assert report.ok, report.problems
    data = load_dataset(str(folder), "plain", split="test")
    np.testing.assert_array_equal(data["index"][:], np.arange(13))
    with pytest.raises(UsageError, match=r"with only \['test'\], asked was None"):
        build(DATASET, ["plain"], "small", out=folder)
    for wrong, message in ((["tests"], "Unknown split of toy/plain 'tests'"), ("test", "a list")):
        with pytest.raises(UsageError, match=message):
            build(DATASET, ["plain"], "small", wrong, out=tmp_path / "other")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["configs"]["plain"]["only"] = None
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert any(p.kind == "manifest" for p in verify(folder, dataset=DATASET).problems)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(
    number: int, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS and Lustre may have none: built all the same, with a word."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match="without locks: see to it that no second build"):
        folder = build(DATASET, out=tmp_path / "toy")
    assert digests(folder) == digests(toy_folder)
    assert not (folder / ".build").exists()
