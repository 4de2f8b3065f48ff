"""What long calls say to `logging`, under the name of the package."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import mesoinv
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_is_generated_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mesoinv")
    source, request = (
        SampleSource(cache=tmp_path),
        Request("percolation", "L10", "test", 8, ("occupied",)),
    )
    for _ in range(2):
        source.arrays(request)
    (record,) = caplog.records
    assert record.name.startswith("mesoinv.generators.")
    said = record.getMessage()
    assert said.startswith("percolation/L10/test: generating 8 of 8 samples into ")
    assert str(tmp_path) in said


def test_a_model_that_is_loaded_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mesoinv")
    name = next(n for n in mesoinv.list_models("percolation-spanning-*") if "constant" in n)
    mesoinv.load_model(name)
    (record,) = caplog.records
    assert record.name.startswith("mesoinv.zoo.")
    assert record.getMessage().startswith(f"{name}: loaded from ")
