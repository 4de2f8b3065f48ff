"""The command line: quick help, messages, exit codes, JSON."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import typer
from build_helpers import TOY, environment, run
from typer.testing import CliRunner

import mesoinv
from mesoinv.cli import app
from mesoinv.generators import get_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click


def seconds_of(*arguments: str) -> float:
    """Return the processor time of the best of three runs: what else is running does not count."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def test_help_is_quick() -> None:
    assert seconds_of("-m", "mesoinv.cli", "--help") < 0.5


def test_nothing_heavy_before_a_command_runs() -> None:
    program = (
        "import sys, runpy\n"
        "sys.argv = ['mesoinv', *sys.argv[1:]]\n"
        "try: runpy.run_module('mesoinv.cli', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'torch', 'datasets', 'pyarrow', 'pydantic', 'scipy', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", program, option], capture_output=True, text=True, check=True
        )
        assert done.stderr.splitlines()[-1] == "[]", done.stderr


def commands(group: click.Group, *before: str) -> Iterator[tuple[list[str], click.Command]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield [*before, name], command


def test_every_command_and_every_option_has_its_help() -> None:
    every = list(commands(typer.main.get_command(app)))
    assert len(every) > 10
    for words, command in every:
        assert command.help, words
        assert [p.name for p in command.params if not getattr(p, "help", None)] == [], words
        shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"}).stdout
        assert command.help.split(",", maxsplit=1)[0] in shown
        options = {o for p in command.params for o in p.opts if o.startswith("--")}
        assert options <= set(re.findall(r"--[\w-]+", shown)), words


def test_version() -> None:
    first, second = run("--version").stdout.strip().splitlines()
    assert first == f"mesoinv {mesoinv.__version__}"
    assert second.startswith("Python 3.")
    assert f"numpy {np.__version__}" in second


def test_cite() -> None:
    """The paper, and the data with their version."""
    text = run("cite", "pldos").stdout
    assert text.startswith("@article{percebois2021deep")
    assert "@misc{mesoinv_pldos," in text
    assert "version = {1.0.0}" in text


def test_names_of_the_package() -> None:
    assert set(dir(mesoinv)) == set(mesoinv.__all__)


def test_console_script() -> None:
    script = shutil.which("mesoinv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert script
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=True)
    assert "generate" in done.stdout


def test_list() -> None:
    table = run("list", TOY)
    assert table.returncode == 0
    assert "plain (default)" in table.stdout
    (toy,) = json.loads(run("list", TOY, "--json").stdout)
    assert (toy["name"], toy["version"], toy["default_config"]) == ("toy", "1.0.0", "plain")
    assert toy["configs"]["other"]["sizes"]["mini"]["train"] == 20


def test_list_all_is_what_python_says() -> None:
    listed = [dataset["name"] for dataset in json.loads(run("list", "--json").stdout)]
    assert listed == [get_dataset(name).name for name in mesoinv.list_datasets()]


def test_generate_then_verify(tmp_path: Path) -> None:
    made = run("generate", TOY, "--config", "other", "--workers", 1, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "toy 1.0.0 is in data/toy: other (34 samples" in made.stdout
    assert f"Next: mesoinv verify data/toy --dataset {TOY}" in made.stdout
    assert "34/34" in made.stderr
    arguments = ("verify", "data/toy", "--dataset", TOY, "--samples", 3)
    checked = run(*arguments, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "is sound: 4 files" in checked.stdout
    report = json.loads(run(*arguments, "--json", cwd=tmp_path).stdout)
    assert report["ok"]
    assert report["samples"] == 3
    (tmp_path / "data/toy/other/test-00000-of-00001.parquet").unlink()
    failed = run(*arguments, cwd=tmp_path)
    assert failed.returncode == 1
    assert "missing: other/test-00000-of-00001.parquet" in failed.stdout
    assert not json.loads(run(*arguments, "--json", cwd=tmp_path).stdout)["ok"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("generate", "nothing"), "Unknown dataset 'nothing'"),
        (("generate", TOY, "--config", "plian"), "Did you mean 'plain'? Allowed: plain, other."),
        (("generate", TOY, "--size", "huge"), "Allowed: mini, small, full."),
        (("generate", TOY, "--solver", "best"), "Allowed: exact, rough."),
        (("generate", TOY, "--workers", "0"), "workers must be 1 or more"),
        (("generate", TOY, "--workers", "many"), "--workers"),
        (("generate",), "DATASET"),
        (("verify", "nowhere"), "nowhere is not a folder"),
        (("nonsense",), "nonsense"),
    ],
)
def test_misuse_is_one_paragraph_and_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_failure_is_exit_code_1(tmp_path: Path) -> None:
    done = run("verify", tmp_path, "--dataset", TOY)
    assert done.returncode == 1
    assert "manifest.json" in done.stdout


def test_public_names() -> None:
    assert set(mesoinv.__all__) <= set(dir(mesoinv))
    for name in mesoinv.__all__:
        assert getattr(mesoinv, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mesoinv.nonsense


def test_import_is_light() -> None:
    program = "import sys, mesoinv; print(sorted({'numpy', 'torch', 'typer'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    assert done.stdout.strip() == "[]"


def test_the_next_command_works_where_the_path_has_spaces(tmp_path: Path) -> None:
    """What a summary says can be typed as it stands."""
    out = tmp_path / "my data"
    done = CliRunner().invoke(app, ["generate", TOY, "--size", "mini", "--out", str(out)])
    command = shlex.split(done.stdout.partition("Next: ")[2])
    assert command == ["mesoinv", "verify", str(out), "--dataset", TOY]
    assert CliRunner().invoke(app, command[1:]).exit_code == 0
