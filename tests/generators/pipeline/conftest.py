"""A key, and a held-out build from it that stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from held_out_helpers import held_out

from mesoinv.generators.pipeline.held_out.secret import new_key

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key"
    new_key(path)
    return path


@pytest.fixture(scope="session")
def standalone(key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return held_out(key_file, tmp_path_factory.mktemp("held-out") / "toy")
