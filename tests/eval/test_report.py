"""The report: what it keeps of predictions, its tables, figures, times and README's table."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from eval_helpers import CONFIGS, COUNT, SITES

from mesoinv.dataset_cards.prose import read_prose
from mesoinv.eval.reports.pldos import collect, limits, paper, speed, tables, write, write_report
from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pldos import DATASET
from mesoinv.zoo import metrics
from mesoinv.zoo.declared import models
from mesoinv.zoo.declared.evaluation import Score
from mesoinv.zoo.model.model import Model


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The models' folders, never trained."""
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("models")
    return [Model(c).eval().save_pretrained(place / c.name) for c in CONFIGS]


@pytest.fixture(scope="module")
def written(folders, report_cache, tmp_path_factory):
    """The page's folder, and README."""
    place = tmp_path_factory.mktemp("report")
    readme = place / "README.md"
    readme.write_text(f"before\n{write.BEGIN}\nold\n{write.END}\nafter\n")
    page = write_report(
        place / "docs", samples=COUNT, cache=report_cache, models=folders, readme=readme,
        speed=False,
    )  # fmt: skip
    return page, readme


def found(folder, report_cache):
    model = Model.from_folder(folder)
    samples = collect.samples_for([model.config], "test", COUNT, report_cache)
    return model, samples, collect.collect(model, samples)


@pytest.mark.parametrize("row", range(len(CONFIGS)))
def test_scores_are_those_of_the_task(row, folders, report_cache, monkeypatch):
    """In pieces as in one."""
    monkeypatch.setattr(collect, "PIECE", 4)
    model, _, result = found(folders[row], report_cache)
    expected = evaluate(model, model.config.task, samples=COUNT, cache=report_cache, variants=False)
    for name in result.scores.keys() & expected.evaluation.scores.keys():
        score, theirs = result.scores[name], expected.evaluation.scores[name]
        assert theirs.value == pytest.approx(score.value, rel=1e-6, abs=1e-12)
        assert theirs.low == pytest.approx(score.low, rel=1e-5, abs=1e-12)


def test_error_map_is_the_root_mean_square_over_samples(folders, report_cache):
    model, samples, result = found(folders[3], report_cache)
    error = model.predict(samples) - samples["potential"].astype(float)
    np.testing.assert_allclose(result.error_map, np.sqrt((error**2).mean(axis=0)), rtol=1e-6)
    order = np.argsort(metrics.pearson(model.predict(samples), samples["potential"]))
    assert [result.examples[k].row for k in ("worst", "median", "best")] == [
        order[0], order[COUNT // 2], order[-1]
    ]  # fmt: skip


def test_coefficients_guessed_as_zero_have_the_error_of_their_variance(folders, report_cache):
    _, _, result = found(folders[4], report_cache)
    assert result.coefficient_error.shape == (240, 2)
    assert result.coefficient_error.mean() == pytest.approx(1.0, abs=0.15)


def test_page_has_models_paper_limits_and_only_figures_that_exist(written):
    page, _ = written
    text = page.read_text()
    for name in [c.name for c in CONFIGS]:
        assert f"`{name}`" in text
    for phrase in ("Sec. III", "| 2.3 |", "2.9 or 7.0", "1.15 nm", "Cramér-Rao", "≈ 0.95"):
        assert phrase in text
    assert "None" not in text
    assert "nan" not in text.lower().replace("resonan", "")
    figures = sorted(page.parent.glob("*.png"))
    assert len(figures) == 7
    for figure in figures:
        assert f"({figure.name})" in text
        assert figure.stat().st_size < 150_000


def test_readme_is_filled_between_its_markers(written):
    _, readme = written
    text = readme.read_text()
    assert text.startswith(f"before\n{write.BEGIN}\n|")
    assert text.endswith(f"{write.END}\nafter\n")
    assert "old" not in text.split("|")
    assert "`pldos-donors-cnn.a`" in text
    assert "7.0 / 3.6" in text
    assert "(docs/report.md)" in text


def test_readme_without_markers_stays(written, folders, report_cache, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"{write.BEGIN} alone\n")
    write_report(
        tmp_path, samples=2, cache=report_cache, models=folders[:1], readme=readme, speed=False
    )
    assert readme.read_text() == f"{write.BEGIN} alone\n"


def test_no_models_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "LOCAL_WEIGHTS", tmp_path)
    with pytest.raises(MesoinvError, match="no weights"):
        write_report(tmp_path / "docs")


def test_speed(folders):
    inputs = {"a": {"pldos": np.ones((4, *SITES), np.float16)}}
    found = speed.measure_here({"a": folders[0]}, inputs, np.zeros((1, *SITES)))
    times = found.models["a"]
    assert 0 < times.batch < times.first
    assert times.load > 0
    assert found.solver > 0
    assert "exact solver" in tables.speed_table(found)


@pytest.fixture(scope="module")
def ideal_observers():
    return limits.limits(samples=400)


def test_card_has_the_limits(ideal_observers):
    """Each number of the card's table, as far as 400 of its 4000 samples tell: 1/√800 is 3.5 %."""
    text = read_prose(DATASET).sections["What is hard about it"]
    table = [line.split("|")[2:6] for line in text.splitlines() if line.startswith("|")][2:]
    for cells, row in zip(table, (1, 5, 4, 2), strict=True):
        limit = ideal_observers[row]
        for cell, column in zip(cells, limits.COLUMNS, strict=True):
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
    assert tables.with_interval(score) == expected
