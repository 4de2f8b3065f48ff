"""Models of wave functions: the paper's networks, the participation ratio, shifts of a lattice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.wavefunctions import DATASET
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.architectures.participation import Participation
from mesoinv.zoo.declared.config import ANY
from mesoinv.zoo.declared.recipe import list_recipes, read_recipe
from mesoinv.zoo.declared.transforms import Relative
from mesoinv.zoo.model.transforms import forward
from mesoinv.zoo.training.objectives.supervised import Training
from mesoinv.zoo.training.symmetry import check_translate, shifted_at_random
from mesoinv.zoo.training.train import Setting, train

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
            place = folder / f"wavefunctions-{DATASET.version}" / f"{config}-{split}"
            place.mkdir(parents=True)
            for name, values in made_up(256, seed=seed).items():
                np.save(place / f"{name}-0000000.npy", values)
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
    model = train(recipe, tmp_path / "out", Setting(runs=tmp_path, cache=cache))
    found = model.predict(made_up(20, seed=5)["density"])
    assert found.shape == (20,)
    assert ((found >= 0) & (found <= 1)).all()
    if recipe.inputs[0].any_size:
        assert model.config.inputs[0].shape == [ANY, ANY]
        larger = made_up(4, side=80)["density"]
        assert model.predict(larger, check_range=False).shape == (4,)


def test_the_participation_ratio_is_a_threshold(cache, tmp_path):
    recipe = cut_down("wavefunctions-su2-participation.20k")
    model = train(recipe, tmp_path / "out", Setting(runs=tmp_path, cache=cache))
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


def test_shifts_keep_what_a_periodic_lattice_is():
    torch.manual_seed(0)
    x = torch.rand(6, 5, 7)
    found = shifted_at_random(x)
    for before, after in zip(x, found, strict=True):
        shifts = [(i, j) for i in range(5) for j in range(7)
                  if torch.equal(before.roll((i, j), (0, 1)), after)]  # fmt: skip
        assert len(shifts) == 1
    assert not torch.equal(found, x)
    peaks = {int(shifted_at_random(x[:1]).argmax()) for _ in range(400)}
    assert len(peaks) == 35


def test_lattices_with_edges_are_not_shifted():
    check_translate("wavefunctions", "ando", ["label"])
    for config, column in (("chern", "label"), ("su2", "density")):
        with pytest.raises(UsageError, match=r"not periodic|not known"):
            check_translate("wavefunctions", config, [column])
    with pytest.raises(UsageError, match="not periodic"):
        check_translate("percolation", "L10", ["spanning"])
    recipe = cut_down("wavefunctions-chern-resnet10t.54k", augmentation=["translate"])
    with pytest.raises(UsageError, match="not periodic"):
        Training(nn.Identity(), recipe)


def test_every_periodic_model_that_turns_lattices_shifts_them_too():
    for name in list_recipes():
        if name.startswith("wavefunctions-"):
            recipe = read_recipe(name)
            asked = getattr(recipe.objective, "augmentation", [])
            periodic = DATASET.parameters(recipe.config).periodic
            assert ("translate" in asked) == (periodic and bool(asked))


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
    found = Training(network, recipe).configure_optimizers()
    optimiser, schedule = found["optimizer"], found["lr_scheduler"]["scheduler"]
    assert isinstance(optimiser, torch.optim.RMSprop)
    group = optimiser.param_groups[0]
    assert (group["alpha"], group["weight_decay"]) == (0.98, 0.0005)
    for _ in range(10):
        optimiser.step()
        schedule.step()
    assert group["lr"] == pytest.approx(recipe.objective.learning_rate * 1.001**-0.75)
