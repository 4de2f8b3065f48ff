"""Models of percolation: what floods a cluster, what counts, and scores that tell them apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from zoo_helpers import write_recipe

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.percolation import FINITE_THRESHOLD, clusters
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo import metrics
from mesoinv.zoo.architectures.flood_fill import FloodFill
from mesoinv.zoo.declared.config import ANY, Quantity
from mesoinv.zoo.declared.recipe import RECIPES, read_recipe
from mesoinv.zoo.declared.transforms import Classes, Probability
from mesoinv.zoo.metrics.families.percolation.spanning import (
    fixed_density_accuracy,
    partial_correlation,
)
from mesoinv.zoo.model.loading import load_model
from mesoinv.zoo.model.transforms import forward, inverse
from mesoinv.zoo.training.environment import TrainingEnvironment
from mesoinv.zoo.training.symmetry import Augmentation
from mesoinv.zoo.training.train import train

FLOOD = "percolation-spanning-floodfill.l10"
TARGET = (metrics.Target("spanning", "1"),)
SPANNING, CLASSES = metrics.FAMILIES["spanning"], metrics.FAMILIES["classes"]


def flooding(channels: int = 1) -> FloodFill:
    """The network with weights by hand: on where occupied, and the edge or a neighbour is on."""
    network = FloodFill(channels, 2.5, 12.0, 0.0, ())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.spread.weight[:, 0] = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])
        network.recall.weight[:, 1, 1, 1] = 1.0
        network.head.weight[:] = 10.0
        network.head.bias[:] = -5.0
    return network.eval()


@pytest.mark.parametrize("shape", [(10, 10), (30, 30), (7, 19), (1, 5), (64, 64)])
def test_the_network_can_flood_lattices_of_any_size(shape):
    occupied = (np.random.default_rng(0).random((60, *shape)) < 0.6).astype(np.uint8)
    found = clusters(occupied)
    with torch.inference_mode():
        logits = flooding(2)(torch.from_numpy(occupied).float())
    np.testing.assert_array_equal(logits.numpy() > 0, found.vertical | found.horizontal)


def test_a_longest_way_is_walked_to_its_end():
    """A snake that fills every second row is ten times longer than the lattice."""
    snake = np.zeros((1, 21, 20), dtype=np.float32)
    snake[:, ::2] = 1
    snake[:, 1::4, -1] = snake[:, 3::4, 0] = 1
    network = flooding()
    with torch.inference_mode():
        assert network(torch.from_numpy(snake)) > 0
        network.limit = 2.0
        assert network._far(torch.from_numpy(snake)).item() == 0


def test_samples_at_rest_do_not_change_the_others():
    x = torch.from_numpy(generate("percolation", "L20", "test", range(31))["occupied"]).float()
    network = flooding()
    with torch.inference_mode():
        together = network(x)
        alone = torch.cat([network(sample[None]) for sample in x])
    torch.testing.assert_close(together, alone, rtol=0, atol=0)


def test_a_short_training_gives_a_model_of_any_lattice(tmp_path):
    path = tmp_path / "percolation-spanning-floodfill.test.yaml"
    text = (RECIPES / "percolation" / "percolation-spanning-floodfill.l10.yaml").read_text(
        encoding="utf-8"
    )
    for there, fewer in (("310000", "2560"), ("n: 6200", "n: 310")):
        assert there in text
        text = text.replace(there, fewer)
    path.write_text(text, encoding="utf-8")
    model = train(
        read_recipe(path),
        tmp_path / "out",
        TrainingEnvironment(SampleSource(cache=tmp_path), runs=tmp_path),
    )
    assert model.config.inputs[0].shape == [ANY, ANY]
    assert model.predict(np.ones((2, 33, 12))).shape == (2,)
    with pytest.raises(UsageError, match=r"\(batch, any, any\)"):
        model.predict(np.ones((33, 12)))


@pytest.mark.parametrize(("config", "count"), [("L20", 2000), ("L50", 200), ("balanced", 40)])
def test_what_was_learnt_on_small_lattices_holds_on_larger_ones(config, count):
    found = generate("percolation", config, "validation", range(count))
    decided = load_model(FLOOD).predict(found["occupied"], check_range=False) >= 0.5
    assert (decided == found["spanning"]).mean() > 0.999


def test_shapes_that_a_quantity_accepts():
    fixed, free = (Quantity("occupied", "1", s, 0, 1) for s in ([4, 5], [ANY, ANY]))
    assert fixed.accepts((4, 5))
    assert not fixed.accepts((5, 4))
    assert not fixed.accepts((4,))
    assert free.accepts((1, 9))
    assert not free.accepts((9,))


def test_classes_and_probabilities_go_back_and_forth():
    classes, number = Classes(31), torch.tensor([[0.0], [30.0], [12.0]])
    assert forward(classes, number).shape == (3, 1, 31)
    torch.testing.assert_close(inverse(classes, forward(classes, number)), number)
    logits = torch.tensor([0.0, 50.0])
    torch.testing.assert_close(inverse(Probability(), logits), torch.tensor([0.5, 1]))


def test_turned_lattices_are_lattices_of_the_same_kind():
    x = torch.from_numpy(generate("percolation", "L10", "test", range(62))["occupied"]).float()
    before, seen = clusters(x.numpy()), set()
    torch.manual_seed(0)
    turned = Augmentation("percolation", "L10", ["square"], ["occupied", "spanning"])
    for _ in range(60):
        after = turned({"occupied": x, "spanning": x[:, 0, 0]})["occupied"]
        seen.add(tuple(after[12].flatten().tolist()))
        scores = clusters(after.numpy())
        np.testing.assert_array_equal(
            scores.vertical | scores.horizontal, before.vertical | before.horizontal
        )
        np.testing.assert_array_equal(scores.number, before.number)
    assert len(seen) == 8
    with pytest.raises(UsageError, match="spanning_vertical is not declared"):
        Augmentation("percolation", "L10", ["square"], ["spanning_vertical"])


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "cross-entropy", "output_transforms": [{"kind": "classes", "count": 31}],
         "outputs": ["density_class"], "optimiser": "adadelta", "schedule": "step"},
        {"loss": "binary-cross-entropy", "output_transforms": [{"kind": "probability"}],
         "outputs": ["spanning"]},
    ],
)  # fmt: skip
def test_losses_of_decisions_fall(tmp_path, changes):
    recipe = read_recipe(
        write_recipe(
            tmp_path, dataset="percolation", config="L10", task="percolation-any",
            inputs=["occupied"], input_transforms=[], architecture="dense",
            hyperparameters={"hidden": [40]}, samples=1240, validation=310, epochs=8,
            batch_size=31, learning_rate=1e-3 if "optimiser" not in changes else 1.0,
            augmentation=[], **changes,
        )
    )  # fmt: skip
    model = train(
        recipe, tmp_path / "out", TrainingEnvironment(SampleSource(cache=tmp_path), runs=tmp_path)
    )
    log = np.genfromtxt(tmp_path / "out" / "log.csv", delimiter=",", names=True)
    losses = log["train_loss"][~np.isnan(log["train_loss"])]
    assert losses[-1] < 0.9 * losses[0]
    found = model.predict(generate("percolation", "L10", "test", range(31))["occupied"])
    if changes["outputs"] == ["spanning"]:
        assert ((found >= 0) & (found <= 1)).all()
    else:
        assert set(found) <= set(range(31))


def made_up(samples: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Densities, and a truth that follows them but for every tenth sample."""
    rng = np.random.default_rng(5)
    density = rng.choice([0.55, 0.58, 0.59, 0.65], samples)
    true = ((density > FINITE_THRESHOLD) ^ (rng.random(samples) < 0.1)).astype(float)
    return true, rng.random(samples), density


def scores(true, probability, density):
    table = SPANNING.errors(
        {"spanning": probability}, {"spanning": true, "density": density}, TARGET
    )
    return {n: s.value for n, s in metrics.scores(table, SPANNING.statistics(TARGET)).items()}


def test_what_reads_the_density_is_at_chance_at_a_fixed_density():
    true, _, density = made_up()
    found = scores(true, (density > FINITE_THRESHOLD).astype(float), density)
    assert found["accuracy"] == pytest.approx(0.9, abs=0.02)
    assert found["fixed-density accuracy"] == pytest.approx(0.5, abs=1e-12)
    assert found["accuracy spanning below p_c"] == 0
    assert found["accuracy not spanning above p_c"] == 0
    assert found["partial correlation with density"] > 0.5


def test_what_sees_the_truth_is_perfect_and_does_not_depend_on_the_density():
    true, _, density = made_up()
    found = scores(true, true, density)
    assert [found[n] for n in list(found)[:4]] == [1, 1, 1, 1]
    assert found["partial correlation with density"] == 0


def test_fixed_density_accuracy_by_hand():
    true = np.array([1, 0, 0, 0, 1, 1, 0, 0, 0])
    good = np.array([1, 1, 1, 0, 1, 0, 1, 1, 1])
    density = np.array([1, 1, 1, 1, 2, 2, 2, 2, 3]) / 10
    probability = np.where(good == 1, true, 1 - true).astype(float)
    # weights 1·3/4 and 2·2/4; at 0.3 there is one kind alone
    expected = (0.75 * (1 + 2 / 3) / 2 + 1.0 * (0.5 + 1) / 2) / 1.75
    found = fixed_density_accuracy(true.astype(float), probability, density)
    assert float(found) == pytest.approx(expected)
    many = np.stack([np.arange(9), np.arange(9)[::-1]])
    both = fixed_density_accuracy(true[many].astype(float), probability[many], density[many])
    np.testing.assert_allclose(both, expected)


def test_groups_without_samples_are_left_out():
    true, density = np.array([0.0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.9])
    found = scores(true, true, density)
    assert "accuracy not spanning above p_c" not in found
    assert found["accuracy spanning below p_c"] == 1
    assert found["fixed-density accuracy"] == 0.5


def test_partial_correlation_against_regression():
    true, probability, density = made_up()
    residual = [
        v - np.polyval(np.polyfit(true, v, 1), true) for v in (probability + density, density)
    ]
    expected = stats.pearsonr(*residual).statistic
    found = partial_correlation(true, probability + density, density)
    assert float(found) == pytest.approx(expected)


def test_classes_by_hand():
    target = (metrics.Target("density_class", "1"),)
    table = CLASSES.errors(
        {"density_class": np.array([3.2, 7.0, 9.0, 30.0])},
        {"density_class": np.array([3, 8, 9, 20])}, target,
    )  # fmt: skip
    found = {n: s.value for n, s in metrics.scores(table, CLASSES.statistics(target)).items()}
    assert found == {"accuracy": 0.5, "accuracy within one": 0.75, "mean distance": 2.75}
    with pytest.raises(UsageError, match="One target"):
        CLASSES.truth([*target, *target])
