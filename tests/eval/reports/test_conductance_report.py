"""The report on wires: its tables and figures, and what it says is missing.

Samples have true on-site energies and made-up conductances; models are tiny and never trained.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from eval_helpers import zoo_of
from kept_samples import keep_samples

from mesoinv.eval.board import rows as entries
from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.conductance import ensemble, scores, tables
from mesoinv.eval.reports.conductance.scores import wire_tasks
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.eval.tasks import get_task
from mesoinv.generators.conductance import DATASET
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.zoo.declared import listing, models
from mesoinv.zoo.declared.config import WEIGHTS, ModelConfig, Quantity, TrainingRecord
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.declared.transforms import Affine
from mesoinv.zoo.model.model import Model

COUNT = 42
CONFIGS = ("model1_3x3", "model1_20x20", "model2", "ensemble")
TINY = {"dense": {"hidden": [2]}, "strided_cnn": {"maps": [2, 2, 2], "dense": 3}}
MODELS = (
    "conductance-model1-3x3-dnn.paper",
    "conductance-model1-3x3-linear.full",
    "conductance-model1-20x20-constant.full",
    "conductance-model2-count.full",
    "conductance-model2-cnn.paper",
    "conductance-model2-mean-cnn.paper",
    "conductance-model2-mean-count.full",
    "conductance-model2-mean-linear.full",
)
ABSENT = "conductance-model2-resnet.full"


def made_up(config):
    """On-site energies as drawn, and conductances that fall with the concentration."""
    drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), np.arange(COUNT))
    sites = drawn["onsite_energy"]
    rng = np.random.default_rng(0)
    smooth = 40 * (1 - np.clip(abs(sites).mean(axis=(1, 2)) / 5, 0, 1)) ** 6
    noise = [rng.normal(0, width, COUNT) for width in (0.4, 0.2)]
    found = {"conductance": smooth + noise[0], "mean_conductance": smooth + noise[1]}
    return drawn | {name: abs(values) for name, values in found.items()}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Where generated samples are looked for."""
    folder = tmp_path_factory.mktemp("cache")
    for config in CONFIGS:
        samples = made_up(config) | {"spectrum": np.zeros((COUNT, 10))}
        keep_samples(folder, "conductance", config, "test", samples)
    return folder


def tiny(name):
    """A model of the zoo's name and kind with random weights, or fitted to the samples."""
    recipe = read_recipe(name)
    columns = {c.name: c for c in DATASET.columns(recipe.config)}
    given, made = (
        [Quantity(n, columns[n].unit, list(columns[n].shape), 0.0, 40.0, [Affine(0.0, 1.0)])]
        for n in (recipe.inputs[0].name, recipe.outputs[0].name)
    )
    training = TrainingRecord(
        "supervised", 77, 80_000, 1, 0, "32-true", 2.0, 0.0, "CPU", "nowhere", {"torch": "0"}
    )
    config = ModelConfig(
        name, recipe.architecture, TINY.get(recipe.architecture, {}), "0.1.0", "conductance",
        DATASET.version, recipe.config, recipe.task, given, made, training=training,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Model(config).eval()
    if hasattr(model.network, "fit"):
        samples = made_up(recipe.config)
        model.network.fit(
            torch.from_numpy(samples["onsite_energy"]).float(),
            torch.from_numpy(samples[recipe.outputs[0].name])[:, None].float(),
        )
    return model


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The zoo's folder of weights, with a few models."""
    with zoo_of(tmp_path_factory.mktemp("weights"), MODELS, tiny) as folder:
        yield folder


@pytest.fixture(scope="module")
def options(cache, weights, tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    return ReportOptions(
        kept / "docs", samples=COUNT, cache=cache, results=kept, work={"ensemble": ""}
    )


@pytest.fixture(scope="module")
def report(options):
    return report_of("conductance")(options)


@pytest.fixture(scope="module")
def written(report):
    """The page."""
    report.write_figures()
    return report.write_page()


def scored(task, options):
    return scores.scored(task, list(entries.zoo_entries(task, options.board(task))))


def test_tasks_are_in_the_papers_order():
    assert [x.id.removeprefix("conductance-") for x in wire_tasks()] == [
        "model1-3x3", "model1-5x5", "model1-10x10", "model1-20x20", "model2", "model2-mean",
        "model3", "model4",
    ]  # fmt: skip


def test_page_has_every_model_that_is_here_and_names_the_others(written):
    text = written.read_text(encoding="utf-8")
    for name in MODELS:
        assert f"| `{name}` |" in text
    missing = [n for task in wire_tasks() for n in scores.models_of(task) if n not in MODELS]
    assert ABSENT in missing
    assert f"{len(missing)} of the zoo's {len(missing) + len(MODELS)} models" in text
    for name in missing:
        assert f"`{name}`" in text
    assert "nan" not in text
    assert "None" not in text
    assert f"--samples {COUNT}" in text
    assert "Not run here: `mesoinv report conductance --work scaling`" in text
    assert "Not measured here: `mesoinv report conductance --work times`" in text


def test_papers_numbers_are_those_of_the_declarations(written):
    text = written.read_text(encoding="utf-8")
    for task in wire_tasks():
        for paper in task.published:
            quoted = paper.scores[f"{task.targets[0].column} mae"]
            assert f"| **{paper.name}**, {quoted.where} | {quoted.text} |" in text


def test_rows_are_the_scores_of_the_evaluation(options):
    found = scored(get_task("conductance-model2"), options)
    assert [e.row.id for e in found.entries] == [
        "conductance-model2-cnn.paper", "conductance-model2-count.full"
    ]  # fmt: skip
    true, predicted = found.arrays(found.entries[-1])
    value = float(abs(predicted - true).mean())
    assert found.mae(found.entries[-1]).value == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(true, made_up("model2")["conductance"], rtol=1e-6)
    row = next(x for x in tables.scores_table(found).splitlines() if "count.full" in x)
    assert f"| {value:.3f} [" in row
    assert row.endswith("| 77 |")
    reference = found.task.targets[0].reference
    assert found.mean_answer.value == pytest.approx(abs(true - reference).mean())


def test_a_model_whose_weights_are_elsewhere_keeps_its_scores(options, tmp_path, monkeypatch):
    """Only the record and the evaluation of the better network stay in the checkout."""
    name, task = "conductance-model2-cnn.paper", get_task("conductance-model2")
    model, folder = tiny(name), tmp_path / "weights" / name
    model.save_pretrained(folder)
    monkeypatch.setattr(models, "LOCAL_WEIGHTS", folder.parent)
    found = options.board(task).evaluate(model, task)
    (folder / WEIGHTS).unlink()
    said = []
    elsewhere = dataclasses.replace(options, results=tmp_path / "kept", log=said.append)
    assert scored(task, elsewhere).entries == ()
    assert said == [f"{task.id}: {name} is left out: its weights are not here"]
    found.save(folder / entries.EVALUATIONS / task.id)
    result = scored(task, elsewhere)
    assert [entry.row.id for entry in result.entries] == [name]
    assert name not in result.missing
    assert result.paper_network() is result.entries[0]
    entry = next(e for e in listing.describe_models() if e.name == name)
    assert (entry.where, entry.num_bytes) == ("Hub", None)
    assert entry.parameters == model.config.parameters


def test_figures_are_drawn_and_shown(written):
    text = written.read_text(encoding="utf-8")
    there = {p.name for p in written.parent.glob("*.png")}
    assert there == {"scatter-model1.png", "scatter-model2.png", "ensemble.png"}
    for name in there:
        assert f"]({name})" in text
        assert (written.parent / name).stat().st_size < 200_000


def test_curve_has_means_deviations_and_their_errors():
    rng = np.random.default_rng(1)
    n = np.repeat([0.0, 0.5], 20_000)
    values = rng.normal(n, 0.3 + n)
    curve = ensemble.curve_of("x", n, values)
    np.testing.assert_allclose(
        curve.mean, [values[:20_000].mean(), values[20_000:].mean()], atol=1e-6
    )
    np.testing.assert_allclose(curve.sd, [0.3, 0.8], rtol=0.02)
    sd = curve.array("sd")
    np.testing.assert_allclose(curve.mean_error, sd / np.sqrt(20_000), atol=1e-6)
    np.testing.assert_allclose(curve.sd_error, sd / np.sqrt(40_000), rtol=0.05)  # Gaussian


def test_ensembles_have_all_concentrations_and_no_linear_model(options):
    found = ensemble.collect(scored(get_task(ensemble.TASK), options), options)
    np.testing.assert_allclose(found.truth.n, np.arange(21) / 20)
    assert found.each == 2
    names = {"conductance-model2-mean-cnn.paper", "conductance-model2-mean-count.full"}
    assert {curve.name for curve in found.networks} == names
    assert found.distance(found.truth) == (0.0, 0.0)
    assert len(tables.ensemble_table(found).splitlines()) == 2 + len(tables.SHOWN)


def test_what_a_network_foresees_beyond_counting(options):
    x = scored(get_task("conductance-model2"), options)
    counted, network = x.of("impurity_count"), x.paper_network()
    true, count = x.arrays(counted)
    expected = np.corrcoef(x.arrays(network)[1] - count, true - count)[0, 1] ** 2
    assert scores.explained(x, counted, network) == pytest.approx(expected)
    assert scores.explained(x, counted, counted) == 0.0
    row = tables.beyond_table([x]).splitlines()[2]
    assert f"| {100 * expected:.0f} % |" in row


def test_errors_stand_beside_the_papers(report):
    lines = tables.comparison_table(report.scored).splitlines()
    assert len(lines) == 2 + 8
    model2 = next(line for line in lines if line.startswith("| model II, 40 × 40: G"))
    assert "| 0.18 |" in model2
