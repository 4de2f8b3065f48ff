"""The report on scanning gate microscopy: what it measures of maps, and its page."""

from __future__ import annotations

import numpy as np
import pytest
from kept_samples import keep_samples

from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.eval.reports.sgm import physics as module
from mesoinv.eval.reports.sgm.figures import SHOWN
from mesoinv.eval.reports.sgm.physics import physics
from mesoinv.generators import get_dataset
from mesoinv.generators.pipeline.generate import generate


@pytest.fixture(scope="module")
def samples():
    made = generate("sgm", "point", "test", range(3))
    names = {column.name for column in get_dataset("sgm").columns("point")}
    return {name: values for name, values in made.items() if name in names}


@pytest.fixture(scope="module")
def looked(samples):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TEMPERATURES", (0.02,))
        patch.setattr(module, "WIDTHS", (2.0,))
        patch.setattr(module, "PLACES", (np.arange(20.0, 256, 60), np.arange(20.0, 192, 60)))
        patch.setattr(module, "FEW", 1)
        return physics(samples["potential"].astype(float), lambda _: None)


def test_first_order_is_right_for_weak_tips_alone(looked):
    errors = [spread.median for spread in looked.first_order.values()]
    assert errors == sorted(errors)
    assert errors[0] < 0.2
    assert errors[-1] > 1


def test_a_map_is_not_a_density(looked):
    for spread in (*looked.correlation.values(), *looked.width.values()):
        assert -1 <= spread.low <= spread.median <= spread.high < 0.9
    assert 0 < looked.temperature["0.02"].median < 2


def test_the_page_shows_samples(samples, tmp_path):
    keep_samples(
        tmp_path / "cache", "sgm", "point", "test",
        {name: samples[name] for name in (*SHOWN, "conductance")},
    )  # fmt: skip
    options = ReportOptions(tmp_path / "docs", cache=tmp_path / "cache", results=tmp_path)
    report = report_of("sgm")(options)
    report.write_figures()
    text = report.write_page().read_text(encoding="utf-8")
    assert "](samples.png)" in text
    assert "mesoinv report sgm --work physics" in text
    assert "None" not in text
    for task in ("sgm-landscape", "sgm-pldos", "sgm-measured"):
        assert task in text
