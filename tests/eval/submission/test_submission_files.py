"""What may lie in a submission's folder: plain, small, expected files, and nothing else."""

import os
import pickle
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from submission_helpers import (
    SAMPLES,
    TASK,
    good_values,
    toy_task,
    with_model,
    with_predictions,
    write_predictions,
    write_yaml,
)

from mesoinv.eval.submission import check_submission, find_submissions, probe, read_submission
from mesoinv.eval.submission import files as limits


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    return {TASK: toy_task(tmp_path_factory.mktemp("tasks"))}


@pytest.fixture
def folder(tmp_path):
    return with_predictions(tmp_path / "mine")


def said(folder, tasks, **options):
    return "\n".join(map(str, check_submission(folder, tasks=tasks, **options)))


def test_a_sound_one(folder, tasks):
    for name in ("README.md", "LICENSE", "evaluation.json"):
        (folder / name).write_text("x")
    assert said(folder, tasks) == ""
    assert said(with_model(folder.parent / "other"), tasks) == ""


def test_no_folder(tmp_path, tasks, folder):
    assert "is not there" in said(tmp_path / "nothing", tasks)
    assert "is not a folder" in said(folder / "submission.yaml", tasks)
    (tmp_path / "link").symlink_to(folder)
    assert "is a link" in said(tmp_path / "link", tasks)


def test_no_yaml(tmp_path, tasks):
    (tmp_path / "mine").mkdir()
    assert "'submission.yaml': cannot be read" in said(tmp_path / "mine", tasks)


def test_what_is_named_must_be_there(tmp_path, tasks):
    folder = write_yaml(tmp_path / "mine")
    assert "'predictions.parquet': is not there" in said(folder, tasks)
    write_yaml(folder, predictions=None, model="model")
    assert said(folder, tasks).count("is not there") == 2


@pytest.mark.parametrize("name", ["predictions.parquet", "README.md", "submission.yaml"])
def test_links_are_refused(folder, tasks, tmp_path, name):
    target = tmp_path / "secret"
    target.write_text("task: secret")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)
    message = said(folder, tasks)
    assert f"'{name}': is a link" in message
    assert "secret" not in message


def test_linked_folders_are_refused(tmp_path, tasks):
    folder = with_model(tmp_path / "mine")
    (folder / "model").rename(tmp_path / "model")
    (folder / "model").symlink_to(tmp_path / "model")
    assert "'model': is a link" in said(folder, tasks)


@pytest.mark.parametrize("name", ["predictions.parquet", "submission.yaml", "pipe"])
def test_pipes_are_not_opened(folder, tasks, name):
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    messages = []
    thread = threading.Thread(target=lambda: messages.append(said(folder, tasks)), daemon=True)
    thread.start()
    thread.join(5)  # opening it would wait for a writer
    assert messages
    assert "is a pipe, socket or device" in messages[0]


@pytest.mark.parametrize(
    "name", ["model.pkl", "weights.pt", "pytorch_model.bin", "a.CKPT", "x.npy"]
)
def test_pickles_by_name(folder, tasks, name):
    (folder / name).write_bytes(pickle.dumps({}))
    assert f"'{name}': may be a pickle, which can run any code" in said(folder, tasks)


def test_pickles_by_content(folder, tasks):
    (folder / "predictions.parquet").write_bytes(pickle.dumps(os.getcwd) * 10)
    assert "not a whole parquet file" in said(folder, tasks)
    other = with_model(folder.parent / "other")
    (other / "model" / "model.safetensors").write_bytes(pickle.dumps(os.getcwd) * 10)
    assert "is a pickle inside" in said(other, tasks)


def test_unexpected_files(tmp_path, tasks):
    folder = with_model(tmp_path / "mine")
    (folder / "model" / "log.csv").write_text("x")
    (folder / "code\u202eyp.py").write_text("print(1)")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x")
    message = said(folder, tasks)
    assert message.count("does not belong to the submission") == 3
    assert "Allowed: submission.yaml, README.md, LICENSE, model/config.json" in message
    assert "\u202e" not in message


def test_closed_folders(folder, tasks, monkeypatch):
    (folder / "closed").mkdir()
    look = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return look(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert "cannot be looked through (Permission denied)" in said(folder, tasks)


def test_too_many(folder, tasks):
    for i in range(200):
        (folder / f"x{i}.md").touch()
    assert "holds more than 64 entries" in said(folder, tasks)


@pytest.mark.parametrize("kind", ["link", "pipe", "large"])
def test_what_lies_too_deep(folder, tasks, kind):
    place = folder.joinpath(*"abcdef")
    place.mkdir(parents=True)
    if kind == "link":
        (place / "x").symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(place / "x")
    else:
        with (place / "x").open("wb") as file:
            file.truncate(2**32)
    assert "'a/b/c/d/e': lies 4 folders deep, and nobody looks into it." in said(folder, tasks)


def test_more_rows_than_samples_are_not_read(folder, tasks):
    rows = 20_000_000
    zeros = pa.array(np.zeros(rows, np.int8))
    table = pa.table({"index": zeros, "strength": zeros})
    pq.write_table(table, folder / "predictions.parquet", row_group_size=rows)
    start = time.monotonic()
    message = said(folder, tasks)
    assert "claims more rows than the 100 samples of the task" in message
    assert time.monotonic() - start < 5  # reading them takes longer


def test_sizes(folder, tasks, monkeypatch):
    with (folder / "README.md").open("wb") as file:
        file.truncate(limits.MAX_OTHER_BYTES + 1)
    with (folder / "predictions.parquet").open("ab") as file:
        file.truncate(2_000_000_001)  # sparse
    monkeypatch.setattr(limits, "MAX_TOTAL_BYTES", 2_000_000_000)
    message = said(folder, tasks)
    assert "'README.md': has 1.0 MB; allowed are 1 MB" in message
    assert "'predictions.parquet': has 2000.0 MB" in message
    assert "the folder: has 2.0 GB" in message


def test_a_file_that_claims_to_hold_much_more(folder, tasks):
    zeros = pa.array(np.zeros(2_000_000, np.float32))
    rows = pa.ListArray.from_arrays([*range(SAMPLES), len(zeros)], zeros)
    table = pa.table({"index": np.arange(SAMPLES), "strength": good_values(), "more": rows})
    pq.write_table(table, folder / "predictions.parquet", compression="zstd")
    assert (folder / "predictions.parquet").stat().st_size < 1e6
    assert "claims 0.016 GB" in said(folder, tasks)


def nan_at(row):
    values = good_values()
    values[row] = np.nan
    return {"values": values}


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (nan_at(99), "Row 99: strength is NaN"),
        ({"values": good_values()[:50]}, "has 50 rows"),
        ({"values": good_values().astype(str)}, "must hold numbers"),
        ({"index": np.r_[0, np.arange(SAMPLES - 1)]}, "Row 1 has the index 0, which row 0 has too"),
    ],
    ids=["nan", "short", "words", "twice"],
)
def test_predictions(folder, tasks, change, part):
    write_predictions(folder / "predictions.parquet", **change)
    assert part in said(folder, tasks)
    assert said(folder, tasks, contents=False) == ""


def test_damaged_predictions(folder, tasks):
    path = folder / "predictions.parquet"
    data = bytearray(path.read_bytes())
    data[4:400] = bytes(396)  # the pages, not the foot
    path.write_bytes(bytes(data))
    assert "predictions.parquet: " in said(folder, tasks)


@pytest.mark.parametrize(
    ("script", "part"),
    [
        ("import os; os.abort()", "ends the program that reads it"),
        ("import sys; sys.exit(3)", "unfolds to more than 8 GB"),
        ("import time; time.sleep(60)", "takes more than 1 s to read"),
    ],
    ids=["abort", "memory", "time"],
)
def test_readers_that_end_badly(folder, tasks, monkeypatch, script, part):
    # some damaged files really abort pyarrow; which ones, depends on its version
    monkeypatch.setattr(probe, "_SCRIPT", script)
    monkeypatch.setattr(probe, "MAX_SECONDS", 1)
    assert part in said(folder, tasks)


def test_the_reader_has_little_memory(folder, tasks, monkeypatch):
    path = folder / "predictions.parquet"
    limit = memory_of_probe(path) + 40_000_000
    zeros = pa.array(np.zeros(40_000_000, np.float32))
    rows = pa.ListArray.from_arrays([0, len(zeros)], zeros)
    table = pa.table({"index": [0], "strength": rows})
    pq.write_table(table, folder.parent / "large.parquet", compression="zstd", use_dictionary=False)
    assert (folder.parent / "large.parquet").stat().st_size < 1e6
    assert memory_of_probe(folder.parent / "large.parquet") > limit + 40_000_000
    # what the libraries take themselves differs from machine to machine
    monkeypatch.setattr(probe, "MAX_MEMORY", limit)
    assert said(folder, tasks) == ""
    (folder.parent / "large.parquet").replace(path)
    assert f"unfolds to more than {limit / 1e9:g} GB" in said(folder, tasks)


def memory_of_probe(path):
    """Return the bytes that the reading process of `probe` takes where nothing limits it."""
    program = f"{probe._SCRIPT}\nprint(open('/proc/self/status').read())"
    command = [sys.executable, "-I", "-c", program, path, str(2**62), "100", "index", "strength"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return 1024 * int(re.search(r"VmPeak:\s+(\d+)", done.stdout)[1])


def test_the_place_on_the_board(tmp_path, tasks):
    folder = with_predictions(tmp_path / TASK / "my-net.v1")
    assert read_submission(folder, tasks=tasks, placed=True).name == "my-net.v1"
    folder = with_predictions(tmp_path / TASK / "somebody-else")
    assert "are not those of the folder" in said(folder, tasks, placed=True)


def test_find(tmp_path):
    root = tmp_path / "submissions"
    wanted = [with_predictions(root / "a" / "one"), with_predictions(root / "b" / "two")]
    (root / "README.md").write_text("x")
    (root / "a" / "empty").mkdir()
    (root / "a" / ".hidden").mkdir()
    (root / "a" / "deep" / "er").mkdir(parents=True)
    write_yaml(root / "a" / "deep" / "er")
    (root / "a" / "loop").symlink_to(root)
    (root / "link").symlink_to(root / "a")
    (root / "a" / "linked").mkdir()
    (root / "a" / "linked" / "submission.yaml").symlink_to(wanted[0] / "submission.yaml")
    (root / "b" / "folder" / "submission.yaml").mkdir(parents=True)
    (root / "b" / "bad\nname").mkdir()
    os.mkfifo(root / "pipe")
    assert find_submissions(root) == wanted
    assert find_submissions(tmp_path / "nothing") == []
    assert find_submissions(root / "README.md") == []
