"""``mesoinv generate --held-out`` and ``verify --key-file`` as a maintainer types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from build_helpers import run
from typer.testing import CliRunner, Result

from mesoinv.commands import data as commands_data
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.held_out.secret import commitment, new_key, read_key
from mesoinv.generators.pipeline.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

DATASET = "percolation"
HELD_OUT = ("--held-out", "--key-file", "key", "--config", "L100", "--samples", 6)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: object) -> Result:
    app = typer.Typer()
    commands_data.register(app)
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_generate_then_verify(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made = call("generate", DATASET, *HELD_OUT, "--new-key", "--out", "build")
    assert "L100-held-out (6 samples" in made.stdout
    assert "Keep key secret and safe" in made.stdout
    assert "hides no answer of percolation-class, which is solvable by computing" in made.stderr
    key = read_key(place / "key")
    record = read_manifest(place / "build").configs["L100-held-out"]
    assert (record.columns, record.commitment) == (["index", "occupied"], commitment(key))
    again = call("generate", DATASET, *HELD_OUT, "--out", "build", "--workers", 2)
    assert again.exit_code == 0

    checking = ("verify", "build")
    without = call(*checking)
    assert "– L100-held-out: its 6 samples cannot be computed again" in without.stdout
    assert "is sound: 1 files" in without.stdout
    assert "0 of 0 samples computed again" in without.stdout
    checked = call(*checking, "--key-file", "key")
    assert "the key is the one promised by" in checked.stdout
    assert "6 of 6 samples computed again" in checked.stdout
    new_key(place / "wrong")
    wrong = call(*checking, "--key-file", "wrong", "--json")
    assert wrong.exit_code == 1
    assert [problem["kind"] for problem in json.loads(wrong.stdout)["problems"]] == ["key"]
    for done in (made, again, without, checked, wrong):
        assert key.hex() not in done.output
    assert key.hex() not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--held-out",), "--held-out needs --key-file and --samples too"),
        (("--held-out", "--config", "L100", "--samples", 6), "needs --key-file too"),
        (("--held-out", "--key-file", "key", "--config", "L100"), "needs --samples too"),
        (("--samples", 6), "--samples only with --held-out"),
        (("--key-file", "key"), "--key-file only with --held-out"),
        (("--key-file", "key", "--new-key"), "--key-file and --new-key only with --held-out"),
        ((*HELD_OUT, "--size", "mini"), "--size cannot go with --held-out"),
        ((*HELD_OUT, "--solver", "other"), "--solver cannot go with --held-out"),
        ((*HELD_OUT, "--scheduler", "tcp://x:1"), "the key stays on this machine"),
        ((*HELD_OUT, "--config", "L10"), "exactly one --config, not 2"),
        (("--held-out", "--key-file", "k", "--samples", 6), "exactly one --config, not 0"),
        ((*HELD_OUT[:3], "--new-key", "--config", "L1000", "--samples", 6), "Did you mean 'L100'"),
        ((*HELD_OUT[:5], "--new-key", "--samples", 0), "1 or more, not 0"),
        ((*HELD_OUT, "--new-key", "--workers", 0), "workers must be 1 or more, not 0"),
        ((*HELD_OUT, "--new-key", "--out", "."), "which is to be published"),
        (HELD_OUT, "There is no key file key"),
    ],
)
def test_misuse_leaves_nothing_behind(
    place: Path, arguments: tuple[object, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        call("generate", DATASET, *arguments)
    assert not list(place.iterdir())


def test_no_second_key(place: Path) -> None:
    call("generate", DATASET, *HELD_OUT, "--new-key", "--out", "build")
    with pytest.raises(UsageError, match="Leave --new-key out to use the key"):
        call("generate", DATASET, *HELD_OUT, "--new-key", "--out", "build2")
    (place / "key").rename(place / "old")
    with pytest.raises(UsageError, match="holds L100-held-out already"):
        call("generate", DATASET, *HELD_OUT, "--new-key", "--out", "build")
    assert not (place / "key").exists()
    (place / "strange").mkdir()
    (place / "strange/file").touch()
    with pytest.raises(UsageError, match="is not a build"):
        call("generate", DATASET, *HELD_OUT, "--new-key", "--out", "strange")
    assert not (place / "key").exists()


def test_exit_code_and_one_paragraph() -> None:
    done = run("generate", DATASET, "--held-out")
    assert done.returncode == 2
    assert "--held-out needs --key-file and --samples too" in done.stderr
    assert "Traceback" not in done.stderr


def test_pldos_publishes_what_its_tasks_see(place: Path) -> None:
    arguments = ("--key-file", "key", "--new-key", "--config", "landscape", "--samples", 1)
    done = run("generate", "pldos", "--held-out", *arguments, "--out", "out", cwd=place)
    assert done.returncode == 0, done.stderr
    assert read_key(place / "key").hex() not in done.stdout + done.stderr
    record = read_manifest(place / "out").configs["landscape-held-out"]
    assert record.columns == ["index", "pldos"]
