"""Compiled code where nothing can be written: a folder of this user's own, and nobody else's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import numba
import pytest

from mesoinv.generators.common import compiled as module

if TYPE_CHECKING:
    from pathlib import Path

#: Neither the folder of the package nor that of the user takes files: what numba then does.
PROGRAM = """
import os
from numba.core.caching import _CacheLocator
writable = _CacheLocator.ensure_cache_path
def ensure(self):
    if not self.get_cache_path().startswith(os.environ["TMPDIR"]):
        raise OSError("read-only")
    writable(self)
_CacheLocator.ensure_cache_path = ensure
import numpy as np
from mesoinv.generators.percolation import clusters
print(clusters(np.ones((1, 5, 5))).largest)
"""


def run(temporary: Path) -> str:
    environment = os.environ | {"TMPDIR": str(temporary)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_cache_of_our_own(tmp_path: Path) -> None:
    assert run(tmp_path) == "[25]\n"
    (folder,) = tmp_path.glob("mesoinv-numba-*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = sorted(folder.rglob("*.nbc"))
    assert kept
    assert run(tmp_path) == "[25]\n"
    assert sorted(folder.rglob("*.nbc")) == kept  # and used again


@pytest.mark.parametrize("kind", ["open", "link"])
def test_somebody_elses_folder_is_not_used(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in a cache is run: where others may write, it could be theirs."""
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    theirs = tmp_path / f"mesoinv-numba-{os.getuid()}"
    if kind == "open":
        theirs.mkdir()
        theirs.chmod(0o777)
    else:
        (tmp_path / "elsewhere").mkdir()
        theirs.symlink_to(tmp_path / "elsewhere")
    module._folder.cache_clear()
    try:
        assert module._folder() != theirs
    finally:
        module._folder.cache_clear()


def test_the_callers_settings_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_folder", lambda: tmp_path)
    before = numba.config.CACHE_DIR
    with module._own_cache():
        assert str(tmp_path) == numba.config.CACHE_DIR
    assert before == numba.config.CACHE_DIR
