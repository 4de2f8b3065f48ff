"""A copy of the package with the toy system's files put into its rooms: nothing is edited."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
FILES = Path(__file__).parent / "files"
#: Folders of the repository that are sub-packages.
ROOMS = ("generators", "dataset_cards", "zoo", "eval")


def overlay(folder: Path) -> Path:
    """Copy the package and add the toy; an existing file is never replaced."""
    package = folder / "mesoinv"
    skipped = shutil.ignore_patterns("__pycache__", "weights")
    shutil.copytree(REPOSITORY / "mesoinv", package, ignore=skipped)
    for room in ROOMS:
        shutil.copytree(REPOSITORY / room, package / room, ignore=skipped)
    for path in FILES.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            target = package / path.relative_to(FILES)
            assert not target.exists(), f"{target} is there already"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    (package / "zoo" / "weights").mkdir()
    return folder


def python(
    folder: Path, program: str, *arguments: str, check: bool = True, **environment: str
) -> str:
    """Run a program where the copy is the package; return what it printed."""
    variables = {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=os.environ | environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if check:
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout if check else str(done.returncode)


COMMANDS = """
import shlex, sys
from mesoinv.cli import app
for line in sys.argv[1:]:
    print("$", line, flush=True)
    try:
        app(shlex.split(line))
    except SystemExit as stop:
        assert stop.code in (0, None), f"{line}: {stop.code}"
"""


def commands(folder: Path, *lines: str, **environment: str) -> str:
    """Run commands of mesoinv one after the other in one process."""
    return python(folder, COMMANDS, *lines, **environment)
