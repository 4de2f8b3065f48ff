"""The report on percolation: its tables and pictures, from a few true samples and small models."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from eval_helpers import row, zoo_of

from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.eval.reports.percolation import figures
from mesoinv.generators.percolation import DATASET
from mesoinv.generators.pipeline.generate import generate
from mesoinv.zoo.declared.config import ANY, ModelConfig, Quantity, TrainingRecord
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.model.model import Model

COUNT = 31
FLOOD = "percolation-spanning-floodfill.l10"
MODELS = (
    "percolation-spanning-count.31k",
    "percolation-spanning-constant.31k",
    "percolation-class-count.31k",
    "percolation-density-count.31k",
    FLOOD,
)


def model_of(name):
    """A model of the zoo's name: fitted to a few samples, or with weights by hand."""
    recipe = read_recipe(name)
    columns = {c.name: c for c in DATASET.columns("L100")}
    made = [Quantity(q.name, columns[q.name].unit, [], 0, 31, q.transforms) for q in recipe.outputs]
    side = ANY if name == FLOOD else 100
    config = ModelConfig(
        name, recipe.architecture, {"channels": 1, "limit": 2.5} if name == FLOOD else {}, "0.1.0",
        "percolation", DATASET.version, recipe.config, recipe.task,
        [Quantity("occupied", "1", [side, side], 0, 1)], made,
        training=TrainingRecord(
            recipe.objective.kind, 62, None, 0, 0, "32-true", 1.0, 0.0, "CPU", "", {"torch": "0"}
        ),
    )  # fmt: skip
    model = Model(config).eval()
    if hasattr(model.network, "fit"):
        found = generate("percolation", "L100", "train", range(COUNT))
        answers = torch.from_numpy(found[recipe.outputs[0].name].astype(np.float32))[:, None]
        model.network.fit(torch.from_numpy(found["occupied"]).float(), answers)
    else:
        flood(model.network)
    return model


@torch.no_grad()
def flood(network):
    for parameter in network.parameters():
        parameter.zero_()
    network.spread.weight[0, 0] = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])
    network.recall.weight[0, 1, 1, 1] = 1.0
    network.head.weight[:], network.head.bias[:] = 10.0, -5.0


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    kept, logged = tmp_path_factory.mktemp("kept"), []
    options = ReportOptions(
        kept / "docs", samples=COUNT, cache=kept / "cache", results=kept / "results",
        log=logged.append,
    )  # fmt: skip
    with zoo_of(tmp_path_factory.mktemp("weights"), MODELS, model_of):
        report = report_of("percolation")(options)
        report.write_figures()
        return report.write_page()


def test_every_model_has_its_scores(written):
    text = written.read_text(encoding="utf-8")
    for name in MODELS:
        assert row(text, name)
    assert "| `percolation-spanning-count.31k` | 0.50 [0.50, 0.50] |" in text
    assert "1.00 [1.00, 1.00]" in row(text, "percolation-class-count.31k")
    assert f"| `{FLOOD}` | 1.00" in text
    assert f"--samples {COUNT}" in text
    assert "nan" not in text
    assert "None" not in text


def test_lattices_of_another_size_are_for_networks_of_any_size(written):
    variants = written.read_text(encoding="utf-8").split("Other samples")[1]
    assert row(variants, FLOOD).count("1.00") >= 1
    assert row(variants, "percolation-spanning-count.31k").endswith("| – |")


def test_papers_numbers_are_beside(written):
    text = written.read_text(encoding="utf-8")
    for number in ("0.92702 ± 0.00001", "0.99323 ± 0.00003", "(6.2 ± 1.2)·10⁻⁵"):
        assert number in text


def test_pictures_are_there_and_shown(written):
    text = written.read_text(encoding="utf-8")
    for name in ("clusters.png", "spanning.png", "confusion.png"):
        assert (written.parent / name).stat().st_size > 2000
        assert f"]({name})" in text


def test_confusion_counts_predictions_by_truth():
    counts = figures._confusion(np.array([0, 0, 1, 1, 1.0]), np.array([0, 1, 1, 1, 0]), 2)
    assert counts.tolist() == [[1, 1], [1, 2]]
    assert counts.sum() == 5
