"""What identifies a model: the digest of its weights, and of what turns them into predictions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from zoo_helpers import SHAPE, map_model, small_config, small_model

from mesoinv.zoo.declared.config import (
    CONFIG,
    WEIGHTS,
    ModelConfig,
    Quantity,
    read_config,
    weights_digest,
)
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS
from mesoinv.zoo.declared.transforms import Affine, Log, Pool
from mesoinv.zoo.model import transforms
from mesoinv.zoo.model.model import Model

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS = [read_config(path.parent) for path in sorted(LOCAL_WEIGHTS.glob(f"*/{CONFIG}"))]


def sha256(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def moved(model: Model) -> Model:
    with torch.no_grad():
        next(model.parameters()).add_(1.0)
    return model


def test_the_digest_is_that_of_the_file(model_folder):
    expected = sha256(model_folder)
    assert weights_digest(model_folder) == expected
    model = Model.from_folder(model_folder)
    assert model.digest == expected
    model.predict(np.full((1, *SHAPE), 0.5))
    assert model.eval().digest == expected


@pytest.mark.parametrize("make", [small_model, map_model])
def test_a_fresh_model_has_the_digest_of_what_is_saved(tmp_path, make):
    model = make()
    before = model.digest
    assert before == sha256(model.save_pretrained(tmp_path))
    assert model.digest == before != moved(model).digest


def test_training_makes_another_digest(model_folder, tmp_path):
    model = Model.from_folder(model_folder)
    before = model.digest
    assert moved(model.train()).digest != before
    assert model.eval().digest == sha256(model.save_pretrained(tmp_path)) != before


def test_half_precision_has_the_digest_of_its_own_file(tmp_path):
    """The loaded model computes in 32 bits."""
    folder = small_model().save_pretrained(tmp_path / "half", dtype=torch.float16)
    model = Model.from_folder(folder)
    assert model.digest == sha256(folder)
    assert model.digest != sha256(model.save_pretrained(tmp_path / "single"))


def test_weights_that_are_not_here_have_no_digest(model_folder):
    (model_folder / WEIGHTS).unlink()
    assert weights_digest(model_folder) is None


def test_the_interface_is_what_turns_weights_into_predictions():
    config = small_config()
    given = config.inputs[0]
    same = [
        replace(config, name="other", parameters=7, licence="other", mesoinv="9", task="other"),
        replace(config, inputs=[replace(given, low=0.0, high=9.0)]),
    ]
    assert {c.interface for c in same} == {config.interface}
    others = [
        replace(config, architecture="dense"),
        replace(config, hyperparameters={"filters": [3], "dense": [3]}),
        replace(config, outputs=config.outputs[::-1]),
        *(
            replace(config, inputs=[replace(given, **change)])
            for change in (
                {"name": "potential"}, {"unit": "t"}, {"shape": [16, 25]}, {"transforms": []},
                {"transforms": [Log(0.02), Affine(0.1, 2.0)]}, {"transforms": given.transforms[:1]},
                {"transforms": [*given.transforms, Pool(2)]},
            )
        ),
    ]  # fmt: skip
    assert len({config.interface, *(c.interface for c in others)}) == 1 + len(others)


def test_an_interface_is_the_same_everywhere():
    """It is stored with evaluations: another value would make all of them stale."""
    config = ModelConfig(
        name="any", architecture="linear", hyperparameters={"regularisation": 0.1}, mesoinv="1",
        dataset="toy", dataset_version="1.0.0", config="plain", task="toy-number",
        inputs=[Quantity("map", "t", [4, 6], 0.0, 1.0, [Log(0.5)])],
        outputs=[Quantity("number", "nm", [], 0.0, 1.0, [Affine(1.0, 2.0)])],
    )  # fmt: skip
    text = (
        '["linear",{"regularisation":0.1},'
        '[["map","t",[4,6],[{"floor":0.5,"kind":"log"}]]],'
        '[["number","nm",[],[{"kind":"affine","scale":2.0,"shift":1.0}]]]]'
    )
    assert config.interface == hashlib.sha256(text.encode()).hexdigest()


def together(config: ModelConfig) -> list[Affine]:
    """The transforms of several outputs as lists that act on the last axis."""
    steps = zip(*(q.transforms for q in config.outputs), strict=True)
    return [Affine([s.shift for s in group], [s.scale for s in group]) for group in steps]


def test_several_outputs_are_what_lists_of_numbers_make_of_them():
    model, x = small_model(), np.random.default_rng(3).uniform(0.2, 1.0, (50, *SHAPE))
    with torch.inference_mode():
        y = model(*model.normalised_inputs({"pldos": torch.from_numpy(x.astype(np.float32))}))
        expected = transforms.invert([Affine([55.0, 1.0], [9.0, 0.3])], y)
        back = transforms.apply([Affine([55.0, 1.0], [9.0, 0.3])], expected)
    predicted = model.predict(x, batch_size=50)
    assert list(predicted) == ["s", "n_d"]
    for i, values in enumerate(predicted.values()):
        np.testing.assert_array_equal(values, expected[:, i].numpy())
    physical = {"s": expected[:, 0], "n_d": expected[:, 1]}
    np.testing.assert_array_equal(model.normalised_outputs(physical).numpy(), back.numpy())


def numbers_alone(config: ModelConfig) -> bool:
    """Whether its outputs are several numbers, with affine transforms."""
    steps = [step for q in config.outputs for step in q.transforms]
    plain = not any(q.shape for q in config.outputs) and len(config.outputs) > 1
    return plain and all(isinstance(step, Affine) for step in steps)


@pytest.mark.parametrize(
    "config", [c for c in CONFIGS if numbers_alone(c)], ids=lambda config: config.name
)
def test_committed_outputs_are_what_lists_of_numbers_make_of_them(config):
    y = torch.randn(1000, len(config.outputs), generator=torch.Generator().manual_seed(0))
    each, lists = [q.transforms for q in config.outputs], together(config)
    physical = transforms.invert_each(each, y)
    assert torch.equal(physical, transforms.invert(lists, y))
    assert torch.equal(transforms.apply_each(each, physical), transforms.apply(lists, physical))


def test_there_are_committed_models_of_several_outputs():
    assert any(numbers_alone(config) for config in CONFIGS)
