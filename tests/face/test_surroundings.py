"""The command line in other surroundings: encodings, home folders, files that cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from build_helpers import TOY

from mesoinv import build, load_model, verify
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.declared.models import local_folder

if TYPE_CHECKING:
    from pathlib import Path


def run(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mesoinv.cli", *map(str, arguments)],
        capture_output=True, env=os.environ | environment, check=False, cwd=cwd,
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


def test_the_home_of_nobody() -> None:
    done = run("verify", "~nobody-of-this-name/data")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"~nobody-of-this-name/data is not a folder" in done.stderr


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


@pytest.mark.parametrize("command", ["show pldos --index 3", "predict pldos-landscape-unet.16k"])
def test_the_users_own_style(command: str, tmp_path: Path) -> None:
    """A file of settings that asks for LaTeX, as many physicists have: not here, and not needed."""
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "matplotlibrc").write_text("text.usetex: True\nfont.size: 40\n")
    option = "--out" if command.startswith("show") else "--figure"
    pictures = []
    for environment in ({"MPLCONFIGDIR": str(settings)}, {}):
        picture = tmp_path / f"{len(pictures)}.png"
        done = run(*command.split(), option, picture, PATH="/nonexistent", **environment)
        assert done.returncode == 0, done.stderr
        pictures.append(picture.read_bytes())
    assert pictures[0] == pictures[1]


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.fixture(scope="module")
def build_of_wires(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("conductance", ["model1_3x3"], out=tmp_path_factory.mktemp("wires") / "wires")


@pytest.mark.parametrize("damage", ["pointer", "cut", "empty"])
@pytest.mark.parametrize(
    "command",
    [
        "predict conductance-model1-3x3-linear.full --data {folder} --out p.parquet",
        "evaluate conductance-model1-3x3-linear.full --data {folder} --samples 16",
        "card {folder}",
        "push {folder} --repo me/wires --dry-run",
        "verify {folder}",
    ],
)
def test_files_that_are_not_what_they_seem(
    command: str, damage: str, build_of_wires: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "wires"
    shutil.copytree(build_of_wires, folder)
    shard = next((folder / "model1_3x3").glob("test-*.parquet"))
    if damage == "pointer":
        shard.write_text(POINTER)
    else:
        shard.write_bytes(shard.read_bytes()[: 100 if damage == "cut" else 0])
    done = run(*command.format(folder=folder).split(), cwd=tmp_path)
    said = (done.stderr + done.stdout).decode()
    assert done.returncode == 1
    assert "Traceback" not in said
    assert shard.name in said
    assert ("git lfs pull" in said) == (damage == "pointer")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_pointer_in_a_models_place(name: str, tmp_path: Path) -> None:
    shutil.copytree(local_folder("percolation-density-count.31k"), tmp_path / "model")
    (tmp_path / "model" / name).write_text(POINTER)
    with pytest.raises(MesoinvError, match="git lfs pull"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("list", ["percolation", "model1_narrow_3x3", "balanced_L200"]),
        ("models", ["wavefunctions-su2-participation.boxes-20k", "[0.425, 0.446]"]),
        ("tasks", ["conductance-model1-10x10", "lacbed-pattern-normalised"]),
        ("leaderboard show", ["conductance-model1-10x10", "computing"]),
        (
            "leaderboard show --task pldos-landscape",
            ["pldos-landscape-unet.global-16k", "Percebois"],
        ),
    ],
)
def test_no_word_of_a_table_is_cut(command: str, names: list[str], width: int) -> None:
    shown = run(*command.split(), COLUMNS=str(width)).stdout.decode()
    assert "…" not in shown.replace("https://arxiv.org/abs/…", "")
    for name in names:
        assert all(word in shown for word in name.split())
