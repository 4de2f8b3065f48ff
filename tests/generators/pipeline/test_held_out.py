"""Held-out splits: what is on disk, that it is the key's, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from build_helpers import TOY, digests
from held_out_helpers import DATASET, INPUTS, ROWS, SHARD, assert_hidden, contents, held_out

from mesoinv import build, generate
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out, held_out_samples
from mesoinv.generators.pipeline.held_out.secret import commitment, new_key, read_key
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.storage import read_rows, to_storage


def test_files_and_manifest(standalone: Path, key_file: Path) -> None:
    found = (path for path in standalone.rglob("*") if path.is_file())
    files = sorted(path.relative_to(standalone).as_posix() for path in found)
    assert files == ["README.md", "manifest.json", SHARD, SHARD.replace("test-00000", "test-00001")]
    manifest = read_manifest(standalone)
    record = manifest.configs["plain-held-out"]
    assert manifest.complete
    assert (record.kind, record.source, record.size) == ("held-out", "plain", "held-out")
    assert (record.columns, record.commitment) == (list(INPUTS), commitment(read_key(key_file)))
    assert record.splits["test"].stream == "mesoinv/toy/1/plain/held-out"
    assert [(s.first_row, s.num_rows) for s in record.splits["test"].shards] == [(0, 16), (16, 5)]


def test_rows_are_those_of_the_key_and_of_no_public_split(standalone: Path, key_file: Path) -> None:
    columns = [c for c in DATASET.columns("plain") if c.name in INPUTS]
    stored = read_rows(standalone / SHARD, 0, 16, columns)
    samples = held_out_samples(TOY, "plain", read_key(key_file), range(16))
    assert list(samples) == [c.name for c in DATASET.columns("plain")]
    for column in columns:
        np.testing.assert_array_equal(
            stored[column.name], to_storage(column, samples[column.name]), err_msg=column.name
        )
    assert samples["density"].dtype == np.float64  # not rounded
    for split in ("train", "validation", "test"):
        public = generate(DATASET, "plain", split, range(16))
        assert not np.isclose(public["potential"], samples["potential"]).all(axis=(1, 2)).any()


def test_random_access(key_file: Path) -> None:
    key = read_key(key_file)
    every = held_out_samples(DATASET, "plain", key, range(12))
    some = held_out_samples(DATASET, "plain", key, [9, 2], ["potential", "strength"])
    assert set(some) == {"strength", "potential"}
    for name, values in some.items():
        np.testing.assert_array_equal(values, every[name][[9, 2]])
    for other in (
        held_out_samples(DATASET, "other", key, range(12)),
        held_out_samples(DATASET, "plain", key[::-1], range(12)),
    ):
        assert (other["potential"] != every["potential"]).any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plian", b"k" * 32, [0]), "Did you mean 'plain'"),
        (("plain", b"", [0]), "32 bytes"),
        (("plain", b"k" * 32, [-1]), "0 or more"),
        (("plain", b"k" * 32, []), "one or more integers"),
        (("plain", b"k" * 32, [0], ["densty"]), "Did you mean 'density'"),
    ],
)
def test_wrong_samples(arguments: tuple, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        held_out_samples(DATASET, *arguments)
    assert "kkk" not in str(caught.value)


def test_extends_a_build_and_is_extended(
    toy_folder: Path, standalone: Path, key_file: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(toy_folder, tmp_path / "extended"))
    held_out(key_file, out)
    assert digests(out) == digests(toy_folder) | digests(standalone)
    assert not (out / ".build").exists()
    other = Path(shutil.copytree(standalone, tmp_path / "other"))
    build(TOY, out=other)
    assert digests(other) == digests(out)


def test_workers_and_order_of_columns_do_not_matter(
    standalone: Path, key_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[int, int]] = []
    out = held_out(
        key_file,
        tmp_path / "toy",
        workers=2,
        columns=INPUTS[::-1],
        progress=lambda *call: calls.append(call),
    )
    assert digests(out) == digests(standalone)
    assert (calls[0], calls[-1]) == ((0, ROWS), (ROWS, ROWS))
    assert_hidden(read_key(key_file), *capfd.readouterr())


def test_another_key_is_refused(standalone: Path, key_file: Path, tmp_path: Path) -> None:
    finished = Path(shutil.copytree(standalone, tmp_path / "finished"))
    unfinished = Path(shutil.copytree(standalone, tmp_path / "unfinished"))
    (unfinished / SHARD).unlink()
    new_key(tmp_path / "key")
    for out in (finished, unfinished):
        with pytest.raises(UsageError, match="plain-held-out from another key") as caught:
            held_out(tmp_path / "key", out)
        assert commitment(read_key(key_file)) in str(caught.value)
        assert commitment(read_key(tmp_path / "key")) in str(caught.value)
        assert_hidden(read_key(tmp_path / "key"), str(caught.value))
    assert digests(finished) == digests(standalone)
    assert digests(held_out(key_file, unfinished)) == digests(standalone)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 20}, "with splits"),
        ({"columns": ["index", "spectrum"]}, "with columns"),
        ({"samples": 0}, "samples must be an integer of 1 or more, not 0"),
        ({"samples": 2.0}, "samples must be an integer"),
        ({"columns": ["index", "densty"]}, "Did you mean 'density'"),
        ({"columns": []}, "list of different names"),
        ({"columns": "density"}, "list of different names"),
        ({"columns": ["index", "index"]}, "list of different names"),
        ({"columns": [c.name for c in DATASET.columns("plain")]}, "nothing would be held out"),
        ({"config": "plain-held-out"}, "Did you mean 'plain'"),
        ({"config": "mini"}, "Unknown config"),
        ({"dataset": "nothing"}, "Unknown dataset"),
        ({"device": "tpu"}, "Unknown device"),
        ({"workers": 0}, "workers must be 1 or more"),
    ],
)
def test_refusals(
    standalone: Path, key_file: Path, options: dict[str, object], message: str
) -> None:
    before = list(contents(standalone))
    with pytest.raises(UsageError, match=message):
        held_out(key_file, standalone, **options)
    assert list(contents(standalone)) == before


def test_a_key_in_the_folder_or_no_key_is_refused(
    key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "toy"
    (out / "deep").mkdir(parents=True)
    shutil.copy(key_file, out / "deep/key")
    (tmp_path / "link").symlink_to(out / "deep")
    for path in (out / "deep/key", out / "deep/../deep/key", tmp_path / "link/key"):
        with pytest.raises(UsageError, match="which is to be published"):
            held_out(path, out)
    monkeypatch.chdir(out)
    with pytest.raises(UsageError, match="which is to be published"):
        held_out(Path("deep/key"), Path())
    with pytest.raises(UsageError, match="no key file"):
        held_out(tmp_path / "key", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_pldos(tmp_path: Path) -> None:
    """The real thing: inputs alone, and answers for the scorer."""
    new_key(tmp_path / "key")
    key = read_key(tmp_path / "key")
    out = build_held_out(
        "pldos", "landscape", tmp_path / "key",
        columns=("index", "pldos"), samples=2, out=tmp_path / "pldos",
    )  # fmt: skip
    table = pq.read_table(out / "landscape-held-out/test-00000-of-00001.parquet")
    assert table.column_names == ["index", "pldos"]
    samples = held_out_samples("pldos", "landscape", key, [1], ["pldos", "potential"])
    assert samples["potential"].shape == (1, 256, 192)
    stored = np.array(table["pldos"][1].as_py())
    np.testing.assert_allclose(stored, samples["pldos"][0], rtol=1e-3, atol=1e-6)
