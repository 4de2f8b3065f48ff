"""What several folders of tests share: a loopback Hub with accounts, and a small built dataset."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from loopback_hub import Account, LoopbackHub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Datasets of tests that files of tests may name.
os.environ["MESOINV_DATASETS"] = "toy_dataset:DATASET,drawn_toy:DATASET"


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    """A Hub with a writer, a member who may only read, and a stranger."""
    tokens = {
        "hf_writer": Account("mesoinv-bot", orgs=("mesoinv",)),
        "hf_member": Account("member", orgs=("mesoinv",), role="read"),
        "hf_reader": Account("visitor"),
    }
    with LoopbackHub(tokens) as running:
        yield running


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini toy dataset, built in one process; not to be changed."""
    from mesoinv import build

    return build("toy_dataset:DATASET", out=tmp_path_factory.mktemp("toy") / "toy")
