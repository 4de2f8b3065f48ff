"""Networks for wires: shapes, exact symmetries as augmentations, the baseline that counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from zoo_helpers import recipe_data, small_config

from mesoinv.generators.common.records import from_dict
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.declared.config import Quantity
from mesoinv.zoo.declared.recipe import Recipe
from mesoinv.zoo.declared.transforms import Affine
from mesoinv.zoo.model.model import Model
from mesoinv.zoo.training.objectives.supervised import SupervisedTraining

NETWORKS = {
    "dense": {"hidden": [5, 4]},
    "strided_cnn": {"maps": [2, 3], "dense": 7},
    "wire_resnet": {"channels": 8, "dilations": [1, 2], "dense": 6, "stem": 2},
    "impurity_count": {},
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("outputs", [(), (10,)])
def test_shapes(name, outputs):
    network = build_network(name, [(8, 12)], [outputs], NETWORKS[name])
    assert network(torch.zeros(3, 8, 12)).shape == (3, *outputs)


def test_the_papers_networks_have_its_sizes():
    count = lambda n: sum(p.numel() for p in n.parameters())  # noqa: E731
    dense = build_network("dense", [(3, 3)], [()], {"hidden": [20, 20, 20]})
    assert count(dense) == (9 + 1) * 20 + 2 * 21 * 20 + 21
    cnn = build_network("strided_cnn", [(40, 40)], [()], {})
    assert count(cnn) == 5 * 16 + 2 * (4 * 16 + 1) * 16 + (400 + 1) * 1024 + 1025


def test_counting_takes_the_median_of_samples_with_as_many_impurities():
    network = build_network("impurity_count", [(2, 2)], [()], {"window": 0})
    x = torch.tensor([[0, 0, 0, 0], [5, 0, 0, 0], [0, 5, 0, 0], [0, 0, 2, 0], [5, 5, 5, 5.0]])
    network.fit(x.reshape(-1, 2, 2), torch.tensor([[9.0], [1.0], [2.0], [7.0], [0.5]]))
    found = network(torch.tensor([[[0.0, 3.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]))
    assert found.tolist() == [2.0, 9.0]
    assert network.table[:, 0].tolist() == [9.0, 2.0, 0.5, 0.5, 0.5]  # the next ones fill gaps


def test_one_number_a_sample_is_compared_with_its_own_target():
    """Not with every target of the batch, as broadcasting (B,) and (B, 1) would."""
    config = small_config(
        architecture="dense", hyperparameters={"hidden": []}, task="conductance-model1-3x3",
        inputs=[Quantity("onsite_energy", "t", [2, 2], -2, 2)],
        outputs=[Quantity("conductance", "2e²/h", [], 0, 2)],
        input_transforms=[], output_transforms=[Affine([1.0], [2.0])],
    )  # fmt: skip
    model = Model(config)
    torch.nn.init.zeros_(model.network.layers[0].weight)

    recipe = from_dict(Recipe, recipe_data(outputs=["conductance"], augmentation=[], loss="mse"))
    y = torch.tensor([1.0, 3.0])
    batch = {"onsite_energy": torch.zeros(2, 2, 2), "conductance": y}
    loss = SupervisedTraining(model, recipe).training_loss(batch)
    assert float(loss) == pytest.approx(np.mean([0.0, 1.0]))
    assert model.predict(np.zeros((5, 2, 2), "f4"), check_range=False).shape == (5,)
