"""The report on wires: what is run only if asked for, scaling with training samples and times."""

from __future__ import annotations

import numpy as np
import pytest
from kept_samples import keep_samples

from mesoinv.eval.reports import figures as looks
from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.conductance import figures_curves, scaling, tables, times
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.eval.reports.timing import Machine
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.records import to_json
from mesoinv.generators.conductance import DATASET
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.zoo.metrics import Score

COUNT, WIRE = 40, "model1_narrow_3x3"


@pytest.fixture
def options(tmp_path):
    """Made-up conductances of true on-site energies, where generated ones are looked for."""
    for split in ("train", "validation", "test"):
        drawn = DATASET.draw(WIRE, stream_of(DATASET, WIRE, split), np.arange(COUNT))
        conductance = drawn["onsite_energy"].mean(axis=(1, 2)) + 2
        samples = {"onsite_energy": drawn["onsite_energy"], "conductance": conductance}
        keep_samples(tmp_path / "cache", "conductance", WIRE, split, samples)
    return ReportOptions(tmp_path, (), COUNT, tmp_path / "cache", tmp_path / "kept")


def test_jobs_are_those_of_the_paper():
    jobs = scaling.dense_jobs([11, 18])
    assert len(jobs) == 2 * 2 * 3
    for job in jobs:
        recipe = job.recipe
        steps = recipe.objective.epochs * recipe.samples / recipe.objective.batch_size
        assert steps == pytest.approx(scaling.STEPS, rel=0.1)
        assert recipe.config.startswith("model1_narrow_")
        assert recipe.hyperparameters["hidden"] in ([30], [30, 30, 30])
    assert {job.recipe.samples for job in jobs} == {2**11, 2**18}
    assert len({job.recipe.name for job in jobs}) == len(jobs)
    first, second = scaling.cnn_jobs([14])
    assert (first.line, second.line) == ("model II, G", "model II, Ḡ")


def test_trainings_are_read_back(options, monkeypatch):
    monkeypatch.setattr(scaling, "STEPS", 4)
    monkeypatch.setattr(scaling, "VALIDATION", 8)
    jobs = scaling.dense_jobs([5])[:1]
    assert scaling.points(options) == []
    scaling.run(jobs, options)
    (point,) = scaling.points(options)
    assert (point.samples, point.test_samples, point.line) == (32, COUNT, "3 × 3")
    assert 0 < point.score.low <= point.score.value <= point.score.high

    def fail(*_args):
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(scaling, "_train", fail)
        patch.setattr(scaling, "_scored", fail)
        scaling.run(jobs, options)
        assert scaling.points(options) == [point]
    monkeypatch.setattr(scaling, "STEPS", 8)  # another recipe
    assert scaling.points(options) == []


def points():
    return [
        scaling.Point(panel, line, 2**k, 100, Score(m, 0.9 * m, 1.1 * m, "2e²/h"), 7, 1.5)
        for panel, line, m in (("1 × 30 neurons", "3 × 3", 0.05), ("CNN", "model II, G", 0.2))
        for k in (11, 12)
    ]


def test_scaling_is_shown(tmp_path):
    looks.save(figures_curves.draw_scaling(points()), tmp_path / "scaling.png")
    assert 5_000 < (tmp_path / "scaling.png").stat().st_size < 150_000
    lines = tables.scaling_table(points()).splitlines()
    assert len(lines) == 2 + 4
    assert "| 1 × 30 neurons | 3 × 3 | 2 048 | 0.050 [0.045, 0.055] | 7 | 2 |" in lines


@pytest.mark.parametrize("kwant", [False, True])
def test_times_are_of_a_thousand_configurations(kwant, tmp_path, monkeypatch):
    calls = []

    def fake(sites, energies, solver=None):
        calls.append((solver or "ours", len(sites), len(energies)))
        return np.zeros((len(sites), len(energies)))

    monkeypatch.setattr(times, "conductance", fake)
    monkeypatch.setattr(times, "_has_kwant", lambda: kwant)
    timings, training, error = times._measure(tmp_path / "none", 6, 3)
    assert list(timings) == ["solver", *(["kwant"] if kwant else []), "batch", "single"]
    assert {len(t.seconds) for t in timings.values()} == {times.ROUNDS}
    assert ("ours", 6, 10) in calls
    assert (("kwant", 3, 10) in calls) == kwant
    assert training is None
    assert error == 0.0


def measured(**changes):
    timings = {
        "solver": times.Timing(1000, [4.0, 5.0]),
        "kwant": times.Timing(10, [5.0]),
        "batch": times.Timing(1000, [0.02]),
        "single": times.Timing(1000, [0.2]),
    }
    values = (timings, True, 80_000, 600.0, 1e-12, 128, Machine("a core", "2", 0.5))
    return times.Measured(*values, **changes)


def test_table_of_times_has_the_papers_beside():
    text = tables.speed_table(measured())
    assert "| solver of this dataset | 4 | 1 | 1000 |" in text
    assert "| kwant, scaled up from fewer configurations | 500 | 0.008 | 10 |" in text
    assert "| 8885 |" in text
    assert "| 32 |" in text


def test_numbers_are_kept_beside_the_page(tmp_path):
    report = report_of("conductance")(ReportOptions(tmp_path))
    assert report.times is None
    (tmp_path / "times.json").write_text(to_json(measured()), encoding="utf-8")
    (tmp_path / "scaling.json").write_text(to_json(scaling.Scaling(points())), encoding="utf-8")
    report = report_of("conductance")(ReportOptions(tmp_path))
    assert report.times == measured()
    assert report.scaling.points == points()
    text = " ".join(report.page().split())
    for phrase in (
        "a factor of 278", "200 times as fast as the exact solver in batches, and 20 times one",
        "The solver is 125 times as fast as kwant, and the network in batches 25 000 times",
        "needs 80 000 solved samples, 320 s with this solver, and took 600 s to train",
    ):  # fmt: skip
        assert phrase in text
    (tmp_path / "times.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MesoinvError, match="get it again: --work times"):
        _ = report_of("conductance")(ReportOptions(tmp_path)).times
