"""Pull requests that arrive while nobody watches: fifty, of which half are bad."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import numpy as np
import pytest
from loopback_hub import Account, LoopbackHub, run_client
from loopback_hub.commits import CommitRequest, commit
from submission_helpers import TASK, toy_task, with_predictions, write_predictions, write_yaml

from mesoinv.eval.submission.judging import judge

HERE = Path(__file__).parents[1]
BOARD = "mesoinv/leaderboard"

#: Decides on all, and prints what became of each; may end in the middle like a machine that fails.
PROGRAM = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
from mesoinv.eval.submission import incoming, judging
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import MesoinvError
task = get_task(os.environ["TASK_FILE"])
seen = []
def judge(folder, held):
    seen.append(folder)
    if len(seen) == int(os.environ["ENDS_AT"]):
        os._exit(9)
    return judging.verdict_of(folder, tasks={task.id: task}, cache=os.environ["CACHE"])
try:
    print(json.dumps([asdict(one) for one in incoming.take_in(BOARD, judge)]))
except MesoinvError as error:
    print(json.dumps(str(error)))
"""


@pytest.fixture
def hub():
    tokens = {"hf_bot": Account("mesoinv-bot", orgs=("mesoinv",)), "hf_none": Account("someone")}
    with LoopbackHub(tokens) as running:
        running.seed("datasets", BOARD, {"README.md": b"# The board\n"})
        yield running


@pytest.fixture
def run(hub, tmp_path):
    toy_task(tmp_path)
    paths = os.pathsep.join(map(str, (HERE, HERE.parent, HERE.parent / "zoo")))

    def call(ends_at=0, token="hf_bot"):
        env = hub.environment(tmp_path / "home", token) | {
            "PYTHONPATH": paths, "TASK_FILE": str(tmp_path / f"{TASK}.yaml"),
            "CACHE": str(tmp_path / "cache"), "ENDS_AT": str(ends_at),
        }  # fmt: skip
        return run_client(f"BOARD = {BOARD!r}\n{PROGRAM}", env, check=False, timeout=300)

    return call


def request(hub, author, files, title="Submit"):
    """Open a pull request, as the Hub keeps it; None deletes a file."""
    operations = [
        ("deletedFile", {"path": path}) if data is None else
        ("file", {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"})
        for path, data in files.items()
    ]  # fmt: skip
    repository = hub.repository("datasets", BOARD)
    asked = CommitRequest(title, "", None, operations)
    return commit(repository, "main", asked, author, create_pr=True)[1]


def submission(folder, name, **changes):
    """Path → content of a sound submission, but for `changes` of its text."""
    with_predictions(folder / name, name=name, **changes)
    return {f"submissions/{TASK}/{name}/{p.name}": p.read_bytes()
            for p in (folder / name).iterdir()}  # fmt: skip


def bad_request(hub, folder, kind, name):
    files = submission(folder, name)
    place = f"submissions/{TASK}/{name}"
    if kind == 0:
        files[f"{place}/submission.yaml"] = b"task: [unclosed"
    elif kind == 1:
        del files[f"{place}/predictions.parquet"]
    elif kind == 2:
        write_predictions(folder / "nan.parquet", np.full(100, np.nan, "f4"))
        files[f"{place}/predictions.parquet"] = (folder / "nan.parquet").read_bytes()
    elif kind == 3:
        files[f"{place}/weights.pkl"] = b"code"
    elif kind == 4:
        files["README.md"] = b"# Mine now\n"
    elif kind == 5:
        files |= submission(folder, f"{name}-too")
    elif kind == 6:
        write_yaml(folder / name, name="another-name")
        files[f"{place}/submission.yaml"] = (folder / name / "submission.yaml").read_bytes()
    elif kind == 7:
        files[f"received/{TASK}/{name}.json"] = b'{"author": "somebody"}'
    elif kind == 8:
        files[f"{place}/predictions.parquet"] = b"PAR1 no more"
    else:
        files = {path.replace(name, "first.v1"): data for path, data in files.items()}
    return request(hub, f"author-{name}", files)


def test_fifty_requests_of_which_half_are_bad(hub, run, tmp_path):
    """Killed in the middle, and refused by the Hub once: it goes on, and tells nobody twice."""
    first = request(hub, "ada", submission(tmp_path, "first.v1"))
    good = [request(hub, f"author-{n}", submission(tmp_path, f"good-{n}")) for n in range(24)]
    bad = [bad_request(hub, tmp_path, n % 10, f"bad-{n}") for n in range(25)]
    update = submission(tmp_path, "first.v1", notes="Better words.")
    words = request(hub, "somebody", {"README.md": b"# The board, explained\n"}, "Words")

    assert run(ends_at=20).returncode == 9
    merged = [thread for thread in (first, *good) if thread.status == "merged"]
    assert len(merged) == 19
    hub.faults.fail(500, "/merge", times=20)
    assert "failed on mesoinv/leaderboard (status 500" in run().stdout
    hub.faults.clear()
    decisions = json.loads(run().stdout.splitlines()[-1])
    assert decisions[-1]["action"] == "left alone"
    assert words.status == "open"

    texts = {}
    for thread in (first, *good, *bad):
        comments = [e["data"]["latest"]["raw"] for e in thread.events if e["type"] == "comment"]
        assert len(comments) == 1, (thread.num, comments)
        texts[thread.num] = comments[0]
    for thread in (first, *good):
        assert thread.status == "merged"
        assert "skill 0.9" in texts[thread.num]
    for thread in bad:
        assert thread.status == "closed"
        assert "run `mesoinv submit` again" in texts[thread.num]
        assert str(tmp_path) not in texts[thread.num]
    files = hub.files("datasets", BOARD)
    assert not [path for path in files if "bad-" in path]
    assert hub.file("datasets", BOARD, "README.md") == b"# The board\n"
    record = json.loads(hub.file("datasets", BOARD, f"received/{TASK}/good-3.json"))
    assert (record["author"], record["pull_request"]) == ("author-3", good[3].num)
    assert record["received"].startswith("2026-01-01T")
    for n, what in {4: "it changes README.md", 5: "it changes 2 of them", 7: "received/",
                    9: f"{TASK}/first.v1 is a submission of ada"}.items():  # fmt: skip
        assert what in texts[bad[n].num]

    # its author may replace it
    better = request(hub, "ada", update)
    run()
    assert better.status == "merged"
    assert b"Better words" in hub.file(
        "datasets", BOARD, f"submissions/{TASK}/first.v1/submission.yaml"
    )
    assert json.loads(run().stdout.splitlines()[-1])[0]["action"] == "left alone"


def test_who_may_not_merge(hub, run, tmp_path):
    request(hub, "ada", submission(tmp_path, "first.v1"))
    said = json.loads(run(token="hf_none").stdout.splitlines()[-1])
    assert "You may not write" in said


def test_a_process_of_its_own(tmp_path, monkeypatch):
    """Of a task that is everybody's; a login does not reach it, and time and memory end."""
    from mesoinv.generators.pipeline.generate import generate

    task = "conductance-model1-3x3"
    true = generate("conductance", "model1_3x3", "test", range(20))["conductance"]
    folder = write_yaml(tmp_path / task / "mine", task=task, name="mine", learnt=True)
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"index": np.arange(20), "conductance": true.astype("f4") + 0.01})
    pq.write_table(table, folder / "predictions.parquet")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    options = {"samples": 20, "cache": str(tmp_path / "cache")}
    verdict = judge(folder, **options)
    assert verdict.accepted, verdict.text
    assert verdict.text.startswith(f"mine on {task}: ")
    late = judge(folder, seconds=0.1, **options)
    assert (late.accepted, late.text) == (False, "Scoring takes more than 0.1 s.")
    small = judge(folder, memory=60_000_000, **options)
    assert not small.accepted
    assert "0.06 GB" in small.text
    (folder / "predictions.parquet").unlink()
    missing = judge(folder, **options)
    assert not missing.accepted
    assert "'predictions.parquet': is not there" in missing.text
    assert str(tmp_path) not in missing.text
