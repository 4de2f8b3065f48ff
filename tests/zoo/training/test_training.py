"""From a recipe to weights on a few true samples."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from zoo_helpers import TRAIN, tiny_environment, tiny_recipe

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.model.model import Model
from mesoinv.zoo.publish.curves import draw_curves, read_log
from mesoinv.zoo.training.noise import with_random_noise
from mesoinv.zoo.training.objectives.supervised import SupervisedTraining
from mesoinv.zoo.training.train import train

COLUMNS = ("pldos", "s", "n_d")


# a training this small makes lightning give advice
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:lightning")


@pytest.fixture
def attempt(tmp_path, cache):
    """Train a tiny recipe in a folder of its own."""

    def call(place="one", **changes):
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        train(tiny_recipe(folder, **changes), folder / "model", tiny_environment(folder, cache))
        return folder / "model"

    return call


def test_end_to_end_and_deterministic(attempt, samples):
    first, second = attempt("first"), attempt("second")
    assert (first / WEIGHTS).read_bytes() == (second / WEIGHTS).read_bytes()
    assert (attempt("third", seed=1) / WEIGHTS).read_bytes() != (first / WEIGHTS).read_bytes()
    model = Model.from_folder(first)
    record = model.config.training
    assert (record.samples, record.paper_samples, record.epochs) == (TRAIN, 72000, 2)
    assert 0 <= record.waiting_share < 1
    assert record.objective == "supervised"
    (given,) = model.config.inputs
    assert [t.kind for t in given.transforms] == ["log", "pool", "affine"]
    for quantity in model.config.outputs:  # each has its own number of a list that there was
        (affine,) = quantity.transforms
        true = samples["train"][quantity.name].astype(np.float32)
        assert affine.shift == pytest.approx(true.mean(), rel=1e-5)
        assert affine.scale == pytest.approx(true.std(ddof=1), rel=1e-5)
    pldos = samples["train"]["pldos"]
    means = pldos.astype(np.float16).astype(np.float32).mean(axis=(1, 2))
    assert model.config.inputs[0].low == pytest.approx(means.min(), rel=1e-3)
    found = model.predict(pldos)
    assert {name: values.shape for name, values in found.items()} == {"s": (12,), "n_d": (12,)}
    assert np.abs(found["s"] - 55).max() < 40
    curves = read_log(first / "log.csv")
    assert [sorted(curve) for curve in curves.values()] == [[1, 2], [1, 2]]
    picture = draw_curves(first)
    assert picture.stat().st_size < 60e3


def test_the_best_epoch_is_kept(attempt):
    # far too large steps: later epochs are worse
    folder = attempt(epochs=4, learning_rate=1.0, schedule="constant", optimiser="adamw")
    losses = read_log(folder / "log.csv")["validation_loss"]
    best = min(losses, key=losses.get)
    assert best < 4
    state = torch.load(folder.parent / "runs/pldos-donors-cnn.tiny/best.ckpt", weights_only=True)
    assert state["epoch"] + 1 == best
    for name, tensor in load_file(folder / WEIGHTS).items():
        assert torch.equal(tensor, state["state_dict"][f"model.network.{name}"])


KILLED = """
import os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from zoo_helpers import tiny_recipe, tiny_environment
from mesoinv.zoo.training.noise import with_random_noise
from mesoinv.zoo.training.objectives.supervised import SupervisedTraining
from mesoinv.zoo.training.train import train

def stop(self):
    if self.current_epoch == 1:
        os.kill(os.getpid(), signal.SIGKILL)

SupervisedTraining.on_train_epoch_start = stop
folder, cache = map(Path, sys.argv[1:])
train(tiny_recipe(folder, epochs=3), folder / "model", tiny_environment(folder, cache))
"""


def test_a_killed_run_continues(tmp_path, cache, attempt):
    folder = tmp_path / "one"
    folder.mkdir()
    path = os.pathsep.join([str(Path(__file__).parents[1])])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(cache)],
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (folder / "model").exists()
    assert (folder / "runs/pldos-donors-cnn.tiny/last.ckpt").exists()
    with pytest.raises(UsageError, match=r"another recipe than now.*--runs"):
        attempt("one", epochs=3, learning_rate=0.1)
    model = attempt("one", epochs=3)
    curves = read_log(model / "log.csv")
    assert sorted(curves["validation_loss"]) == sorted(curves["train_loss"]) == [1, 2, 3]
    weights = (model / WEIGHTS).read_bytes()
    again = attempt("one", epochs=3)  # nothing left to do
    assert (again / WEIGHTS).read_bytes() == weights
    assert sorted(read_log(again / "log.csv")["train_loss"]) == [1, 2, 3]


def test_the_trivial_baseline_is_the_mean(attempt, samples):
    folder = attempt(
        architecture="constant", hyperparameters={}, input_transforms=[], output_transforms=[],
        objective={"kind": "closed_form"},
    )  # fmt: skip
    found = Model.from_folder(folder).predict(samples["validation"]["pldos"])
    for name in ("s", "n_d"):
        np.testing.assert_allclose(found[name], samples["train"][name].mean(), rtol=1e-5)
    assert not (folder / "log.csv").exists()
    assert draw_curves(folder) is None


def test_the_linear_baseline_is_ridge_regression(attempt, samples):
    strength = 0.1
    folder = attempt(
        architecture="linear", hyperparameters={"regularisation": strength},
        input_transforms=[{"kind": "pool", "factor": 32}], output_transforms=[],
        objective={"kind": "closed_form"},
    )  # fmt: skip
    stored = samples["train"]["pldos"].astype(np.float16).astype(float)
    x = stored.reshape(TRAIN, 8, 32, 6, 32).mean(axis=(2, 4)).reshape(TRAIN, -1)
    y = np.stack([samples["train"]["s"], samples["train"]["n_d"]], axis=1)
    a, b = x - x.mean(0), y - y.mean(0)
    gram = a.T @ a / TRAIN
    gram += strength * np.trace(gram) / len(gram) * np.eye(len(gram))
    expected = a @ np.linalg.solve(gram, a.T @ b / TRAIN) + y.mean(0)
    found = Model.from_folder(folder).predict(stored)
    np.testing.assert_allclose(found["s"], expected[:, 0], rtol=1e-4)
    np.testing.assert_allclose(found["n_d"], expected[:, 1], rtol=1e-4)


def test_any_timm_network(attempt, samples, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("timm.models._builder.load_pretrained", refuse)
    folder = attempt(
        architecture="timm", hyperparameters={"model": "test_resnet"}, epochs=1,
        outputs=["potential_rms", "correlation_length"], task="pldos-statistics",
        channels_last=True, store="float16",
    )  # fmt: skip
    found = Model.from_folder(folder).predict(samples["validation"]["pldos"])
    assert set(found) == {"potential_rms", "correlation_length"}
    assert all(np.isfinite(values).all() for values in found.values())


def test_unknown_timm_networks_and_columns(attempt):
    for name in ("test_resnets", "hf-hub:somebody/net"):
        with pytest.raises(UsageError, match=rf"timm has no network '{name}'.*list_models"):
            attempt(architecture="timm", hyperparameters={"model": name})
    reads = {"model": "test_resnet", "arguments": {"checkpoint_path": "weights.pth"}}
    with pytest.raises(UsageError, match="may not name other weights: checkpoint_path"):
        attempt(architecture="timm", hyperparameters=reads)
    with pytest.raises(UsageError, match=r"has no column temperature\. Allowed: index, pldos"):
        attempt(outputs=["temperature"])


def test_no_cuda(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    setting = tiny_environment(tmp_path, cache, device="cuda")
    with pytest.raises(UsageError, match="sees no CUDA device"):
        train(tiny_recipe(tmp_path), tmp_path / "model", setting)
    assert not (tmp_path / "model").exists()


def test_out_of_memory(attempt, monkeypatch):
    def full(*_args):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(SupervisedTraining, "training_step", full)
    with pytest.raises(MesoinvError, match=r"lower batch_size in the recipe \(4 now\)"):
        attempt()


def test_a_built_folder_gives_the_same_samples(built, cache):
    request = Request("pldos", "global", "train", TRAIN, COLUMNS)
    generated = SampleSource(cache=cache).arrays(request)
    read = SampleSource(str(built)).arrays(request)
    assert list(read) == list(generated) == list(COLUMNS)
    for name in COLUMNS:
        assert read[name].dtype == generated[name].dtype
        np.testing.assert_array_equal(read[name], generated[name])
    first = SampleSource(str(built)).arrays(dataclasses.replace(request, count=3))
    np.testing.assert_array_equal(first["s"], generated["s"][:3])
    with pytest.raises(MesoinvError, match="holds 12 samples of global/train; 13 are needed"):
        SampleSource(str(built)).arrays(dataclasses.replace(request, count=13))


def test_noise_is_learnt_with(attempt, samples):
    """It changes what is learnt, the same way each time; validation has it too."""
    clean, noisy, again = attempt("clean"), attempt("noisy", noise=0.5), attempt("again", noise=0.5)
    assert (noisy / WEIGHTS).read_bytes() == (again / WEIGHTS).read_bytes()
    assert (noisy / WEIGHTS).read_bytes() != (clean / WEIGHTS).read_bytes()
    with pytest.raises(UsageError, match="noise must be 0 or more"):
        attempt("never", noise=-0.1)


def test_noise_is_that_of_the_boards():
    """A level for each sample, over its mean, and nothing below zero; other columns stay."""
    torch.manual_seed(0)
    batch = {"pldos": torch.rand(400, 32, 32) + torch.arange(1.0, 401)[:, None, None],
             "s": torch.rand(400)}  # fmt: skip
    made = with_random_noise(batch, ["pldos"], 0.2)
    assert made["s"] is batch["s"]
    error = made["pldos"] - batch["pldos"]
    level = error.flatten(1).std(1) / batch["pldos"].flatten(1).mean(1)
    assert 0.15 < level.max() < 0.22
    assert 0.0018 < level.min() < 0.003
    # uniform in the logarithm
    assert level.log().mean() == pytest.approx(np.log(0.02), abs=0.2)
    dark = with_random_noise({"pldos": torch.eye(64)[None]}, ["pldos"], 100.0)["pldos"]
    assert dark.min() == 0


TWO = """
import os, sys
from pathlib import Path
import torch
from zoo_helpers import tiny_environment, tiny_recipe
from mesoinv.zoo.training.train import train
from dataclasses import replace
torch.set_num_threads(1)
folder, devices = Path(sys.argv[1]), int(sys.argv[2])
environment = replace(tiny_environment(folder, Path(sys.argv[3])), devices=devices)
changes = {"augmentation": [], "epochs": 3}
train(tiny_recipe(folder, **changes), folder / "model", environment)
print("trained by", os.environ.get("LOCAL_RANK", "0"))
"""


def test_two_processes_are_one(tmp_path, cache):
    """Each takes half of every batch, so the steps are the same but for rounding (gloo, CPU)."""
    script = tmp_path / "two.py"
    script.write_text(TWO)
    found = []
    for devices in (1, 2):
        folder = tmp_path / f"on {devices}"
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, script, folder, str(devices), cache], capture_output=True, text=True,
            check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stdout.count("trained by") == 1
        found.append(Model.from_folder(folder / "model"))
    one, two = found
    assert two.config.training.device.startswith("CPU, 2 processes")
    for (name, a), b in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        torch.testing.assert_close(b, a, rtol=1e-3, atol=1e-5, msg=name)
    losses = [read_log(tmp_path / f"on {n}" / "model" / "log.csv") for n in (1, 2)]
    for name, curve in losses[0].items():
        assert list(losses[1][name].values()) == pytest.approx(list(curve.values()), rel=1e-4)


def test_devices_share_batches_evenly(tmp_path, cache):
    environment = dataclasses.replace(tiny_environment(tmp_path, cache), devices=3)
    with pytest.raises(UsageError, match="batch_size, 4, must be a multiple of devices, 3"):
        train(tiny_recipe(tmp_path), tmp_path / "model", environment)
