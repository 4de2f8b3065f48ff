"""The report on Anderson's model: tables and pictures, from made-up states and small models."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from eval_helpers import row, zoo_of
from kept_samples import keep_samples

from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.anderson3d.learning import KINDS, States, learning
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.generators.anderson3d import DATASET, DISORDERS
from mesoinv.zoo.declared.config import ModelConfig, Quantity, TrainingRecord
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.model.model import Model

COUNT = 34 * 6
MODELS = (
    "anderson3d-density-moments.17k",
    "anderson3d-density-constant.17k",
    "anderson3d-density-participation.17k",
)


def made_up(side, count, seed=0):
    """States whose logarithms spread the more the stronger the disorder is."""
    rng = np.random.default_rng(seed)
    disorder_class = np.arange(count) % 17
    disorder = np.array(DISORDERS)[disorder_class]
    spread = (1 + 0.3 * (disorder - 15))[:, None, None, None]
    log_density = rng.normal(size=(count, side, side, side)) * spread
    log_density -= np.log(np.exp(log_density).mean(axis=(1, 2, 3), keepdims=True))
    return {
        "image": rng.integers(0, 256, (count, 100, 100)),
        "log_density": log_density,
        "disorder": disorder,
        "disorder_class": disorder_class,
        "extended": disorder < 16.57,
        "energy": np.zeros(count),
        "participation_ratio": rng.uniform(10, 100, count),
    }


def model_of(name):
    recipe = read_recipe(name)
    inputs = [Quantity("log_density", "1", [20, 20, 20], None, None, [])]
    outputs = [Quantity(q.name, "1", [], None, None, q.transforms) for q in recipe.outputs]
    config = ModelConfig(
        name, recipe.architecture, recipe.hyperparameters, "0.1.0", "anderson3d",
        DATASET.version, recipe.config, recipe.task, inputs, outputs,
        training=TrainingRecord(
            recipe.objective.kind, 17, None, 0, 0, "32-true", 1.0, 0.0, "CPU", "", {"torch": "0"}
        ),
    )  # fmt: skip
    model = Model(config).eval()
    samples = made_up(20, 170, 1)
    target = torch.from_numpy(samples[recipe.outputs[0].name]).double()
    if recipe.outputs[0].transforms and recipe.outputs[0].transforms[0].kind == "classes":
        target = torch.eye(17)[target.long()]
    model.network.fit(
        torch.from_numpy(samples["log_density"]).float(), target.reshape(170, -1).float()
    )
    return model


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    samples = made_up(20, COUNT)
    keep_samples(kept / "cache", "anderson3d", "M20", "test", samples)
    keep_samples(
        kept / "cache", "anderson3d", "M20", "test", {n: v[:17] for n, v in samples.items()}
    )
    (kept / "docs").mkdir()
    options = ReportOptions(
        kept / "docs", samples=COUNT, cache=kept / "cache", results=kept / "results",
        log=lambda _: None,
    )  # fmt: skip
    with zoo_of(tmp_path_factory.mktemp("weights"), MODELS, model_of):
        report = report_of("anderson3d")(options)
        report.write_figures()
        return report.write_page()


def test_every_model_has_its_scores(written):
    text = written.read_text(encoding="utf-8")
    for name in MODELS:
        assert row(text, name)
    assert "None" not in text


def test_a_discriminant_that_can_know_does(written):
    cells = row(written.read_text(encoding="utf-8"), MODELS[0]).split("|")
    assert float(cells[2].split()[0]) > 0.7


def test_pictures_are_there_and_shown(written):
    text = written.read_text(encoding="utf-8")
    for name in ("states", "confusion", "bounds"):
        assert (written.parent / f"{name}.png").stat().st_size > 2000
        assert f"]({name}.png)" in text


def test_curves_rise_with_what_is_told():
    def states(seed):
        samples = made_up(10, 17 * 48, seed)
        return States("M10", samples["log_density"].astype(np.float16), samples["disorder_class"])

    learnt = learning([(states(1), states(2))], lambda _: None)
    assert [curve.name for curve in learnt.curves] == list(KINDS)
    for curve in learnt.curves:
        assert curve.states == [12, 24, 48]
        assert all(0 <= a <= 1 for a in curve.accuracy)
    by_name = {curve.name: curve.accuracy[-1] for curve in learnt.curves}
    assert by_name["moments"] > 2 * by_name["participation ratio"]
    assert by_name["moments"] > 0.3
