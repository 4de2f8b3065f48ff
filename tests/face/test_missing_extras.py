"""Commands where no extra is installed: those of the core work, the others say what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from absent import run_without

import mesoinv
from mesoinv.generators.common.extras import MissingExtraError, extras

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path

MODEL = "pldos-donors-constant.16k"
#: typer needs pydantic, so that it may be there although no extra is.
ABSENT = sorted({*extras()["all"]} - {"pydantic"})

#: What the core does, one after the other.
CORE = [
    "list",
    "tasks",
    "models",
    "leaderboard show --task percolation-density",
    "cite percolation",
    "generate percolation --config L10 --workers 1 --out build",
    "verify build --samples 2",
]
#: What to install, and the command that needs it.
REFUSED = [
    ("plot", "show percolation --out picture.png"),
    ("models", f"predict {MODEL} --data samples.npy"),
    ("models,plot", f"predict {MODEL} --figure picture.png"),
    ("models,plot", "invert pldos"),
    ("models", f"evaluate {MODEL}"),
    ("models", f"evaluate file.parquet --task pldos-donors --against {MODEL}"),
    ("train", f"train {MODEL} --out model"),
    ("plot,publish", "card build"),
    ("publish,plot", "push build --repo owner/name"),
    ("submit", "submit folder --dry-run"),
    ("submit", "submit folder --init pldos-donors"),
    ("board", "leaderboard build --out site"),
    ("submit", "leaderboard update --repo mesoinv/leaderboard"),
    ("submit", "leaderboard audit mesoinv/leaderboard round"),
    ("plot,publish", "report percolation"),
    ("cluster", "generate percolation --scheduler tcp://localhost:1"),
    ("models", "generate percolation --device cuda"),
]


def call(command: str, absent: Sequence[str] = ABSENT) -> subprocess.CompletedProcess[str]:
    return run_without(absent, "from mesoinv.cli import main; main()", *command.split())


def test_what_the_core_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in CORE:
        done = call(command)
        assert done.returncode == 0, done.stderr
        assert done.stdout, command


@pytest.mark.parametrize(("extra", "command"), REFUSED)
def test_what_is_missing_is_said_before_anything_is_done(
    extra: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(command)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.endswith(f"Install them with: pip install 'mesoinv[{extra}]'\n")
    assert list(tmp_path.iterdir()) == []


def test_a_board_asks_for_models_where_weights_must_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    board = "leaderboard build --task percolation-density --out site"
    done = call(board, extras()["models"])  # of stored evaluations
    assert done.returncode == 0, done.stderr
    done = call(f"{board} --samples 4", extras()["models"])
    assert done.returncode == 1
    assert done.stderr.endswith("Install them with: pip install 'mesoinv[models]'\n")


def test_no_command_is_forgotten() -> None:
    from mesoinv.cli import app

    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    names |= {group.name for group in app.registered_groups}
    tried = {command.split()[0] for command in (*CORE, *(command for _, command in REFUSED))}
    assert names == tried


@pytest.mark.parametrize("module", extras()["models"])
def test_calls_from_python_say_it_too(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mesoinv.generators.common.extras.missing",
        lambda *modules: [name for name in modules if name == module],
    )
    remedy = rf"needs packages that are not installed: {module}\. .* 'mesoinv\[models\]'$"
    with pytest.raises(MissingExtraError, match=remedy):
        mesoinv.load_model(MODEL)
    with pytest.raises(MissingExtraError, match=remedy):
        mesoinv.evaluate(MODEL, "pldos-donors")
