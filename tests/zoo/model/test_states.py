"""The caller's state is the caller's: torch's generator and default type, modes of modules."""

import numpy as np
import pytest
import torch
from zoo_helpers import SHAPE, map_model, small_model

import mesoinv
from mesoinv.generators.common.errors import UsageError


@pytest.fixture
def pldos():
    return np.random.default_rng(1).uniform(0.2, 1.0, (3, *SHAPE))


@pytest.fixture
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def test_loading_and_predicting_draw_no_random_numbers(tmp_path, pldos):
    small_model().save_pretrained(tmp_path)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    mesoinv.load_model(tmp_path).predict(pldos)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("make", [small_model, map_model])
def test_another_default_type_changes_nothing(tmp_path, pldos, make, request):
    make().save_pretrained(tmp_path)
    expected = mesoinv.load_model(tmp_path).predict(pldos)
    request.getfixturevalue("float64")
    model = mesoinv.load_model(tmp_path)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert torch.get_default_dtype() == torch.float64
    np.testing.assert_equal(model.predict(pldos), expected)
    assert torch.get_default_dtype() == torch.float64


@pytest.mark.parametrize(("kind", "allowed"), [(torch.float64, 1e-5), (torch.bfloat16, 5e-2)])
@pytest.mark.parametrize("make", [small_model, map_model])
def test_weights_of_another_type(pldos, make, kind, allowed):
    expected, converted = make().predict(pldos), make().to(kind).predict(pldos)
    for name, values in expected.items() if isinstance(expected, dict) else [("", expected)]:
        other = converted[name] if name else converted
        assert other.dtype == np.float32
        assert np.abs(other - values).max() < allowed * np.abs(values).max()


def test_frozen_modules_stay_frozen(pldos):
    model = map_model().train()
    frozen = next(m for m in model.network.modules() if isinstance(m, torch.nn.Conv2d))
    frozen.eval()
    before = {name: m.training for name, m in model.named_modules()}
    assert set(before.values()) == {True, False}
    model.predict(pldos)
    assert {name: m.training for name, m in model.named_modules()} == before


def test_modes_come_back_after_an_error(pldos):
    model = map_model().train()
    with pytest.raises(UsageError):
        model.predict(pldos, batch_size=0)
    assert all(m.training for m in model.modules())
