"""A small part of ``make campaign`` with a fixed seed, so that it stays runnable and true."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.parametrize("group", ["kills", "flips", "hostile", "hub"])
def test_nothing_lost_and_nothing_let_in(group: str, tmp_path: Path) -> None:
    folders = (TESTS, TESTS / "eval", TESTS / "zoo", TESTS / "dataset_cards")
    command = ["-m", "campaign", "--units", "1", "--seed", "17", "--only", group]
    done = subprocess.run(
        [sys.executable, *command, "--out", str(tmp_path / "table.md")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert " trials in " in (tmp_path / "table.md").read_text(encoding="utf-8")
