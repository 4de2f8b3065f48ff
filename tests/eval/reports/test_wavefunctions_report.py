"""The tasks of wave functions, and their report on made-up densities with tiny models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from eval_helpers import zoo_of
from kept_samples import keep_samples
from typer.testing import CliRunner

from mesoinv.cli import app
from mesoinv.eval.board import build as board
from mesoinv.eval.board import rows as entries
from mesoinv.eval.board.records import Cell
from mesoinv.eval.reports import report_of, tables
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.eval.reports.wavefunctions.curves import (
    mean_curve,
    of_system,
    own_tables,
    variant_tables,
)
from mesoinv.eval.reports.wavefunctions.paper import BOXES, CHERN, NUMBERS, SITES, SU2
from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.eval.tasks import get_task
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.wavefunctions import DATASET, TRANSFER
from mesoinv.zoo.declared.config import ANY, ModelConfig, Quantity, TrainingRecord
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.declared.transforms import Probability
from mesoinv.zoo.model.model import Model

COUNT = 200
#: All strengths of four systems in turn, twice.
ALL = 4 * COUNT
MODELS = (
    "wavefunctions-su2-constant.20k",
    "wavefunctions-su2-participation.20k",
    "wavefunctions-su2-lenet.paper",
    "wavefunctions-chern-participation.54k",
    "wavefunctions-chern-twolayer.paper",
)
TINY = {"lenet": {"channels": [2], "dense": [], "first_scale": 100}}


def made_up(config):
    """Disorder as drawn, and densities that fall off from the middle, faster where W is large."""
    parameters = DATASET.parameters(config)
    count = max(ALL, parameters.levels)
    drawn = {"index": np.arange(count)}
    if config == "su2_80":
        drawn |= {"disorder": 6.2 * (np.arange(count) % 100 + 1) / 50}
        drawn["label"] = (drawn["disorder"] < 6.2).astype(int)
    else:
        drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), np.arange(count))
    rng = np.random.default_rng(0)
    distance = abs(np.arange(parameters.side) - parameters.side // 2)
    critical = drawn.get("critical_disorder", parameters.critical_disorder)
    reach = drawn["disorder"] / critical * rng.uniform(0.9, 1.1, count)
    decay = np.exp(-6 * reach[:, None] * distance / parameters.side)
    density = decay[:, :, None] * decay[:, None]
    energy = np.linspace(-0.7, 0.7, count)
    density /= density.sum(axis=(1, 2), keepdims=True)
    kept = {k: drawn[k] for k in ("disorder", "label", "critical_disorder", "system") if k in drawn}
    return kept | {"density": density, "energy": energy}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Where generated samples are looked for."""
    folder = tmp_path_factory.mktemp("cache")
    for config in DATASET.configs:
        keep_samples(folder, "wavefunctions", config, "test", made_up(config))
    return folder


def tiny(name):
    """A model of the zoo's name and kind with random weights, or fitted to the samples."""
    recipe = read_recipe(name)
    sides = [ANY, ANY] if recipe.inputs[0].any_size else [40, 40]
    training = TrainingRecord(
        "supervised", 77, recipe.paper_samples, 1, 0, "32-true", 2.0, 0.0, "CPU", "nowhere",
        {"torch": "0"},
    )  # fmt: skip
    transforms = [] if recipe.architecture == "constant" else [Probability()]
    config = ModelConfig(
        name, recipe.architecture, TINY.get(recipe.architecture, {}), "0.1.0", "wavefunctions",
        DATASET.version, recipe.config, recipe.task, [Quantity("density", "1", sides, 6e-4, 7e-4)],
        [Quantity("label", "1", [], 0.0, 1.0, transforms)], training=training,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Model(config).eval()
    if hasattr(model.network, "fit"):
        samples = made_up(recipe.config)
        model.network.fit(*(torch.from_numpy(samples[k]).float() for k in ("density", "label")))
    return model


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The zoo's folder of weights, with a few models."""
    with zoo_of(tmp_path_factory.mktemp("weights"), MODELS, tiny) as folder:
        yield folder


@pytest.fixture(scope="module")
def options(cache, weights, tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    return ReportOptions(kept / "docs", samples=COUNT, cache=cache, results=kept)


@pytest.fixture(scope="module")
def written(options):
    """The folder of the report."""
    report = report_of("wavefunctions")(options)
    report.write_figures()
    return report.write_page().parent


def test_systems_and_variants_have_their_own_critical_disorder(weights, cache):
    found = evaluate(
        weights / "wavefunctions-su2-participation.20k", SU2, samples=ALL, cache=cache
    ).evaluation
    errors = [found.scores[f"crossing error, {name}"].value for name in TRANSFER]
    assert np.abs(errors).max() < 10
    assert found.scores["mean crossing error"].value == pytest.approx(np.abs(errors).mean())
    expected = 1 - np.abs(errors).mean() / 100
    assert found.scores["mean crossing accuracy"].value == pytest.approx(expected)
    for variant in found.variants.values():
        error = variant.scores["crossing error"].value
        assert abs(error) < 10
        assert variant.scores["crossing accuracy"].value == pytest.approx(1 - abs(error) / 100)


def test_networks_of_one_size_have_no_scores_on_another(weights, cache):
    name = weights / "wavefunctions-su2-lenet.paper"
    found = evaluate(name, SU2, samples=COUNT, cache=cache).evaluation
    assert set(found.variants) == {"E = 0"}


def test_a_variant_may_have_more_samples_than_its_task(options):
    task = get_task(CHERN)
    variant = task.variants["gap at W = 6"]
    assert variant.samples == 20 * DATASET.parameters(variant.config).levels
    for samples, expected in ((None, variant.samples), (7, 7)):
        selection = replace(options, samples=samples).board(task).selection(task)
        assert selection.of_variant("gap at W = 6").count == expected


def test_variants_with_scores_of_their_own_are_printed(weights, cache):
    name = str(weights / "wavefunctions-chern-participation.54k")
    arguments = ["evaluate", name, "--samples", str(COUNT), "--cache", str(cache)]
    found = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"}, catch_exceptions=False)
    assert found.exit_code == 0
    lines = [line for line in found.stdout.splitlines() if line.strip("│ ").startswith("gap at W")]
    assert len(lines) == 2
    assert all("accuracy in the gap" in line for line in lines)


def test_the_board_shows_variants_that_have_the_headline(options):
    built = board.build_board(None, [SU2, CHERN], options.board(get_task(SU2)))
    shown = {task.id: set(task.variants) for task in built.tasks}
    assert shown == {SU2: set(), CHERN: set()}


def test_curves_are_means_at_each_strength(options):
    task = get_task(SU2)
    found = list(entries.zoo_entries(task, options.board(get_task(SU2))))
    by_model = variant_tables(task, "E = 0", found, options)
    assert set(by_model) == {"participation.20k", "lenet.paper"}
    table = by_model["participation.20k"]
    assert len(table["probability"]) == COUNT
    curve = mean_curve(table)
    assert len(curve.disorder) == 100
    at = table["disorder"] == curve.disorder[40]
    assert curve.mean[40] == pytest.approx(table["probability"][at].mean())
    assert curve.error[40] == pytest.approx(table["probability"][at].std(ddof=1) / 2**0.5)
    own = own_tables(task, found)["lenet.paper"]
    assert [len(of_system(own, number)["disorder"]) for number in range(4)] == [COUNT // 4] * 4
    chern = get_task(CHERN)
    found = list(entries.zoo_entries(chern, options.board(chern)))
    gap = variant_tables(chern, "gap at W = 6", found, options, systems=1)
    assert len(gap["twolayer.paper"]["energy"]) == 640


def test_page_has_every_model_and_every_number_of_the_paper(written):
    text = (written / "report.md").read_text(encoding="utf-8")
    for name in MODELS:
        assert f"| `{name}` |" in text
    for number in NUMBERS:
        assert f"| {number.quantity} | {number.text} | {number.where} |" in text
    for task in (SU2, CHERN):
        for paper in get_task(task).published:
            assert f"| **{paper.name}** |" in text
    assert "|E|" not in text  # would be columns of a table
    two = next(x for x in text.splitlines() if x.startswith("| Chern: accuracy, two layers"))
    assert two.count("[") == 1
    assert two.endswith("| – |")
    assert "nan" not in text


def test_a_number_without_an_interval_or_a_value():
    assert tables.cell(None) == tables.cell(Cell(float("nan"), 0.0, 1.0)) == "–"
    assert tables.cell(Cell(0.75)) == tables.cell(Cell(0.75, float("nan"), 1.0)) == "0.75"
    assert tables.cell(Cell(0.5, 0.4, 0.6)) == "0.50 [0.40, 0.60]"


def test_figures_are_drawn_and_shown(written):
    text = (written / "report.md").read_text(encoding="utf-8")
    there = {p.name for p in written.glob("*.png")}
    assert there == {"densities-su2.png", "curves-su2.png", "densities-chern.png", "chern.png"}
    for name in there:
        assert f"]({name})" in text
        assert (written / name).stat().st_size < 400_000


def test_numbers_are_of_metrics_and_models_that_exist():
    for number in NUMBERS:
        task = get_task(number.task)
        assert number.metric in task.statistics(number.variant)
        assert read_recipe(f"{number.task}-{number.network}").task == task.id
    for name in (f"{SU2}-{SITES[0]}", f"{CHERN}-{SITES[1]}", f"{SU2}-{BOXES[0]}"):
        assert read_recipe(name).name == name
