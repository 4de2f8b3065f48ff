"""Models of wave functions: the paper's networks, the participation ratio, shifts of a lattice."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from kept_samples import keep_samples
from torch import nn

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.generators.wavefunctions import DATASET
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.architectures.participation import Participation
from mesoinv.zoo.declared.config import ANY
from mesoinv.zoo.declared.recipe import list_recipes, read_recipe
from mesoinv.zoo.declared.transforms import Relative
from mesoinv.zoo.model.transforms import forward
from mesoinv.zoo.training.environment import TrainingEnvironment
from mesoinv.zoo.training.objectives.supervised import SupervisedTraining
from mesoinv.zoo.training.train import train

SIDE = 40


def made_up(count, side=SIDE, seed=0):
    """Densities that fall off around a site, faster where W is large; labels at half way."""
    rng = np.random.default_rng(seed)
    disorder = 6.2 * (rng.random(count) + np.arange(count) % 2)
    distance = abs(np.arange(side) - side // 2)
    decay = np.exp(-disorder[:, None] * distance / side)
    density = decay[:, :, None] * decay[:, None] * rng.exponential(size=(count, side, side))
    return {
        "density": (density / density.sum(axis=(1, 2), keepdims=True)).astype(np.float32),
        "label": (disorder < 6.2).astype(np.int64),
    }


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Where generated samples are looked for."""
    folder = tmp_path_factory.mktemp("cache")
    for config in ("su2", "chern"):
        for seed, split in enumerate(("train", "validation")):
            keep_samples(folder, "wavefunctions", config, split, made_up(256, seed=seed))
    return folder


def cut_down(name, **changes):
    """A recipe of the zoo on few samples, with changes of its objective."""
    recipe = read_recipe(name)
    objective = replace(recipe.objective, **changes)
    return replace(recipe, samples=128, validation=64, objective=objective)


def layers_of(network, kind):
    return [x for x in network.modules() if isinstance(x, kind)]


def test_the_papers_networks_have_its_sizes():
    sizes = {
        "wavefunctions-su2-twolayer.paper": ([(10, 1, 5, 5)], [(1, 10 * 18**2)]),
        "wavefunctions-su2-lenet.paper": (
            [(20, 1, 5, 5), (50, 20, 5, 5)], [(500, 50 * 7**2), (1, 500)]),
        "wavefunctions-chern-lenet.paper": (
            [(32, 1, 5, 5), (128, 32, 5, 5)], [(512, 128 * 7**2), (1, 512)]),
    }  # fmt: skip
    for name, (convolutions, dense) in sizes.items():
        recipe = read_recipe(name)
        network = build_network("lenet", [(SIDE, SIDE)], [()], recipe.hyperparameters)
        found = [tuple(x.weight.shape) for x in layers_of(network, nn.Conv2d)]
        assert found == convolutions
        assert [tuple(x.weight.shape) for x in layers_of(network, nn.Linear)] == dense
        assert (recipe.objective.optimiser, recipe.objective.batch_size) == ("rmsprop", 64)


def test_the_first_layer_is_wide_and_the_others_are_after_glorot():
    torch.manual_seed(0)
    network = build_network("lenet", [(SIDE, SIDE)], [()], {})
    first, second = layers_of(network, nn.Conv2d)
    assert first.weight.std().item() == pytest.approx(100, rel=0.1)
    assert second.weight.std().item() == pytest.approx((2 / (25 * 70)) ** 0.5, rel=0.05)
    assert network(torch.rand(3, SIDE, SIDE) / 1600).shape == (3,)
    with pytest.raises(UsageError, match="too small"):
        build_network("lenet", [(12, 12)], [()], {})


@pytest.mark.parametrize(
    "name",
    [
        "wavefunctions-su2-twolayer.paper",
        "wavefunctions-su2-resnet10t.20k",
        "wavefunctions-su2-resnet10t.boxes-20k",
    ],
)
def test_a_recipe_trains(name, cache, tmp_path):
    recipe = cut_down(name, epochs=3)
    model = train(
        recipe, tmp_path / "out", TrainingEnvironment(SampleSource(cache=cache), runs=tmp_path)
    )
    found = model.predict(made_up(20, seed=5)["density"])
    assert found.shape == (20,)
    assert ((found >= 0) & (found <= 1)).all()
    if recipe.inputs[0].any_size:
        assert model.config.inputs[0].shape == [ANY, ANY]
        larger = made_up(4, side=80)["density"]
        assert model.predict(larger, check_range=False).shape == (4,)


def test_the_participation_ratio_is_a_threshold(cache, tmp_path):
    recipe = cut_down("wavefunctions-su2-participation.20k")
    model = train(
        recipe, tmp_path / "out", TrainingEnvironment(SampleSource(cache=cache), runs=tmp_path)
    )
    network = model.network
    assert isinstance(network, Participation)
    samples = made_up(256)
    share = 1 / (samples["density"].astype(float) ** 2).sum(axis=(1, 2)) / SIDE**2
    decided = model.predict(samples["density"]) >= 0.5
    np.testing.assert_array_equal(decided, share >= network.threshold)
    assert (decided == samples["label"]).mean() > 0.85
    even = np.full((1, 80, 80), 1 / 6400)
    assert model.predict(even, check_range=False) > 0.5


def test_logistic_regression_stands_still_at_its_minimum():
    samples = made_up(400)
    x, y = (torch.from_numpy(samples[name]) for name in ("density", "label"))
    network = Participation(())
    network.fit(x.float(), y[:, None].float())
    weight = network.weight.double().requires_grad_()
    share = 1 / (x.double() ** 2).sum(dim=(1, 2)) / SIDE**2
    logits = weight[0] + weight[1] * share.log()
    loss = nn.functional.binary_cross_entropy_with_logits(logits, y.double())
    (gradient,) = torch.autograd.grad(loss, weight)
    assert float(gradient.abs().max()) < 1e-4
    with pytest.raises(UsageError, match="refuses"):
        build_network("participation", [(SIDE, SIDE)], [(2,)], {})


def test_separable_samples_give_finite_weights():
    flat, peak = torch.full((4, 8, 8), 1 / 64), torch.zeros(4, 8, 8)
    peak[:, 3, 3] = 1
    network = Participation(())
    network.fit(torch.cat([flat, peak]), torch.tensor([1.0] * 4 + [0.0] * 4))
    assert torch.isfinite(network.weight).all()
    assert (network(flat) > 3).all()
    assert (network(peak) < -3).all()


def test_every_periodic_model_that_turns_lattices_shifts_them_too():
    for name in list_recipes():
        if name.startswith("wavefunctions-"):
            recipe = read_recipe(name)
            asked = getattr(recipe.objective, "augmentation", [])
            periodic = DATASET.parameters(recipe.config).periodic
            assert ("translations" in asked) == (periodic and bool(asked))


def test_a_relative_density_does_not_depend_on_the_size():
    small = torch.full((2, 4, 4), 1 / 16)
    large = torch.full((2, 8, 8), 1 / 64)
    step = Relative()
    torch.testing.assert_close(forward(step, small), torch.ones(2, 4, 4))
    torch.testing.assert_close(forward(step, large), torch.ones(2, 8, 8))
    x = torch.rand(3, 4, 5)
    torch.testing.assert_close(forward(step, 7 * x), forward(step, x))


def test_the_learning_rate_falls_as_in_the_papers_solver():
    recipe = cut_down("wavefunctions-su2-lenet.paper")
    network = build_network(recipe.architecture, [(SIDE, SIDE)], [()], recipe.hyperparameters)
    module = SupervisedTraining(network, recipe)
    module.trainer = SimpleNamespace(estimated_stepping_batches=10)
    found = module.configure_optimizers()
    optimiser, schedule = found["optimizer"], found["lr_scheduler"]["scheduler"]
    assert isinstance(optimiser, torch.optim.RMSprop)
    group = optimiser.param_groups[0]
    assert (group["alpha"], group["weight_decay"]) == (0.98, 0.0005)
    for _ in range(10):
        optimiser.step()
        schedule.step()
    assert group["lr"] == pytest.approx(recipe.objective.learning_rate * 1.001**-0.75)
