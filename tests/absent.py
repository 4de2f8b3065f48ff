"""Runs a program in a Python where some modules are not installed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLOCK = """
import importlib.metadata, sys
_absent, _version = sys.argv.pop(1).split(","), importlib.metadata.version
def _of_what_is_there(name):
    if name in _absent:
        raise importlib.metadata.PackageNotFoundError(name)
    return _version(name)
importlib.metadata.version = _of_what_is_there  # some packages ask this, and then import
sys.modules.update(dict.fromkeys(_absent))  # an import of a module that is None fails
"""


def run_without(
    modules: Sequence[str], program: str, *arguments: object
) -> subprocess.CompletedProcess[str]:
    """Run a program with its arguments where `modules` are absent."""
    return subprocess.run(
        [sys.executable, "-c", _BLOCK + program, ",".join(modules), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
