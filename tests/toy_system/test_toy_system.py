"""A system is added by its own files alone, and every command works on it."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from toy_system.overlay import FILES, commands, overlay, python

from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.publish.curves import read_log

if TYPE_CHECKING:
    from pathlib import Path

    from loopback_hub import LoopbackHub

MODELS = [path.stem for path in sorted(FILES.rglob("zoo/recipes/blur/*.yaml"))]
#: Model -> its task and the score that must be beaten: that of the trivial one.
LEARNT = {
    "blur-response-unet.tiny": ("blur-response", 0.2),
    "blur-response-cgan.tiny": ("blur-response", 0.2),
    "blur-strength-dense.tiny": ("blur-strength", 0.2),
    "blur-strength-linear.tiny": ("blur-strength", 0.2),
    "blur-order-vae.tiny": ("blur-order", 0.2),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return overlay(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def built(place: Path) -> Path:
    output = commands(
        place,
        "list",
        "list blur",
        "generate blur --size small --out data/blur",
        "verify data/blur --samples 8",
        "card data/blur",
        "show blur --config ordered --out one.png",
        "tasks",
    )
    assert "blur-response" in output
    return place / "data" / "blur"


@pytest.fixture(scope="module")
def trained(place: Path) -> Path:
    lines = [f"train {name} --out mesoinv/zoo/weights/{name}" for name in MODELS]
    commands(place, *lines, "models 'blur-*'")
    return place / "mesoinv" / "zoo" / "weights"


def test_pictures_are_pixels_everywhere(built: Path, place: Path) -> None:
    assert (place / "one.png").stat().st_size > 5000
    data = load_dataset(str(built), "plain", split="test")
    assert data[0]["scene"].size == (16, 16)
    assert np.asarray(data[0]["solid"]).shape == (4, 4, 4)
    raw = pq.read_table(built / "plain" / "test-00000-of-00001.parquet")
    assert raw["scene"][0].as_py()["bytes"].startswith(b"\x89PNG")
    program = """
import numpy as np, sys
from mesoinv import generate
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource
request = Request("blur", "ordered", "test", 20, ("scene", "field", "solid"))
truth = generate("blur", "ordered", "test", range(20))
for data in ("generate", sys.argv[1]):
    source = SampleSource(data)
    for batch in (source.arrays(request), source.rows(request).take(range(20))):
        assert batch["scene"].dtype == np.uint8 and batch["scene"].shape == (20, 16, 16)
        assert (batch["scene"] == truth["scene"]).all()
        assert np.allclose(batch["solid"], truth["solid"])
"""
    python(place, program, str(built))


def test_a_changed_pixel_is_seen(built: Path, place: Path) -> None:
    program = """
import shutil, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from mesoinv.generators import get_dataset
from mesoinv.generators.pipeline.storage import read_rows, shard_writer, to_table, arrow_schema
shutil.copytree(sys.argv[1], "changed")
path = Path("changed/plain/test-00000-of-00001.parquet")
columns = get_dataset("blur").columns("plain")
batch = read_rows(path, 0, 64, columns)
batch["scene"][5, 3, 3] ^= 1
with shard_writer(path, arrow_schema(columns)) as writer:
    writer.write_table(to_table(columns, batch))
import hashlib, json
manifest = json.loads(Path("changed/manifest.json").read_text())
(shard,) = manifest["configs"]["plain"]["splits"]["test"]["shards"]
shard |= {"num_bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
Path("changed/manifest.json").write_text(json.dumps(manifest))
from mesoinv import verify
report = verify("changed", samples=500)
kinds = {(p.column, p.row) for p in report.problems if p.kind == "sample"}
assert kinds == {("scene", 5)}, report.problems
"""
    python(place, program, str(built))


def test_every_objective_learns(trained: Path, place: Path) -> None:
    output = commands(
        place, *(f"evaluate {name} --save" for name in MODELS), "leaderboard show --json"
    )
    board = json.loads(output[output.rindex("\n{") :] if "\n{" in output else output)
    assert {task["id"] for task in board["tasks"]} >= {task for task, _ in LEARNT.values()}
    for name, (task, trivial) in LEARNT.items():
        evaluation = json.loads(
            (trained / name / "evaluation" / task / "evaluation.json").read_text()
        )
        assert evaluation["scores"][evaluation["headline"]]["value"] > trivial, name
        curves = read_log(trained / name / "log.csv")
        for losses in (c for c in curves.values() if c and "linear" not in name):
            if "adversarial" not in losses and "discriminator" not in losses:
                assert np.isfinite(list(losses.values())).all()
        if curves["train_loss"]:
            assert curves["train_loss"][max(curves["train_loss"])] < curves["train_loss"][1]
    cgan = read_log(trained / "blur-response-cgan.tiny" / "log.csv")
    assert {"adversarial_loss", "discriminator_loss"} <= set(cgan)
    assert (trained / "blur-response-cgan.tiny" / "curves.png").exists()


KILLED = """
import os, signal, sys
import torch
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.training.descent import DescentModule
from mesoinv.zoo.training.environment import TrainingEnvironment
from mesoinv.zoo.training.train import train
from pathlib import Path
torch.set_num_threads(1)
kill = sys.argv[3] == "kill"
def stop(self):
    if kill and self.current_epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
DescentModule.on_train_epoch_start = stop
out = Path(sys.argv[2])
train(read_recipe(sys.argv[1]), out, TrainingEnvironment(runs=out / "runs"))
"""


@pytest.mark.parametrize(
    "name", ["blur-response-unet.tiny", "blur-response-cgan.tiny", "blur-order-vae.tiny"]
)
def test_a_killed_training_ends_in_the_same_weights(place: Path, name: str) -> None:
    python(place, KILLED, name, f"whole-{name}", "run")
    code = python(place, KILLED, name, f"killed-{name}", "kill", check=False)
    assert code == str(-signal.SIGKILL)
    assert not (place / f"killed-{name}" / WEIGHTS).exists()
    python(place, KILLED, name, f"killed-{name}", "run")
    whole, killed = (place / f"{kind}-{name}" / WEIGHTS for kind in ("whole", "killed"))
    assert whole.read_bytes() == killed.read_bytes()


def test_models_are_used(trained: Path, built: Path, place: Path) -> None:
    commands(
        place,
        *(f"predict {name} --data data/blur --out {name}.parquet" for name in LEARNT),
        *(f"predict {name} --figure {name}.png" for name in LEARNT),
        "evaluate blur-response-unet.tiny.parquet --task blur-response --data data/blur "
        "--samples 64",
        "card mesoinv/zoo/weights/blur-order-vae.tiny",
    )
    for name in LEARNT:
        assert pq.read_metadata(place / f"{name}.parquet").num_rows == 64
        assert (place / f"{name}.png").stat().st_size > 3000
    card = (trained / "blur-order-vae.tiny" / "README.md").read_text(encoding="utf-8")
    assert "reconstruction_error" in card
    assert os.fspath(place) not in card


SUBMISSION = """
task: blur-strength
name: mean.v1
dataset_version: 1.0.0
predictions: predictions.parquet
authors: [{name: A. Author}]
training_data: {samples: 0, description: none, uses_other_data: false}
licence: {weights: Apache-2.0, code: Apache-2.0}
date: '2026-11-20'
"""


def test_a_submission_and_the_board(trained: Path, place: Path) -> None:
    program = """
import mesoinv
mesoinv.write_predictions(lambda solid: solid.mean(axis=(1, 2, 3)), "blur-strength",
                          "board/submissions/blur-strength/mean.v1/predictions.parquet")
"""
    python(place, program)
    folder = place / "board" / "submissions" / "blur-strength" / "mean.v1"
    (folder / "submission.yaml").write_text(SUBMISSION, encoding="utf-8")
    output = commands(
        place,
        "submit mine --init blur-strength",
        "leaderboard build board --task blur-strength --out site --results results",
        "leaderboard show site --json",
    )
    (board,) = json.loads(output[output.rindex("\n{") :])["tasks"]
    assert [row["name"] for row in board["rows"] if row["kind"] == "submission"] == ["mean.v1"]
    assert "blur-strength" in (place / "mine" / "submission.yaml").read_text(encoding="utf-8")
    pages = [path.read_text(encoding="utf-8") for path in (place / "site").rglob("*.html")]
    for name in ("blur-strength-dense.tiny", "mean.v1"):
        assert any(name in page for page in pages)


def test_it_is_published(built: Path, place: Path, hub: LoopbackHub) -> None:
    environment = hub.environment(place / "publisher", "hf_writer")
    commands(place, f"push {built} --repo mesoinv/blur --tag v1.0.0", **environment)
    assert hub.file("datasets", "mesoinv/blur", "README.md").startswith(b"---")
    assert set(hub.tags("datasets", "mesoinv/blur")) == {"v1.0.0"}


def test_it_has_a_report(trained: Path, place: Path) -> None:
    commands(place, *(f"evaluate {name} --save" for name in MODELS))
    commands(place, "report blur --out docs/blur")
    page = (place / "docs" / "blur" / "report.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in MODELS)
    assert "](correlations.png)" in page
    assert (place / "docs" / "blur" / "correlations.png").stat().st_size > 1000
