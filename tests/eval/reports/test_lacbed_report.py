"""The report on electron diffraction, from made-up maps and small models."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from eval_helpers import zoo_of
from kept_samples import keep_samples

from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.lacbed import chance, figures, times
from mesoinv.eval.reports.lacbed.twins import twins
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.generators.lacbed import DATASET
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.lacbed.cubic_groups import NUMBERS
from mesoinv.zoo.declared.config import ModelConfig, Quantity, TrainingRecord
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.model.model import Model

COUNT, SIDE = 36, 128
CGAN = "lacbed-pattern-cgan.4k"
MODELS = (
    "lacbed-pattern-constant.4k",
    CGAN,
    "lacbed-potential-constant.4k",
    "lacbed-potential-unet.4k",
)
SMALL = {"channels": [8], "blocks": 1, "patch": 8}


def made_up(config, split):
    """Crystals as drawn, and maps that are waves: the pattern knows the potential."""
    drawn = DATASET.draw(config, stream_of(DATASET, config, split), np.arange(COUNT))
    drawn.pop("index")
    angle = 2 * np.pi * np.arange(SIDE) / SIDE
    number = np.random.default_rng(len(split)).integers(1, 6, (2, COUNT))
    waves = np.cos(number[0][:, None, None] * angle[:, None] + number[1][:, None, None] * angle)
    maps = {"potential": 10 + 5 * waves, "pattern": 0.5 + 0.4 * waves.transpose(0, 2, 1)}
    if config == "normalised":
        maps = {
            f"{name}_image": (values / values.max() * 255).astype(np.uint8)
            for name, values in maps.items()
        }
    return drawn | maps


def model_of(name):
    """A model of the zoo's name: fitted to a few samples, or with random weights."""
    recipe = read_recipe(name)
    given, wanted = (
        [Quantity(name, {"potential": "V", "pattern": "1"}[name], [SIDE, SIDE], 0.0, 20.0)]
        for name in (recipe.inputs[0].name, recipe.outputs[0].name)
    )
    constant = recipe.architecture == "constant"
    training = TrainingRecord(
        recipe.objective.kind, 62, None, 0, 0, "32-true", 1.0, 0.0, "CPU", "", {"torch": "0"}
    )
    config = ModelConfig(
        name, recipe.architecture, {} if constant else SMALL, "0.1.0", "lacbed", DATASET.version,
        recipe.config, recipe.task, given, wanted, training=training,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Model(config).eval()
    if constant:
        samples = made_up("cubic", "train")
        maps = (torch.from_numpy(samples[q[0].name]).float() for q in (given, wanted))
        model.network.fit(*maps)
    return model


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    for config in DATASET.configs:
        if config != "thickness":
            keep_samples(folder, "lacbed", config, "test", made_up(config, "test"))
    keep_samples(folder, "lacbed", "cubic", "train", made_up("cubic", "train"))
    return folder


@pytest.fixture(scope="module")
def written(cache, tmp_path_factory):
    """The page, and what was logged."""
    kept, logged = tmp_path_factory.mktemp("kept"), []
    with (
        pytest.MonkeyPatch.context() as patch,
        zoo_of(tmp_path_factory.mktemp("weights"), MODELS, model_of) as weights,
    ):
        patch.setattr(chance, "TRAINING", COUNT)
        patch.setattr(times, "CRYSTALS", 1)
        with (weights / CGAN / "log.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["epoch", "discriminator_loss", "adversarial_loss", "train_loss"])
            writer.writerows([[0, 0.7, 0.7, 0.3], [0, "", "", ""], [1, 0.6, 0.9, 0.2]])
        options = ReportOptions(
            kept / "docs", samples=COUNT, cache=cache, results=kept / "results",
            work={"chance": "", "times": ""}, log=logged.append,
        )  # fmt: skip
        report = report_of("lacbed")(options)
        report.write_figures()
        return report.write_page().read_text(encoding="utf-8")


def row(text, beginning):
    return next(line for line in text.splitlines() if line.startswith(beginning))


def test_every_model_and_the_paper_have_their_scores(written):
    for name in MODELS:
        assert row(written, f"| `{name}` |").count("[") >= 3
    assert "| **Bayo et al. 2025, conditional GAN** | 0.934(11) | 0.990(2) | – |" in written
    assert written.count("No network of the zoo is trained for this task yet.") == 1  # normalised


def test_guesses_are_those_of_the_samples(written):
    """Computed once more, pair by pair."""
    test, training = made_up("cubic", "test"), made_up("cubic", "train")

    def index(first, second):
        return (1 + np.corrcoef(first.ravel(), second.ravel())[0, 1]) / 2

    pairs = [index(test["pattern"][i], test["pattern"][i - 1]) for i in range(COUNT)]
    line = row(written, "| pattern of another crystal of the test |")
    assert f"| {np.mean(pairs):.4f} [" in line
    nearest = []
    for i in range(COUNT):
        likeness = [index(test["potential"][i], other) for other in training["potential"]]
        nearest.append(index(test["pattern"][i], training["pattern"][int(np.argmax(likeness))]))
    line = row(written, "| nearest potential of the training set |")
    assert f"| {np.mean(nearest):.4f} [" in line
    assert f"| {np.median(nearest):.4f} |" in line


def test_times_are_there(written):
    assert f"| `{CGAN}`, one sample |" in written
    assert "| FELIX on 48 cores, as the paper says | 400 |" in written
    assert row(written, "| exact solver to 1e-3: 1 crystals")


@pytest.mark.parametrize("name", ["groups", "patterns", "potentials", "losses"])
def test_figures_are_drawn_and_shown(written, name):
    assert f"]({name}.png)" in written


def test_groups_are_counted():
    numbers = np.array([225, 225, 195, 230])
    figure = figures.draw_groups(
        [figures.Groups("some", numbers, np.array([0.9, 0.7, 1.0, 0.5]))], "a model"
    )
    upper, lower = figure.axes
    heights = [bar.get_height() for bar in upper.patches]
    assert [heights[NUMBERS.index(n)] for n in (195, 225, 230, 196)] == [1, 2, 1, 0]
    means = {line[0].get_xdata()[0]: line[0].get_ydata()[0] for line in lower.containers}
    assert means[NUMBERS.index(225)] == pytest.approx(0.8)


def test_twins_have_one_pattern():
    found = twins()
    assert found.shifted_pattern < 1e-9
    assert found.shifted_potential > 0.1
    assert found.stretched_picture < 1e-3
    assert found.stretched_pattern > 0.05
