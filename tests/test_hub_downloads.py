"""What was downloaded is what the Hub holds: a flipped bit names the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from loopback_hub import Account, LoopbackHub, json_result, run_client
from loopback_hub.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "someone/model"

SCRIPT = """
import json, os, sys
from pathlib import Path
from mesoinv.eval.submission.fetch import fetch_model
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.hub.download import download

REVISION, NAME, HOME = {revision!r}, {name!r}, Path({home!r})

def flip(path):
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.resolve().write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

def said(get):
    try:
        return [None, str(get())]
    except MesoinvError as error:
        return [str(error), None]

ways = {{
    "download": lambda: download({repo!r}, REVISION, ["*"], kind="model"),
    "fetch": lambda: fetch_model({repo!r}, REVISION, HOME / "fetched"),
}}
answers = {{}}
for way, get in ways.items():
    first = said(get)
    path = Path(first[1]) / NAME
    flip(path)
    second = said(get)
    path.resolve().unlink()
    answers[way] = [str(path), *first, *second, *said(get)]
print(json.dumps(answers))
"""


LOAD = """
import json
import mesoinv
from mesoinv.generators.common.errors import MesoinvError
try:
    mesoinv.load_model({name!r})
except MesoinvError as error:
    print(json.dumps(str(error)))
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub({"hf_author": Account("someone")}) as running:
        yield running


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_flipped_bit_names_the_file(hub: LoopbackHub, tmp_path: Path, name: str) -> None:
    files = {"config.json": b'{"format": 2}', "model.safetensors": bytes(range(256)) * 100_000}
    revision = hub.seed("models", MODEL, files)
    code = SCRIPT.format(revision=revision, name=name, home=str(tmp_path), repo=MODEL)
    answers: dict[str, Any] = json_result(run_client(code, hub.environment(tmp_path)))
    assert set(answers) == {"download", "fetch"}
    for path, wrong, folder, said, none, wrong_again, again in answers.values():
        assert (wrong, none, wrong_again) == (None, None, None)
        assert said.startswith(f"{path} is not the file that the Hub holds")
        assert folder == again  # what the message advises was done: it came again


@pytest.mark.parametrize("when", ["request", "response", "body"])
@pytest.mark.parametrize("match", ["/api/models", "model.safetensors"])
def test_lost_connections(hub: LoopbackHub, tmp_path: Path, match: str, when: Any) -> None:
    hub.seed("models", "someone/lost", {"config.json": b"{}", "model.safetensors": bytes(10**6)})
    hub.faults.drop_connection(match, times=100, when=when)
    environment = hub.environment(tmp_path) | {"HF_HUB_DOWNLOAD_TIMEOUT": "1"}
    said = json_result(run_client(LOAD.format(name="someone/lost"), environment))
    hub.faults.clear()
    assert said.startswith("The model is not here. someone/lost could not be downloaded")


@pytest.mark.parametrize("match", ["/api/models", "/resolve/", ""])
def test_another_server_answers(hub: LoopbackHub, tmp_path: Path, match: str) -> None:
    hub.seed("models", "someone/portal", {"config.json": b"{}", "model.safetensors": bytes(10**6)})
    hub.faults.answer(Reply(200, b"<html>", {"Content-Type": "text/html"}), match, times=100)
    said = json_result(run_client(LOAD.format(name="someone/portal"), hub.environment(tmp_path)))
    hub.faults.clear()
    assert "someone/portal" in said


def test_long_names_are_no_folders(hub: LoopbackHub, tmp_path: Path) -> None:
    said = json_result(run_client(LOAD.format(name="x" * 300), hub.environment(tmp_path)))
    assert said.startswith("Unknown model")
