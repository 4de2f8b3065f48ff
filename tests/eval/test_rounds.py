"""A rehearsal: a round from its announcement to the audit, on the loopback Hub, by the commands."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loopback_hub import Account, LoopbackHub
from loopback_hub.commits import CommitRequest, commit
from loopback_hub.store import EPOCH
from submission_helpers import write_yaml

from mesoinv.eval.rounds.keeping import Announcement, announce, reveal
from mesoinv.eval.rounds.round import Round, list_rounds, read_round
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.held_out.build_held_out import held_out_samples
from mesoinv.generators.pipeline.held_out.secret import new_key, read_key

BOARD, INPUTS, SPACE = "mesoinv/leaderboard", "mesoinv/round-one", "mesoinv/board"
TASK, DATASET, CONFIG, SAMPLES = "conductance-model1-3x3", "conductance", "model1_3x3", 40
VERSION = version("mesoinv")
LONG_AGO = EPOCH - timedelta(days=1)


@pytest.fixture(scope="module")
def hub():
    tokens = {
        "hf_bot": Account("mesoinv-bot", orgs=("mesoinv",)),
        "hf_ada": Account("ada"),
    }
    with LoopbackHub(tokens) as running:
        yield running


@dataclass
class Stage:
    """A folder with a key and published inputs, and the commands as somebody types them."""

    folder: Path
    hub: LoopbackHub

    @property
    def copy(self):
        return self.folder / "board"

    def run(self, *arguments, token="hf_bot"):
        environment = self.hub.environment(self.folder / "home", token)
        folders = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        environment |= {"PYTHONPATH": os.pathsep.join(folders)}
        return subprocess.run(
            [sys.executable, "-m", "mesoinv", *map(str, arguments)], cwd=self.folder, check=False,
            capture_output=True, text=True, env=environment,
        )  # fmt: skip

    def publish(self, repo, folder):
        files = {p.relative_to(folder).as_posix(): p.read_bytes()
                 for p in sorted(folder.rglob("*")) if p.is_file()}  # fmt: skip
        self.hub.seed("datasets", repo, files)

    def fetch(self):
        """Make the copy of the board what the Hub holds."""
        for path in self.hub.files("datasets", BOARD):
            place = self.copy / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(self.hub.file("datasets", BOARD, path))

    def submission(self, name, error, **changes):
        """Write predictions of the secret samples, wrong by `error`."""
        key = read_key(self.folder / "key")
        true = held_out_samples(DATASET, CONFIG, key, range(SAMPLES), ["conductance"])
        values = true["conductance"] + error * np.sin(np.arange(SAMPLES, dtype="f4"))
        folder = write_yaml(self.folder / name, task=TASK, name=name, learnt=True, **changes)
        table = pa.table({"index": np.arange(SAMPLES), "conductance": values.astype("f4")})
        pq.write_table(table, folder / "predictions.parquet")
        return folder

    def propose(self, author, folder, held="one"):
        """Open a pull request, as the Hub keeps it."""
        place = f"rounds/{held}/submissions/{TASK}/{folder.name}"
        operations = [
            ("file", {"path": f"{place}/{path.name}", "encoding": "base64",
                      "content": base64.b64encode(path.read_bytes()).decode()})
            for path in folder.iterdir()
        ]  # fmt: skip
        repository = self.hub.repository("datasets", BOARD)
        asked = CommitRequest("Submit", "", None, operations)
        return commit(repository, "main", asked, author, create_pr=True)[1]


@pytest.fixture(scope="module")
def stage(hub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rehearsal")
    made = Stage(folder, hub)
    done = made.run(
        "generate", DATASET, "--held-out", "--config", CONFIG, "--samples", SAMPLES,
        "--key-file", "key", "--new-key", "--out", "inputs",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    hub.seed("datasets", INPUTS, {"README.md": b"# Inputs\n"})
    hub.seed("datasets", BOARD, {"README.md": b"# The board\n"})
    made.publish(INPUTS, folder / "inputs")
    return made


def comment(thread):
    (text,) = [e["data"]["latest"]["raw"] for e in thread.events if e["type"] == "comment"]
    return text


def announced(stage, name, opens, closes):
    given = Announcement(name, TASK, INPUTS, opens.isoformat(), closes.isoformat())
    return announce(stage.copy, given, stage.folder / "inputs", now=LONG_AGO)


def test_from_the_announcement_to_the_audit(stage, hub):
    """In time, late, not in order, changed afterwards: all of it told, all of it found again."""
    # the loopback Hub's clock ticks once for each thing that happens, from EPOCH on
    closes = EPOCH + timedelta(hours=1)
    path = announced(stage, "one", EPOCH, closes)
    promised = path.read_bytes()
    assert announced(stage, "one", EPOCH, closes).read_bytes() == promised
    stage.publish(BOARD, stage.copy)

    good, better = stage.submission("good", 0.1), stage.submission("better", 0.01)
    threads = [stage.propose("ada", good), stage.propose("bo", better)]
    wrong = stage.submission("wrong", 0.1)
    (wrong / "predictions.parquet").write_bytes(b"PAR1 no more")
    threads.append(stage.propose("cy", wrong))
    threads.append(stage.propose("cy", good, held="two"))
    hub.advance(timedelta(hours=2))
    threads.append(stage.propose("di", stage.submission("late", 0.0)))

    updated = stage.run("leaderboard", "update", "--repo", BOARD)
    assert updated.returncode == 0, updated.stderr
    assert [thread.status for thread in threads] == ["merged"] * 2 + ["closed"] * 3
    texts = [comment(thread) for thread in threads]
    assert texts[0].startswith(f"good on {TASK}: in order; scored when the round has closed.")
    assert "predictions.parquet" in texts[2]
    assert "round 'two'" in texts[3]
    assert "one closed on 2026-01-01T01:00:00+00:00" in texts[4]

    # closed, and nobody has the key: no scores
    stage.fetch()
    assert "not revealed" in stage.run("leaderboard", "audit", "board", "one").stderr
    revealed = stage.run("leaderboard", "reveal", "board", "one", "--key-file", "key")
    assert revealed.returncode == 0, revealed.stderr
    stage.publish(BOARD, stage.copy)
    for _again in range(2):
        built = stage.run(
            "leaderboard", "update", "--repo", BOARD, "--site", "site", "--space", SPACE
        )
        assert built.returncode == 0, built.stderr
    page = hub.file("spaces", SPACE, "round-one.html").decode()
    assert page.index("better") < page.index("good")
    assert hub.history("spaces", SPACE)[:-1] == [f"The board, built by mesoinv {VERSION}"]

    audited = stage.run("leaderboard", "audit", BOARD, "one", "--site", "site", "--json")
    assert audited.returncode == 0, (audited.stdout, audited.stderr)
    findings = {one["what"]: one for one in json.loads(audited.stdout)}
    assert all(one["ok"] for one in findings.values())
    assert {"key", "inputs", "time of good", "good", "better", "times on the Hub"} <= {*findings}


def test_what_an_audit_finds(stage):
    """After the rehearsal, somebody changes what is there; each change is found."""
    fresh = stage.folder / "board"
    record = fresh / "rounds" / "one" / "received" / TASK / "good.json"
    right = record.read_bytes()

    def audit(*options):
        done = stage.run("leaderboard", "audit", "board", "one", "--inputs", "inputs", "--json",
                         "--no-zoo", *options)  # fmt: skip
        assert done.stdout, done.stderr
        return done.returncode, {one["what"] for one in json.loads(done.stdout) if not one["ok"]}

    assert audit() == (0, set())
    record.write_text(json.dumps(json.loads(right) | {"received": "2026-01-01T05:00:00+00:00"}))
    assert audit() == (1, {"time of good"})
    record.write_bytes(right)
    board = stage.folder / "site" / "board.json"
    published = json.loads(board.read_text())
    (held,) = published["rounds"]
    row = next(row for row in held["table"]["rows"] if row["name"] == "good")
    row["scores"][held["table"]["headline"]]["value"] += 0.01
    board.write_text(json.dumps(published))
    assert "good" in audit("--site", "site")[1]
    data = next((stage.folder / "inputs").rglob("*.parquet"))
    content = data.read_bytes()
    data.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    assert audit() == (1, {"inputs"})
    data.write_bytes(content)
    new_key(stage.folder / "other")
    key = fresh / "rounds" / "one" / "key"
    right = key.read_bytes()
    key.write_bytes((stage.folder / "other").read_bytes())
    assert audit() == (1, {"key"})
    key.write_bytes(right)


def test_submitting_to_a_round(stage, hub):
    """Checked by its author's machine, proposed, and nobody is told a score."""
    announced(stage, "next", EPOCH, EPOCH + timedelta(days=36500))
    announced(stage, "far", EPOCH + timedelta(days=36500), EPOCH + timedelta(days=36501))
    stage.publish(BOARD, stage.copy)
    folder = stage.submission("mine", 0.1)
    done = stage.run("submit", folder, "--round", "next", "--repo", BOARD, token="hf_ada")
    assert done.returncode == 0, done.stderr
    thread = hub.repository("datasets", BOARD).discussions[-1]
    assert (thread.title, thread.status) == (f"Submit mine to {TASK} in next", "open")
    assert "Opened" in done.stdout
    for options, what in {
        ("--round", "far"): "far opens on 2125",
        ("--round", "one"): "one closed on 2026-01-01T01:00:00",
        ("--round", "nex"): "Did you mean 'next'",
    }.items():
        refused = stage.run("submit", folder, *options, "--repo", BOARD, token="hf_ada")
        assert refused.returncode == 2
        assert what in refused.stderr
    (folder / "predictions.parquet").unlink()
    refused = stage.run("submit", folder, "--round", "next", "--repo", BOARD, token="hf_ada")
    assert "is not there" in refused.stderr


def test_what_cannot_be_announced(stage):
    def refused(match, **changes):
        given = {"name": "x", "task": TASK, "inputs": INPUTS, "opens": "2027-01-01T00:00:00Z",
                 "closes": "2027-02-01T00:00:00Z"} | changes  # fmt: skip
        with pytest.raises(UsageError, match=match):
            announce(stage.copy, Announcement(**given), stage.folder / "inputs", now=LONG_AGO)

    refused("no configuration model1_5x5-held-out", task="conductance-model1-5x5")
    refused("before it opens", closes="2026-12-01T00:00:00Z")
    refused("no time with its zone", closes="2027-02-01T00:00:00")
    refused("is past", opens="2025-01-01T00:00:00Z", closes="2025-02-01T00:00:00Z")
    refused("cannot be called", name="Über")
    refused("another round one", name="one")


def test_a_key_is_not_revealed_early(stage, tmp_path):
    announced(stage, "early", EPOCH, EPOCH + timedelta(days=36500))
    with pytest.raises(UsageError, match="closes on 2125"):
        reveal(stage.copy, "early", stage.folder / "key")
    new_key(tmp_path / "other")
    with pytest.raises(UsageError, match="not the key of the round early"):
        reveal(stage.copy, "early", tmp_path / "other", now=EPOCH + timedelta(days=40000))
    assert "early" in list_rounds(stage.copy)


def test_a_damaged_file(tmp_path):
    place = tmp_path / "rounds" / "one"
    place.mkdir(parents=True)
    for text, what in {
        "{": "is damaged",
        '{"name": 1}': "lacks task",
        "[]": "keys and values",
    }.items():
        (place / "round.json").write_text(text)
        with pytest.raises(UsageError, match=what):
            read_round(tmp_path, "one")
    with pytest.raises(UsageError, match="commitment"):
        Round("a", TASK, DATASET, "1.0.0", CONFIG, 3, "abc", INPUTS, "2027-01-01T00:00:00Z",
              "2027-01-02T00:00:00Z")  # fmt: skip
