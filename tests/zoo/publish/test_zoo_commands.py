"""``mesoinv models``, ``train`` and ``predict`` as a user types them."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from absent import run_without
from PIL import Image
from typer.testing import CliRunner
from zoo_helpers import SHAPE, VALIDATION, small_model, write_recipe

import mesoinv
from mesoinv.cli import app
from mesoinv.generators import get_dataset
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, weights_digest
from mesoinv.zoo.declared.evaluation import read_evaluation, stored_evaluations

CONSTANT = {
    "architecture": "constant", "hyperparameters": {}, "objective": {"kind": "closed_form"},
}  # fmt: skip
SUPERVISED = {"kind": "supervised", "epochs": 2}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:lightning")


def call(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture(scope="module")
def trained(tmp_path_factory, cache):
    """A model trained by the command from a recipe file."""
    folder = tmp_path_factory.mktemp("trained")
    recipe = write_recipe(folder)
    done = call(
        "train", recipe, "--out", folder / "model", "--runs", folder / "runs", "--cache", cache
    )
    assert done.exit_code == 0
    assert f"Next: mesoinv evaluate {folder / 'model'} --save" in done.stdout
    return folder / "model"


def test_models():
    entries = json.loads(call("models", "--json").stdout)
    assert [entry["name"] for entry in entries] == mesoinv.list_models()
    assert {"parameters", "num_bytes", "samples", "scores", "licence", "where"} <= set(entries[0])
    table = call("models").stdout
    for name in mesoinv.list_models():
        assert name in table
    assert "CC-BY-4.0" in table


def test_train_writes_everything(trained):
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "README.md", "config.json", "curves.png", "log.csv", WEIGHTS, "pldos-donors-cnn.tiny.yaml",
    }  # fmt: skip
    card = (trained / "README.md").read_text()
    assert "description: Tiny" in card
    assert "](curves.png)" in card


def test_train_refuses(tmp_path):
    with pytest.raises(UsageError, match="Unknown device 'gpu'"):
        call("train", mesoinv.list_models()[0], "--device", "gpu")
    with pytest.raises(UsageError, match="Unknown recipe"):
        call("train", "nothing")
    with pytest.raises(UsageError, match="Did you mean 'learning_rate'"):
        call("train", write_recipe(tmp_path, objective=SUPERVISED | {"learning_rat": 1.0}))
    assert call("train", "x.yaml", "--threads", 0).exit_code == 2


def test_no_cuda(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="sees no CUDA device"):
        call("train", write_recipe(tmp_path), "--device", "cuda", "--out", tmp_path / "model")


def test_a_recipe_of_one_s_own_goes_to_models(tmp_path, cache, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = write_recipe(tmp_path, **CONSTANT)
    call("train", recipe, "--cache", cache)
    assert (tmp_path / "models" / recipe.stem / WEIGHTS).exists()


def call_without(modules, *arguments):
    """Run the command where some modules are not installed."""
    return run_without(modules, "from mesoinv.cli import main; main()", *arguments)


def train_without(modules, folder, cache):
    recipe = write_recipe(folder, **CONSTANT)
    options = ("--out", folder / "model", "--runs", folder / "runs", "--cache", cache)
    return call_without(modules, "train", recipe, *options)


@pytest.mark.parametrize(
    ("modules", "extras"),
    [
        (["jinja2"], "publish"),
        (["matplotlib"], "plot"),
        (["jinja2", "matplotlib"], "plot,publish"),
    ],
)
def test_training_without_what_writes_cards(modules, extras, tmp_path, cache):
    done = train_without(modules, tmp_path, cache)
    assert (done.returncode, done.stdout.count("is in")) == (0, 1), done.stderr
    first = done.stderr.splitlines()[0]
    assert f"No card will be written. Not installed: {', '.join(modules)}." in first
    assert f"pip install 'mesoinv[{extras}]', then mesoinv card {tmp_path / 'model'}" in first
    assert (tmp_path / "model" / WEIGHTS).exists()
    assert not (tmp_path / "model" / "README.md").exists()
    refused = call_without(modules, "card", tmp_path / "model")
    assert refused.returncode == 1
    assert "The card of a model needs packages that are not installed" in refused.stderr
    call("card", tmp_path / "model")
    assert "description: Tiny" in (tmp_path / "model" / "README.md").read_text()


@pytest.mark.parametrize("module", ["torch", "lightning", "timm", "safetensors"])
def test_training_is_refused_before_it_works(module, tmp_path, cache):
    done = train_without([module], tmp_path, cache)
    assert done.returncode == 1
    message = f"mesoinv train needs packages that are not installed: {module}."
    assert f"Error: {message} Install them with: pip install 'mesoinv[train]'" in done.stderr
    assert not (tmp_path / "model").exists()


def test_saving_scores_is_refused_before_it_works(trained, cache):
    options = ("--split", "validation", "--samples", VALIDATION, "--no-variants", "--cache", cache)
    done = call_without(["jinja2"], "evaluate", trained, *options, "--save")
    assert done.returncode == 1
    assert "which needs packages that are not installed: jinja2. Install them" in done.stderr


def test_card(model_folder):
    done = call("card", model_folder, "--repo", "somebody/small")
    assert done.stdout.strip() == str(model_folder / "README.md")
    assert 'load_model("somebody/small")' in (model_folder / "README.md").read_text()


def test_a_trained_model_is_scored(trained, built, cache, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "model")
    options = ("--split", "validation", "--samples", VALIDATION, "--no-variants")
    arguments = ("evaluate", folder, *options)
    first = json.loads(call(*arguments, "--cache", cache, "--json").stdout)
    again = json.loads(call(*arguments, "--data", built, "--json").stdout)
    assert first["scores"] == again["scores"]
    assert stored_evaluations(folder) == []
    before = (folder / CONFIG).read_bytes()
    call(*arguments, "--cache", cache, "--save")
    call(*arguments, "--cache", cache, "--save")
    (stored,) = stored_evaluations(folder)
    assert (stored.split, stored.samples) == ("validation", VALIDATION)
    assert stored == read_evaluation(folder / "evaluation" / "pldos-donors" / "validation")
    assert stored.scores["s error std"].value == first["scores"]["s error std"]["value"]
    assert stored.subject.digest == weights_digest(folder)
    assert (folder / CONFIG).read_bytes() == before
    card = (folder / "README.md").read_text()
    assert stored.command in card
    assert "none of them used in training" not in card


def test_predict_a_built_split(trained, built, samples, tmp_path):
    out = tmp_path / "deep" / "predictions.parquet"
    done = call("predict", trained, "--data", built, "--split", "train", "--out", out)
    assert f"{out}: 12 samples" in done.stdout
    table = pq.read_table(out)
    assert table.column_names == ["index", "s", "n_d"]
    assert table["index"].to_pylist() == list(range(12))
    expected = mesoinv.load_model(trained).predict(samples["train"]["pldos"].astype(np.float16))
    for name, values in expected.items():
        np.testing.assert_allclose(table[name].to_numpy(), values, rtol=1e-5)
    about = json.loads(table.schema.metadata[b"mesoinv"])
    assert about["units"] == {"index": "1", "s": "nm", "n_d": "1e12 cm⁻²"}
    told = ("model", "dataset_version", "config", "split")
    version = get_dataset("pldos").version
    assert [about[name] for name in told] == ["pldos-donors-cnn.tiny", version, "global", "train"]


def test_predict_a_file(model_folder, tmp_path):
    inputs = np.random.default_rng(0).uniform(0.4, 0.8, (300, *SHAPE))
    np.save(tmp_path / "measured.npy", inputs)
    out = tmp_path / "out.parquet"
    call("predict", model_folder, "--data", tmp_path / "measured.npy", "--out", out)
    table = pq.read_table(out)
    assert table["index"].to_pylist() == list(range(300))
    np.testing.assert_allclose(table["s"].to_numpy(), small_model().predict(inputs)["s"], rtol=1e-5)
    np.save(tmp_path / "measured.npy", inputs * 24)
    with pytest.raises(UsageError, match="Is it in that unit"):
        call("predict", model_folder, "--data", tmp_path / "measured.npy", "--out", out)
    assert pq.read_table(out).equals(table)  # the good file stays
    assert [path.name for path in tmp_path.glob(".*")] == []
    call(
        "predict", model_folder, "--data", tmp_path / "measured.npy", "--out", out,
        "--no-check-range",
    )  # fmt: skip


def test_predict_refuses(model_folder, trained, built, tmp_path):
    with pytest.raises(UsageError, match="Nothing to predict"):
        call("predict", model_folder)
    (tmp_path / "text.npy").write_text("no array")
    for data, message in (
        (tmp_path / "text.npy", "is not a .npy file of numbers"),
        (tmp_path / "none.npy", "There is no file"),
        (tmp_path / "none", "neither a built dataset nor a .npy file"),
        (tmp_path, "It holds: no samples at all"),
    ):
        with pytest.raises(UsageError, match=message):
            call("predict", model_folder, "--data", data)
    with pytest.raises(UsageError, match="It holds: global/train, global/validation"):
        call("predict", trained, "--data", built, "--split", "test")


def test_predict_draws_one_sample(trained, tmp_path):
    path = tmp_path / "pictures" / "one.png"
    done = call("predict", trained, "--index", 3, "--split", "validation", "--figure", path)
    assert done.stdout.strip() == str(path)
    with Image.open(path) as image:
        assert image.info["Source"] == "pldos-donors-cnn.tiny on pldos/global/validation/3"


def test_maps_are_drawn_beside_the_truth(tmp_path, cache):
    recipe = write_recipe(
        tmp_path, "pldos-landscape-constant.tiny", **CONSTANT, task="pldos-landscape",
        outputs=["potential"], output_transforms=[],
    )  # fmt: skip
    call("train", recipe, "--out", tmp_path / "model", "--cache", cache)
    call("predict", tmp_path / "model", "--index", 2, "--figure", tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as image:
        width, height = image.size
    assert width > 3 * height  # input, truth, prediction, error
