"""The command line in other surroundings: encodings, home folders, files that cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from build_helpers import TOY

from mesoinv import build, load_model, verify
from mesoinv.generators.common.errors import MesoinvError

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mesoinv.cli", *map(str, arguments)],
        capture_output=True, env=os.environ | environment, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["list", "models", "tasks", "leaderboard show", "--help"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_output_that_is_not_utf8(command: str, encoding: str) -> None:
    done = run(*command.split(), PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"mesoinv" in done.stdout or b"pldos" in done.stdout


@pytest.mark.parametrize("form", [["--out", "~/data"], ["--out=~/data"]])
def test_home_is_written_out(form: list[str], tmp_path: Path) -> None:
    arguments = ["show", "percolation", *form]
    arguments[-1] += "/picture.png"
    (tmp_path / "data").mkdir()
    done = run(*arguments, HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "picture.png").exists()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = run("show", "percolation", "--out", tmp_path / "taken" / "picture.png")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"taken" in done.stderr


def test_nobody_reads_on() -> None:
    """As in `mesoinv models | head -1`, without a word."""
    command = f"{sys.executable} -m mesoinv.cli models --json | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert len(done.stdout) == 10
    assert done.stderr == b""


@pytest.mark.parametrize("name", ["mine.csv", "mine.npy", "mine.CSV"])
def test_predictions_of_another_kind(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("1,2")
    done = run("evaluate", tmp_path / name, "--task", "percolation-density")
    assert done.returncode == 2
    assert b"is no parquet file" in done.stderr
    assert b"write_predictions" in done.stderr


@pytest.mark.parametrize("name", ["mine.pq", "mine.PARQUET"])
def test_names_of_parquet_files(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("PAR1")
    done = run("evaluate", tmp_path / name, "--task", "percolation-density")
    assert b"is not a whole parquet file" in done.stderr


def test_home_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = build(TOY, ["other"], out="~/toy")
    assert folder == tmp_path / "toy"
    assert verify("~/toy", dataset=TOY).ok
    with pytest.raises(MesoinvError, match="holds no config"):
        load_model("~/toy")
