"""A Hub that fails in the middle: a sentence, and the same call again ends well."""

from __future__ import annotations

import json
import select
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_helpers import TESTS, TOY
from loopback_hub import Account, LoopbackHub
from loopback_hub.wire import Reply
from submission_helpers import toy_model

from campaign.trials import Attack
from mesoinv import build

if TYPE_CHECKING:
    import random

#: Answers one request after the other: what it imports is slow.
_SERVER = """
import json, logging, os, sys, time
from pathlib import Path
from mesoinv.dataset_cards.publish import push
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.model.loading import load_model
time.sleep = lambda seconds, wait=time.sleep: wait(min(seconds, 0.05))
logging.disable(logging.CRITICAL)

def answer(action, *arguments):
    if action == "push":
        folder, repo = arguments
        report = push(folder, repo, "v1.0.0", dataset="toy_dataset:DATASET", verify=False)
        return report.commit
    return load_model(*arguments).digest

for line in sys.stdin:
    try:
        said = ["ok", answer(*json.loads(line))]
    except MesoinvError as error:
        said = ["refused", str(error)]
    except BaseException as error:
        said = ["raised", f"{type(error).__name__}: {error!s:.500}"]
    print(json.dumps(said), flush=True)
"""

_PAGES = [
    Reply(200, b"<html>Log in</html>", {"Content-Type": "text/html"}),
    Reply(200, b"{}", {"Content-Type": "application/json"}),
    Reply(200, b"", {}),
    Reply(302, b"", {"Location": "http://127.0.0.1:9/"}),
    Reply(429, b"{}", {"Retry-After": "1"}),
    Reply(429, b"{}", {}),
]
_WHERE = {
    "push": ["/api/whoami", "/refs", "/tree/", "preupload", "objects/batch", "PUT /lfs", "/commit/",
             "/tag/", "repos/create", ""],
    "load": ["/api/models", "/resolve/", "model.safetensors", "config.json", ""],
}  # fmt: skip


class _Client:
    """A process with the unmodified client, and the Hub that it is pointed at."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        self.hub = LoopbackHub({"hf_writer": Account("mesoinv-bot", orgs=("mesoinv",))})
        self.hub.__enter__()
        environment = self.hub.environment(self.folder / "home", "hf_writer") | {
            "PYTHONPATH": str(TESTS),
            "HF_HUB_DOWNLOAD_TIMEOUT": "2",
            "MESOINV_DATASETS": TOY,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVER], env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        build(TOY, ["other"], out=self.folder / "build")
        self.model = toy_model().save_pretrained(self.folder / "model")

    def ask(self, *request: str) -> list[str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        if not select.select([self.process.stdout], [], [], 300)[0]:
            raise AssertionError(f"no answer to {request} within five minutes")
        said: list[str] = json.loads(self.process.stdout.readline())
        return said


@cache
def _client() -> _Client:
    return _Client()


def _arm(hub: LoopbackHub, action: str, rng: random.Random) -> str:
    where, times = rng.choice(_WHERE[action]), rng.choice([1, 2, 50])
    kind = rng.randrange(3)
    if kind == 0:
        when: Any = rng.choice(["request", "response", "body"])
        hub.faults.drop_connection(where, times=times, when=when)
        return f"{times} connections lost at {where!r} ({when})"
    if kind == 1:
        status = rng.choice([400, 401, 403, 404, 409, 413, 500, 502, 503, 504, 507])
        hub.faults.fail(status, where, times=times)
        return f"{times} times status {status} at {where!r}"
    reply = rng.choice(_PAGES)
    hub.faults.answer(reply, where, times=times)
    return f"{times} times {reply.status} {reply.body[:20]!r} at {where!r}"


def _push(rng: random.Random, folder: Path) -> str | None:
    client, repo = _client(), f"mesoinv/toy-{folder.name[-60:]}"
    fault = _arm(client.hub, "push", rng)
    first = client.ask("push", str(client.folder / "build"), repo)
    client.hub.faults.clear()
    if first[0] == "raised":
        return f"{fault}: {first[1]}"
    if first[0] == "refused":
        again = client.ask("push", str(client.folder / "build"), repo)
        # an answer to the tag alone may have been lost: then the version is there
        if again[0] != "ok" and "already has the tag" not in again[1]:
            return f"{fault}: the second call: {again[1]}"
    head = client.hub.head("datasets", repo)
    if client.hub.tags("datasets", repo) != {"v1.0.0": head}:
        return f"{fault}: the tag is not on the last commit"
    for path in sorted((client.folder / "build").rglob("*.parquet")):
        name = path.relative_to(client.folder / "build").as_posix()
        if client.hub.file("datasets", repo, name) != path.read_bytes():
            return f"{fault}: {name} is not what was sent"
    return None


def _load(rng: random.Random, folder: Path) -> str | None:
    client, repo = _client(), f"someone/net-{folder.name[-60:]}"
    files = {p.name: p.read_bytes() for p in client.model.iterdir() if p.is_file()}
    client.hub.seed("models", repo, files)
    fault = _arm(client.hub, "load", rng)
    first = client.ask("load", repo)
    client.hub.faults.clear()
    if first[0] == "raised":
        return f"{fault}: {first[1]}"
    again = first if first[0] == "ok" else client.ask("load", repo)
    return None if again[0] == "ok" else f"{fault}: the second call: {again[1]}"


def close() -> None:
    """End the process and the Hub."""
    if _client.cache_info().currsize:
        client = _client()
        client.process.kill()
        client.process.wait()
        client.hub.__exit__(None, None, None)
        shutil.rmtree(client.folder, ignore_errors=True)
        _client.cache_clear()


ATTACKS = [
    Attack("Hub fault", "push", "a sentence; pushed again, everything is there, and the tag "
           "never names half of it", _push, 4),
    Attack("Hub fault", "download", "a sentence; loaded again, it is the model", _load, 4),
]  # fmt: skip
