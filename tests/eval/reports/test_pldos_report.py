"""The report: what it keeps of predictions, its tables, figures, times and README's table."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from eval_helpers import (
    COUNT,
    DONORS,
    FOURIER,
    LANDSCAPE,
    SITES,
    STATISTICS,
    model,
    samples,
    zoo_of,
)

from mesoinv.dataset_cards.prose import read_prose
from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.eval.reports.pldos import paper, tables, times
from mesoinv.eval.reports.pldos.limits import COLUMNS, Limits, limits
from mesoinv.eval.reports.pldos.predictions import predicted_landscapes
from mesoinv.eval.reports.tables import with_interval
from mesoinv.eval.reports.timing import Machine
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.records import to_json
from mesoinv.generators.pldos import DATASET
from mesoinv.zoo.declared.evaluation import Score

MODELS = {
    "pldos-donors-linear.16k": DONORS,
    "pldos-statistics-linear.16k": STATISTICS,
    "pldos-fourier-linear.16k": FOURIER,
    "pldos-landscape-linear.16k": LANDSCAPE,
}


def tiny(name):
    """A model of the zoo's name, never trained."""
    return model(replace(MODELS[name], name=name))


@pytest.fixture(scope="module")
def written(report_cache, tmp_path_factory):
    """The page and the report."""
    place = tmp_path_factory.mktemp("report")
    options = ReportOptions(
        place / "docs", samples=COUNT, cache=report_cache, results=place / "kept"
    )
    options.out.mkdir()
    observers = Limits(limits(samples=50))
    (options.out / "limits.json").write_text(to_json(observers), encoding="utf-8")
    with zoo_of(tmp_path_factory.mktemp("weights"), MODELS, tiny):
        report = report_of("pldos")(options)
        report.write_figures()
        yield report.write_page(), report


def test_error_map_is_the_root_mean_square_over_samples(written, report_cache):
    report = written[1]
    with_landscape = tiny("pldos-landscape-linear.16k")
    rows = samples(report_cache, ("pldos", "potential"), "landscape")
    (entry,) = report.entries["pldos-landscape"]
    task = get_task("pldos-landscape")
    maps = predicted_landscapes(entry, with_landscape, report.options.board(task).selection(task))
    error = with_landscape.predict(rows, check_range=False) - rows["potential"].astype(float)
    np.testing.assert_allclose(maps.error_map, np.sqrt((error**2).mean(axis=0)), rtol=1e-6)
    order = np.argsort(entry.result.table["pearson r"])
    assert [maps.examples[k].row for k in ("worst", "median", "best")] == [
        order[0], order[COUNT // 2], order[-1]
    ]  # fmt: skip


def test_page_has_models_paper_limits_and_only_figures_that_exist(written):
    page = written[0]
    text = page.read_text(encoding="utf-8")
    for name in MODELS:
        assert f"| `{name}` |" in text
    assert {  # as the paper has them, in its Secs. III and IV C
        "| **the paper**, Sec. III | 72 000 | – | 2.3 | 4.6 | 0.18 | 18 |",
        "| **the paper**, Sec. III | 72 000 | – | 0.0073 | 2.9 or 7.0 | 0.36 | 3.6 or 0.40 |",
        "| **the paper**, Sec. IV C, Fig. 8 | 88 000 | – | ≈ 0.95 | rarely < 0.9 | – | – |",
    } < set(text.splitlines())
    for limit in limits(samples=50)[:3]:
        errors = [(limit.absolute[c], 100 * limit.relative[c]) for c in ("s", "n_d")]
        cells = " | ".join(f"{number:.3g}" for pair in errors for number in pair)
        assert f"| *{limit.observer}* | – | – | {cells} |" in text
    assert "None" not in text
    assert "nan" not in text.lower().replace("resonan", "")
    figures = sorted(page.parent.glob("*.png"))
    assert len(figures) >= 5
    for figure in figures:
        assert f"({figure.name})" in text
        assert figure.stat().st_size < 150_000


def test_times(tmp_path):
    folder = model(DONORS).save_pretrained(tmp_path / "a")
    inputs = {"pldos": np.ones((4, *SITES), np.float16)}
    (taken,), solver = times._measure({"a": folder}, inputs, np.zeros((1, *SITES)))
    assert 0 < taken.batch < taken.first
    assert taken.load > 0
    assert solver > 0
    table = tables.times_table(times.AllTimes([taken], solver, Machine("m", "2", 0.0)))
    assert "exact solver" in table


@pytest.fixture(scope="module")
def ideal_observers():
    return limits(samples=400)


def test_card_has_the_limits(ideal_observers):
    """Each number of the card's table, as far as 400 of its 4000 samples tell: 1/√800 is 3.5 %."""
    text = read_prose(DATASET).sections["What is hard about it"]
    table = [line.split("|")[2:6] for line in text.splitlines() if line.startswith("|")][2:]
    for cells, row in zip(table, (1, 5, 4, 2), strict=True):
        limit = ideal_observers[row]
        for cell, column in zip(cells, COLUMNS, strict=True):
            absolute, relative = re.fullmatch(r" (\S+) \((\S+) %\) ", cell).groups()
            assert limit.absolute[column] == pytest.approx(float(absolute), rel=0.14)
            assert 100 * limit.relative[column] == pytest.approx(float(relative), rel=0.14)


def test_limits_are_ordered(ideal_observers):
    """More knowledge, smaller errors; more error of the landscape, larger ones."""
    rows = ideal_observers
    s = [row.absolute["s"] for row in rows]
    assert s[0] > s[1] > s[2]
    assert s[2] < s[3] < s[4] < s[5] < s[6]
    assert rows[2].relative["potential_rms"] > 0.03


def test_typical_values_are_those_of_the_card():
    here = paper.typical_here()
    assert here["potential_rms"] == pytest.approx(0.10496, abs=1e-5)
    assert here["correlation_length"] == pytest.approx(90.3, abs=0.05)
    assert paper.comparable("potential_rms") == pytest.approx(0.0696, abs=1e-3)
    assert paper.comparable("s") == pytest.approx(0.046)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (Score(1.2345, 1.19, 1.28, "nm"), "1.23 [1.19, 1.28]"),
        (Score(0.99234, 0.9920, 0.9926, "1"), "0.9923 [0.9920, 0.9926]"),
        (Score(8.8, 7.0, 31.0, "nm"), "9 [7, 31]"),
        (Score(0.0, 0.0, 0.0, "1"), "0 [0, 0]"),
    ],
)
def test_numbers_are_rounded_to_their_interval(score, expected):
    assert with_interval(score) == expected
