"""Loading by name, from a folder, and everything that must be refused."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from zoo_helpers import SHAPE, small_model

import mesoinv
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.zoo.declared import models
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS
from mesoinv.zoo.declared.recipe import list_recipes
from mesoinv.zoo.model.model import Model


def inputs(count=3):
    return np.random.default_rng(0).uniform(0.4, 0.8, (count, *SHAPE))


def test_a_folder_gives_the_model_back(model_folder):
    loaded = mesoinv.load_model(model_folder)
    assert not loaded.training
    assert loaded.config == Model.from_pretrained(str(model_folder)).config
    for name, values in small_model().predict(inputs()).items():
        np.testing.assert_array_equal(loaded.predict(inputs())[name], values)


def test_half_precision_weights(tmp_path):
    folder = small_model().save_pretrained(tmp_path, dtype=torch.float16)
    assert {t.dtype for t in load_file(folder / WEIGHTS).values()} == {torch.float16}
    loaded = mesoinv.load_model(folder)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    np.testing.assert_allclose(
        loaded.predict(inputs())["s"], small_model().predict(inputs())["s"], rtol=1e-3
    )


def test_a_name_of_the_zoo_is_looked_for_here_first(model_folder, monkeypatch):
    name = list_recipes()[0]
    monkeypatch.setattr(models, "LOCAL_WEIGHTS", model_folder.parent)
    model_folder.rename(model_folder.parent / name)
    assert mesoinv.load_model(name).config.architecture == "conv_regressor"


def test_list_models_is_one_for_each_recipe():
    assert mesoinv.list_models() == list_recipes()


@pytest.mark.parametrize("name", ["pldos-landscape-unt.16k", "./nowhere", "a/b/c"])
def test_unknown_models(name):
    with pytest.raises(UsageError, match="Unknown model") as caught:
        mesoinv.load_model(name)
    assert f"({len(list_recipes())} in all)" in str(caught.value)


def test_near_names_are_suggested():
    name = list_recipes()[0]
    with pytest.raises(UsageError, match=rf"Did you mean .*'{name}'"):
        mesoinv.load_model(name[:-1] + "x")


def test_a_folder_has_no_revision(model_folder):
    with pytest.raises(UsageError, match="revision belongs to a model on the Hub"):
        mesoinv.load_model(model_folder, revision="v1.0.0")


def changed(folder, change):
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)
    return folder


def test_missing_extra_and_wrong_tensors(model_folder):
    name = next(iter(load_file(model_folder / WEIGHTS)))
    tensor = load_file(model_folder / WEIGHTS)[name]
    changed(model_folder, lambda t: t.pop(name))
    with pytest.raises(MesoinvError, match=rf"missing \['{name}'\], unknown nothing"):
        mesoinv.load_model(model_folder)
    changed(model_folder, lambda t: t.update({name: tensor, "more": torch.zeros(2)}))
    with pytest.raises(MesoinvError, match=r"missing nothing, unknown \['more'\]"):
        mesoinv.load_model(model_folder)
    changed(model_folder, lambda t: t.pop("more"))
    changed(model_folder, lambda t: t.update({name: torch.zeros(1, 2)}))
    with pytest.raises(MesoinvError, match=f"tensors of another shape: {name}"):
        mesoinv.load_model(model_folder)


@pytest.mark.parametrize("file", ["pytorch_model.bin", "last.ckpt"])
def test_pickles_are_refused_and_never_opened(model_folder, file):
    (model_folder / WEIGHTS).unlink()
    (model_folder / file).write_bytes(b"not even a pickle")
    with pytest.raises(MesoinvError, match=rf"{file}.*Pickles can run any code.*safetensors"):
        mesoinv.load_model(model_folder)


@pytest.mark.parametrize("kept", [0, 5, -10])
def test_truncated_weights(model_folder, kept):
    data = (model_folder / WEIGHTS).read_bytes()
    (model_folder / WEIGHTS).write_bytes(data[:kept])
    with pytest.raises(MesoinvError, match="truncated or not a safetensors file"):
        mesoinv.load_model(model_folder)


BOMBS = {
    "layers": {"architecture": "dense", "hyperparameters": {"hidden": [40_000, 40_000]}},
    "modules": {"architecture": "dense", "hyperparameters": {"hidden": [1] * 10_000}},
    "classes": {},
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_nothing_is_allocated_for_what_the_weights_are_not(model_folder, bomb):
    """A few bytes may claim what no memory holds; it is refused before anything is made."""
    config = json.loads((model_folder / CONFIG).read_bytes()) | BOMBS[bomb]
    if bomb == "classes":
        config["inputs"][0]["transforms"] = [{"kind": "classes", "count": 256}] * 6
    (model_folder / CONFIG).write_text(json.dumps(config))
    program = (
        "import resource, sys, mesoinv\n"
        "from mesoinv.generators.common.errors import MesoinvError\n"
        "from mesoinv.zoo.model import model\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    mesoinv.load_model(sys.argv[1])\n"
        "except MesoinvError as error:\n    print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    command = [sys.executable, "-c", program, str(model_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said, kilobytes = done.stdout.strip().rsplit("\n", 1)
    assert re.search(r"does not fit its config\.json|an array of .* numbers", said), said
    assert int(kilobytes) < 400_000


def test_no_weights_and_no_configuration(model_folder):
    (model_folder / WEIGHTS).unlink()
    with pytest.raises(MesoinvError, match=r"holds no model\.safetensors"):
        mesoinv.load_model(model_folder)
    (model_folder / CONFIG).unlink()
    with pytest.raises(MesoinvError, match=r"holds no config\.json: it is not a mesoinv model"):
        mesoinv.load_model(model_folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architectur": "unet"}, "Did you mean 'architecture'"),
        ({"parameters": "many"}, "a value of type int"),
        ({"architecture": "transformer"}, "Unknown architecture 'transformer'"),
        ({"hyperparameters": {"filter": [2]}}, "Did you mean 'filters'"),
        ({"format": 1}, "format"),
        ({"scores": []}, "Unknown key in config.json 'scores'"),
        ({"input_transforms": []}, "Unknown key in config.json 'input_transforms'"),
    ],
)
def test_damaged_configurations(model_folder, change, message):
    data = json.loads((model_folder / CONFIG).read_text())
    (model_folder / CONFIG).write_text(json.dumps(data | change))
    with pytest.raises(MesoinvError, match=message):
        mesoinv.load_model(model_folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transforms": [{"kind": "logg", "floor": 1}]}, r"inputs\[0\].*Did you mean 'log'"),
        ({"transforms": [{"kind": "log", "flor": 1}]}, r"inputs\[0\].*Did you mean 'floor'"),
        ({"column": "pldos"}, r"Unknown key in config\.json\.inputs\[0\] 'column'"),
    ],
)
def test_damaged_quantities(model_folder, change, message):
    data = json.loads((model_folder / CONFIG).read_text())
    data["inputs"][0] |= change
    (model_folder / CONFIG).write_text(json.dumps(data))
    with pytest.raises(MesoinvError, match=message):
        mesoinv.load_model(model_folder)


def test_a_configuration_that_is_no_json(model_folder):
    (model_folder / CONFIG).write_text('{"name": ')
    with pytest.raises(MesoinvError, match="damaged or of another format"):
        mesoinv.load_model(model_folder)


def test_loading_never_downloads_what_a_training_may(tmp_path, monkeypatch):
    network = {"model": "test_resnet", "pretrained": True}
    model = small_model(architecture="timm", hyperparameters=network)
    folder = model.save_pretrained(tmp_path)

    def refuse(*_args, **_kwargs):
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr("timm.models._builder.load_pretrained", refuse)
    assert mesoinv.load_model(folder).config.hyperparameters == network
    with pytest.raises(UsageError, match="nothing may be downloaded"):
        Model(model.config, pretrained=True)


@pytest.mark.parametrize(("value", "dtype"), [(float("nan"), torch.float32), (1e5, torch.float16)])
def test_weights_that_are_not_finite_are_not_written(tmp_path, value, dtype):
    model = small_model()
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] = value
    with pytest.raises(MesoinvError, match="not finite"):
        model.save_pretrained(tmp_path / "model", dtype=dtype)
    assert not (tmp_path / "model").exists()
