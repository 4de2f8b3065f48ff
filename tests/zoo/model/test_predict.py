"""`predict`: physical arrays in, physical arrays out, and what it refuses."""

import numpy as np
import pytest
import torch
from zoo_helpers import SHAPE, map_model, small_model

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.zoo.declared.config import Quantity
from mesoinv.zoo.declared.transforms import Affine


@pytest.fixture
def pldos():
    return np.random.default_rng(1).uniform(0.2, 1.0, (7, *SHAPE))


def test_physical_units_both_ways(pldos):
    model = small_model(architecture="constant", hyperparameters={})
    model.network.mean.copy_(torch.tensor([1.0, -1.0]))
    found = model.predict(pldos)
    assert list(found) == ["s", "n_d"]
    np.testing.assert_allclose(found["s"], np.full(7, 55 + 9), rtol=1e-6)
    np.testing.assert_allclose(found["n_d"], np.full(7, 1 - 0.3), rtol=1e-6)
    assert {values.dtype for values in found.values()} == {np.dtype("float32")}


def test_the_network_sees_transformed_input(pldos):
    model = map_model()
    x = (np.log(pldos + 0.01) - 0.1) / 2
    with torch.no_grad():
        expected = 0.1 * model.network(torch.from_numpy(x.astype(np.float32))).numpy()
    np.testing.assert_allclose(model.predict(pldos), expected, rtol=1e-4, atol=1e-7)


def test_one_output_is_an_array_of_its_shape(pldos):
    assert map_model().predict(pldos).shape == (7, *SHAPE)
    scalar = small_model(
        outputs=[Quantity("s", "nm", [], 40.0, 70.0)], output_transforms=[Affine([55.0], [9.0])]
    )
    assert scalar.predict(pldos).shape == (7,)


@pytest.mark.parametrize("make", [small_model, map_model])
def test_batches_do_not_matter(pldos, make):
    whole = make().predict(pldos)
    for size in (1, 3, 100):
        parts = make().predict(pldos, batch_size=size)
        if not isinstance(whole, dict):
            np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-5 * np.abs(whole).max())
        else:
            for name in whole:
                np.testing.assert_allclose(parts[name], whole[name], rtol=1e-5)


def test_batch_normalisation_is_in_evaluation_mode(pldos):
    model = small_model(hyperparameters={"filters": [2], "dense": [3], "batch_norm": True}).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first = model.predict(pldos, batch_size=7)["s"]
    np.testing.assert_allclose(model.predict(pldos, batch_size=2)["s"], first, rtol=1e-5)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model.training


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_kinds_of_numbers_and_mappings(pldos, kind):
    model = map_model()
    given = pldos.astype(kind)
    found = model.predict({"pldos": given, "index": np.arange(7)})
    np.testing.assert_allclose(found, model.predict(given.tolist()), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found, model.predict(torch.from_numpy(given)), rtol=1e-5, atol=1e-7)


def test_shapes_are_checked_with_a_hint(pldos):
    model = map_model()
    with pytest.raises(UsageError, match=r"shape \(batch, 16, 24\); got \(16, 24\)\. Add a batch"):
        model.predict(pldos[0])
    for wrong in (pldos[:, :-1], pldos[:, None], pldos[:0], pldos.swapaxes(1, 2), np.float64(1)):
        with pytest.raises(UsageError, match="must have shape"):
            model.predict(wrong)


def test_values_are_checked(pldos):
    model = map_model()
    with pytest.raises(UsageError, match="real numbers; got complex128"):
        model.predict(pldos.astype(complex))
    with pytest.raises(UsageError, match="real numbers"):
        model.predict(pldos.astype(str))
    with pytest.raises(UsageError, match="are masked, so they have no value"):
        model.predict(np.ma.masked_array(pldos, mask=pldos > 0.5))
    for bad in (np.nan, np.inf):
        broken = pldos.copy()
        broken[4, 3, 2] = bad
        for check_range in (True, False):
            with pytest.raises(UsageError, match="Sample 4 holds NaN or infinite"):
                model.predict(broken, check_range=check_range)
    with pytest.raises(UsageError, match="batch_size must be 1 or more"):
        model.predict(pldos, batch_size=0)


@pytest.mark.parametrize("factor", [24.0, 1 / 24])
def test_another_unit_is_noticed(pldos, factor):
    model = map_model()
    wrong = pldos.copy()
    wrong[2] *= factor  # t is 24 meV: one sample in 1/meV
    with pytest.raises(UsageError, match=r"Sample 2 has a mean pldos .* Is it in that unit"):
        model.predict(wrong)
    assert model.predict(wrong, check_range=False).shape == pldos.shape


def test_a_mapping_without_the_column(pldos):
    with pytest.raises(UsageError, match="takes pldos; the mapping holds density"):
        map_model().predict({"density": pldos})


def test_out_of_memory_says_what_to_turn(pldos, monkeypatch):
    model = map_model()

    def full(_x):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(model.network, "forward", full)
    with pytest.raises(MesoinvError, match="with 4 samples at a time: use a smaller batch_size"):
        model.predict(pldos, batch_size=4)
