"""The core in an environment that holds nothing else: a wheel and what pip installs with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checkout import build_wheel

from mesoinv.generators.common.extras import extras

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MEGABYTES = 1000
#: typer, which is of the core, brings pydantic.
ABSENT = sorted({*extras()["all"]} - {"pydantic"})

ASK = """
import importlib.util, sys
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name)))
"""
SCORE_A_FILE = """
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
import mesoinv
lattices = mesoinv.generate("percolation", "L100", indices=range(4))["occupied"]
table = pa.table({"index": np.arange(4), "density": lattices.mean(axis=(1, 2))})
pq.write_table(table, "predicted.parquet")
print(mesoinv.evaluate("predicted.parquet", "percolation-density", samples=4).headline.value)
"""
LOAD = """
import mesoinv
from mesoinv.generators.common.errors import MesoinvError
for call, *arguments in (
    (mesoinv.load_model, mesoinv.list_models()[0]),
    (mesoinv.evaluate, mesoinv.list_models()[0], mesoinv.list_tasks()[0]),
):
    try:
        call(*arguments)
    except MesoinvError as error:
        print(error)
"""


class Environment:
    """A folder made by venv, and a folder to work in, far from the checkout."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / "environment/bin/python"
        self.work = folder / "work"
        self.work.mkdir()
        subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)

    @property
    def packages(self) -> Path:
        (packages,) = self.python.parents[1].glob("lib/python*/site-packages")
        return packages

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        values = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        return subprocess.run(
            [self.python, *map(str, arguments)],
            cwd=self.work,
            env=values | {"HF_HUB_OFFLINE": "1", "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )

    def pip(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)

    def mesoinv(self, arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.python.with_name("mesoinv"), *arguments.split())


@pytest.fixture(scope="module")
def core() -> Iterator[Environment]:
    folder = Path(tempfile.mkdtemp(prefix="mesoinv-core-"))
    try:
        yield _installed(folder)
    finally:
        shutil.rmtree(folder)  # pytest would keep some 700 MB of each of three runs


def _installed(folder: Path) -> Environment:
    wheel, environment = build_wheel(folder), Environment(folder)
    start = time.perf_counter()
    done = environment.pip("install", wheel)
    if done.returncode and not _has_index(environment):
        message = "the package index cannot be reached"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{message}: {done.stderr}")
        pytest.skip(message)
    assert done.returncode == 0, done.stderr
    print(f"pip install of the core: {time.perf_counter() - start:.0f} s")
    return environment


def _has_index(environment: Environment) -> bool:
    """Whether pip gets a package that does exist."""
    return environment.pip("download", "--no-deps", "--retries", 1, "packaging").returncode == 0


def test_core_has_nothing_of_the_extras(core: Environment) -> None:
    assert core.run("-c", ASK, *ABSENT).stdout.split() == []
    here = core.run("-c", "import mesoinv; print(mesoinv.__file__)").stdout.strip()
    assert Path(here).is_relative_to(core.packages)


def test_core_is_small(core: Environment) -> None:
    files = [path for path in core.packages.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_blocks * 512 for path in files) / 1e6
    print(f"site-packages of the core: {megabytes:.0f} MB")
    assert megabytes < MAX_MEGABYTES


@pytest.mark.parametrize(
    "commands",
    [
        ["--help"],
        ["list"],
        ["tasks"],
        ["models"],
        ["leaderboard show"],
        [
            "generate percolation --config L10 --workers 1 --out percolation",
            "verify percolation --samples 4",
        ],
    ],
    ids=lambda commands: commands[0].split()[0],
)
def test_commands_of_the_core(core: Environment, commands: list[str]) -> None:
    for command in commands:
        done = core.mesoinv(command)
        assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


def test_a_file_of_predictions_is_scored(core: Environment) -> None:
    done = core.run("-c", SCORE_A_FILE)
    assert done.stdout.split() == ["1.0"], done.stderr
    done = core.mesoinv("evaluate predicted.parquet --task percolation-density --samples 4")
    assert "density skill (ranks)" in done.stdout, done.stderr


def test_a_model_asks_for_its_extra(core: Environment) -> None:
    remedy = "Install them with: pip install 'mesoinv[models]'"
    done = core.mesoinv("evaluate pldos-donors-constant.16k")
    assert (done.returncode, remedy in done.stderr) == (1, True), done.stderr
    done = core.run("-c", LOAD)
    assert done.stdout.count(remedy) == 2, done.stderr
