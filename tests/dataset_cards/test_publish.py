"""Publishing against the loopback Hub: refusals, dry run, lost connections, second attempts."""

import json
import os

import pytest
from build_helpers import TESTS
from loopback_hub import json_result, run_client
from loopback_hub.wire import Reply

REPO = "mesoinv/toy"
KIND = "datasets"
PRELUDE = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
from mesoinv.dataset_cards.publish import push
from mesoinv.generators.common.errors import MesoinvError

def attempt(folder, repo="mesoinv/toy", tag=None, token=None, **options):
    if token is not None:
        os.environ["HF_TOKEN"] = token
    try:
        report = push(folder, repo, tag, dataset="drawn_toy:DATASET", **options)
    except MesoinvError as error:
        return {"error": type(error).__name__, "message": str(error)}
    actions = {file.path: file.action for file in report.files}
    return asdict(report) | {"actions": actions, "num_bytes": report.num_bytes}
"""


@pytest.fixture
def run(hub, tmp_path, folder):
    def call(code, token="hf_writer", **environment):
        env = hub.environment(tmp_path / "home", token) | environment
        env["PYTHONPATH"] = os.pathsep.join([str(TESTS), str(TESTS / "dataset_cards")])
        return json_result(run_client(f"{PRELUDE}\nF = {str(folder)!r}\n{code}", env))

    return call


def test_dry_run_writes_nothing(hub, run, folder):
    before = sorted(folder.rglob("*"))
    report = run("print(json.dumps(attempt(F, tag='v1.0.0', dry_run=True)))")
    assert report["commit"] is None
    assert report["dry_run"]
    assert set(report["actions"].values()) == {"upload"}
    assert {"README.md", "manifest.json"} <= set(report["actions"])
    assert {"draw figures/plain.png", "render README.md"} <= set(report["steps"])
    assert report["steps"][-1] == "tag v1.0.0"
    assert report["num_bytes"] > sum(p.stat().st_size for p in folder.rglob("*.parquet"))
    assert hub.repositories() == []
    assert all(request.method == "GET" for request in hub.requests)
    assert sorted(folder.rglob("*")) == before


def test_push_again_sends_nothing_and_tags_never_move(hub, run, folder):
    (folder / ".secret").write_text("not ours to publish")
    (folder / "notes.txt").write_text("nor this")
    first, again, tagged, dry = run("""
tagged = attempt(F, tag="v1.0.0")
print(json.dumps([tagged, attempt(F), attempt(F, tag="v1.0.0"), attempt(F, dry_run=True)]))
""")
    files = hub.files(KIND, REPO)
    assert sorted(files) == sorted(first["actions"])
    assert {"README.md", "manifest.json", "figures/plain.png"} <= set(files)
    assert not {".secret", "notes.txt"} & set(files)
    for path in files:
        assert hub.file(KIND, REPO, path) == (folder / path).read_bytes()
    assert hub.tags(KIND, REPO) == {"v1.0.0": first["commit"]}
    assert set(again["actions"].values()) == set(dry["actions"].values()) == {"keep"}
    assert again["commit"] == first["commit"]
    assert again["num_bytes"] == 0
    assert "already has the tag v1.0.0" in tagged["message"]
    assert hub.count("PUT /lfs") == sum(path.endswith((".parquet", ".png")) for path in files)
    assert len(hub.history(KIND, REPO)) == 2


def test_the_repository_becomes_the_folder(hub, run):
    stale = {"plain/test-00000-of-00007.parquet": b"old", "NOTICE": b"kept", "eval.yaml": b"a: 1"}
    hub.seed(KIND, REPO, stale, tag="v0.1.0")
    report = run("print(json.dumps(attempt(F)))")
    assert report["actions"]["plain/test-00000-of-00007.parquet"] == "delete"
    files = hub.files(KIND, REPO)
    assert {"NOTICE", "eval.yaml"} <= set(files)  # the benchmark stays until it is sent again
    assert "plain/test-00000-of-00007.parquet" not in files


def test_a_benchmark_is_sent_when_the_hub_knows_the_framework(hub, run, folder):
    """Before that, the Hub refuses all of a push that holds ``eval.yaml``."""
    code = "print(json.dumps(attempt(F, benchmark=True)))"
    with_tasks = """
from mesoinv.dataset_cards import facts
from mesoinv.dataset_cards.prose import Benchmark, Head, Prose, Task
task = Task("toy-plain", "plain", "test")
prose = Prose(Head(benchmark=Benchmark("Toy", "A toy", tasks=(task,))))
facts.read_prose = lambda dataset: prose
"""
    plain = run(with_tasks + code.replace(", benchmark=True", ""))
    assert "eval.yaml" not in plain["actions"]
    assert "eval.yaml" not in hub.files(KIND, REPO)
    refused = run(with_tasks + code)
    assert 'evaluation_framework "mesoinv" is none of' in refused["message"]
    hub.know_framework("mesoinv")
    sent = run(with_tasks + code)
    assert sent["actions"]["eval.yaml"] == "upload"
    assert b"toy-plain" in hub.file(KIND, REPO, "eval.yaml")
    assert run(with_tasks + code)["actions"]["eval.yaml"] == "keep"
    assert run(code)["actions"]["eval.yaml"] == "delete"


def test_refusals_say_what_to_do(hub, run, folder):
    code = """
shard = Path(F) / "plain/test-00000-of-00001.parquet"
results = {
    "tag": attempt(F, tag="v2.0.0"),
    "name": attempt(F, repo="toy"),
    "permission": attempt(F, token="hf_reader"),
    "token": attempt(F, token="hf_wrong"),
}
del os.environ["HF_TOKEN"]
results["login"] = attempt(F)
data = bytearray(shard.read_bytes())
data[len(data) // 2] ^= 1
shard.write_bytes(data)
results["tampered"] = attempt(F, token="hf_writer")
os.environ["HF_HUB_OFFLINE"] = "0"
print(json.dumps(results))
"""
    results = run(code)
    assert "the tag is v1.0.0" in results["tag"]["message"]
    assert "owner/name" in results["name"]["message"]
    assert "You may not write to mesoinv/toy" in results["permission"]["message"]
    assert "does not accept this login" in results["token"]["message"]
    assert "hf auth login" in results["login"]["message"]
    assert "does not verify" in results["tampered"]["message"]
    assert results["login"]["error"] == results["tag"]["error"] == "UsageError"
    assert results["permission"]["error"] == results["tampered"]["error"] == "MesoinvError"
    assert hub.repositories() == []


def test_unreachable_endpoint(run):
    code = "print(json.dumps([attempt(F), attempt(F, dry_run=True)]))"
    result, dry = run(code, HF_ENDPOINT="http://127.0.0.1:9")
    assert "The connection to http://127.0.0.1:9 failed" in result["message"]
    assert dry["steps"][0].startswith("ask the Hub, which did not answer now")
    assert set(dry["actions"].values()) == {"upload"}


def test_a_second_push_finishes_what_a_fault_broke(hub, run):
    hub.faults.drop_connection("PUT /lfs")  # the client itself tries again
    hub.faults.fail(500, "/commit/main")
    failed, finished = run("print(json.dumps([attempt(F, tag='v1.0.0') for _ in range(2)]))")
    assert hub.faults.pending == 0
    assert "push` again" in failed["message"]
    assert finished["steps"][-1] == "tag v1.0.0"
    assert hub.tags(KIND, REPO) == {"v1.0.0": finished["commit"]}
    large = [p for p in hub.files(KIND, REPO) if p.endswith((".parquet", ".png"))]
    assert hub.count("PUT /lfs") == len(large) + 1  # one lost and retried, none sent again


def test_a_commit_whose_answer_was_lost_is_found_again(hub, run):
    hub.faults.drop_connection("/commit/main", when="response")
    failed, finished = run("print(json.dumps([attempt(F, tag='v1.0.0') for _ in range(2)]))")
    assert "connection" in failed["message"]
    assert set(finished["actions"].values()) == {"keep"}
    assert hub.tags(KIND, REPO) == {"v1.0.0": hub.head(KIND, REPO)}


def test_quota(hub, run):
    hub.faults.fail(403, "/commit/main", message="Private storage limit reached")
    result = run("print(json.dumps(attempt(F, private=True)))")
    assert "refuses more data for mesoinv/toy" in result["message"]
    assert hub.repository(KIND, REPO).private
    assert json.dumps(hub.tags(KIND, REPO)) == "{}"


PORTAL = Reply(200, b"<html>Log in to our network</html>", {"Content-Type": "text/html"})
REDIRECT = Reply(302, b"", {"Location": "http://127.0.0.1:9/login"})


@pytest.mark.parametrize(
    ("match", "reply"),
    [
        ("/api/whoami", PORTAL), ("/refs", PORTAL), ("/commit/main", PORTAL), ("/tree/", PORTAL),
        ("info/lfs/objects/batch", PORTAL), ("preupload", PORTAL), ("/tag/", PORTAL), ("", PORTAL),
        ("/refs", REDIRECT), ("/commit/main", REDIRECT), ("", REDIRECT),
    ],
)  # fmt: skip
def test_answers_of_another_server(hub, run, match, reply):
    """A captive portal answers everything with its own page: a sentence, and no traceback."""
    hub.faults.answer(reply, match, times=100)
    failed = run("print(json.dumps(attempt(F, tag='v1.0.0')))")
    hub.faults.clear()
    assert failed["error"] == "MesoinvError"
    assert "push` again" in failed["message"]
    assert json.dumps(hub.tags(KIND, REPO)) == "{}" if hub.repositories() else True


def test_uploads_that_are_dropped(hub, run):
    hub.faults.answer(Reply(400, b"no"), "PUT /lfs", times=100)
    failed = run("print(json.dumps(attempt(F, tag='v1.0.0')))")
    hub.faults.clear()
    assert failed["error"] == "MesoinvError"
    assert "push` again" in failed["message"]


@pytest.mark.parametrize("match", ["/api/whoami", "/refs", "/commit/main", "/tag/"])
def test_asked_to_wait(hub, run, match):
    hub.faults.answer(Reply(429, b"{}", {"Retry-After": "1"}), match)
    done = run("print(json.dumps(attempt(F, tag='v1.0.0')))")
    assert hub.faults.pending == 0
    assert hub.tags(KIND, REPO) == {"v1.0.0": done["commit"]}


def test_asked_to_wait_too_long(hub, run):
    hub.faults.answer(Reply(429, b"{}", {"Retry-After": "7200"}), "/refs")
    failed = run("print(json.dumps(attempt(F)))")
    assert "asks to slow down" in failed["message"]
    assert "Wait 7200 s" in failed["message"]
