"""A small build, copied for every test that changes it."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A build that must not be changed."""
    from drawn_toy import DATASET

    from mesoinv.generators.pipeline.build import build

    return build(DATASET, out=tmp_path_factory.mktemp("build") / "toy")


@pytest.fixture
def folder(built, tmp_path):
    """A build of one's own."""
    return Path(shutil.copytree(built, tmp_path / "toy"))
