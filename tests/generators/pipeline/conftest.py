"""Makes ``toy_dataset`` importable, and builds it once for the tests that only read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
sys.path.insert(0, str(TESTS))


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini toy dataset, built in one process; not to be changed."""
    from mesoinv import build

    return build("toy_dataset:DATASET", out=tmp_path_factory.mktemp("toy") / "toy")
