"""A model's way to the Hub and back, against the loopback Hub, with unmodified clients."""

import os
from pathlib import Path

import pytest
import yaml
from loopback_hub import json_result, run_client
from zoo_helpers import small_evaluation, small_model, store, write_recipe

from mesoinv.zoo.declared.evaluation import Subject

HERE = Path(__file__).parents[1]
KIND, REPO = "models", "mesoinv/small"

PUBLISH = """
import json, os, sys, torch, typer
from dataclasses import asdict
from typer.testing import CliRunner
from mesoinv.commands.cards import register
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.publish.push import push
from mesoinv.zoo.model.model import Model
torch.set_num_threads(1)

def attempt(call, *arguments, **options):
    try:
        report = call(*arguments, **options)
    except MesoinvError as error:
        return {"error": type(error).__name__, "message": str(error)}
    return asdict(report) | {"actions": {f.path: f.action for f in report.files}}

app = typer.Typer()
register(app)
dry = attempt(push, F, "mesoinv/small", "v1.0.0", dry_run=True)
before = sorted(os.listdir(F))
command = ["push", F, "--repo", "mesoinv/small", "--tag", "v1.0.0", "--json"]
done = CliRunner().invoke(app, command, catch_exceptions=False)
first = json.loads(done.stdout)
again = attempt(push, F, "mesoinv/small")
tagged = attempt(push, F, "mesoinv/small", "v1.0.0")
version = attempt(push, F, "mesoinv/small", "1.0")
name = attempt(push, F, "small")
model = Model.from_pretrained(F)
with torch.no_grad():
    for parameter in model.parameters():
        parameter.zero_()
second = attempt(model.push_to_hub, "mesoinv/small")
os.environ["HF_TOKEN"] = "hf_reader"
refused = attempt(push, F, "mesoinv/small")
with open(os.path.join(F, "model.safetensors"), "r+b") as file:
    file.truncate(100)
os.environ["HF_TOKEN"] = "hf_writer"
broken = attempt(push, F, "mesoinv/other")
print(json.dumps(dict(dry=dry, before=before, first=first, again=again, tagged=tagged, name=name,
                      version=version, second=second, refused=refused, broken=broken)))
"""

LOAD = """
import json, sys, numpy as np, torch, mesoinv
from mesoinv.generators.common.errors import MesoinvError
torch.set_num_threads(1)

def total(revision):
    model = mesoinv.load_model("mesoinv/small", revision=revision)
    assert not model.training
    return sum(float(p.abs().sum()) for p in model.parameters())

def message(*arguments, **options):
    try:
        mesoinv.load_model(*arguments, **options)
    except MesoinvError as error:
        return f"{type(error).__name__}: {error}"

print(json.dumps({
    "tag": total("v1.0.0"),
    "main": total(None),
    "prediction": mesoinv.load_model("mesoinv/small", "v1.0.0").predict(
        np.full((1, 16, 24), 0.5))["s"].tolist(),
    "revision": message("mesoinv/small", revision="v9.0.0"),
    "missing": message("mesoinv/nothing"),
    "pickle": message("mesoinv/pickled"),
}))
"""

OFFLINE = """
import json
from mesoinv.zoo.declared import models
from mesoinv.generators.common.errors import MesoinvError
from pathlib import Path
models.LOCAL_WEIGHTS = Path("nowhere")
try:
    models.model_folder(models.list_models()[0])
except MesoinvError as error:
    print(json.dumps(str(error)))
"""


def client(hub, home, code, token=None, **environment):
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    env = hub.environment(home, token) | {"PYTHONPATH": paths} | environment
    return json_result(run_client(code, env))


def test_publish_and_load(hub, tmp_path):
    model = small_model()
    folder = model.save_pretrained(tmp_path / "model")
    (folder / "log.csv").write_text("epoch,step,train_loss,validation_loss\n0,1,,0.5\n")
    (folder / "notes.txt").write_text("not to be published")
    (store(small_evaluation(folder), folder) / "samples.parquet").write_text("not to be published")
    store(small_evaluation(folder, split="validation"), folder, "validation")
    earlier = Subject("pldos-donors-cnn.small", "0" * 64, model.config.interface)
    store(small_evaluation(folder, task="earlier-weights", subject=earlier), folder)
    recipe = write_recipe(folder, "pldos-donors-cnn.small").name
    told = client(hub, tmp_path / "home", f"F = {str(folder)!r}\n{PUBLISH}", "hf_writer")

    scores = {
        "evaluation/pldos-donors/evaluation.json",
        "evaluation/pldos-donors/validation/evaluation.json",
    }
    published = {
        "README.md", "config.json", "curves.png", "log.csv", "model.safetensors", *scores,
    }  # fmt: skip
    assert told["dry"]["commit"] is None
    assert "create mesoinv/small" in told["dry"]["steps"]
    assert "README.md" not in told["before"]
    assert {f["path"] for f in told["first"]["files"]} == {*published, recipe}
    assert set(hub.files(KIND, REPO, "v1.0.0")) - {".gitattributes"} == {*published, recipe}
    assert hub.tags(KIND, REPO) == {"v1.0.0": told["first"]["commit"]}
    card = hub.file(KIND, REPO, "README.md", "v1.0.0").decode()
    assert 'load_model("mesoinv/small")' in card
    assert "| s error std | 2.31 [2.25, 2.37] nm |" in card
    for path in scores:
        assert hub.file(KIND, REPO, path, "v1.0.0") == (folder / path).read_bytes()
    assert set(told["again"]["actions"].values()) == {"keep"}
    assert "already has the tag v1.0.0" in told["tagged"]["message"]
    assert "Allowed: vX.Y.Z" in told["version"]["message"]
    assert "owner/name" in told["name"]["message"]
    assert told["second"]["actions"]["model.safetensors"] == "replace"
    # other weights: what was measured with the old ones must go
    for path in ("curves.png", *scores):
        assert told["second"]["actions"][path] == "delete"
        assert path not in hub.files(KIND, REPO)
    assert "You may not write to mesoinv/small" in told["refused"]["message"]
    assert "truncated or not a safetensors file" in told["broken"]["message"]
    assert len(hub.repositories()) == 1

    hub.seed(KIND, "mesoinv/pickled", {
        "config.json": hub.file(KIND, REPO, "config.json"), "pytorch_model.bin": b"code",
    })  # fmt: skip
    read = client(hub, tmp_path / "reader", LOAD)
    expected = sum(float(p.detach().abs().sum()) for p in model.parameters())
    assert read["tag"] == pytest.approx(expected, rel=1e-6)
    assert read["main"] == 0.0
    assert read["prediction"] == pytest.approx(
        model.predict([[[0.5] * 24] * 16])["s"].tolist(), rel=1e-5
    )
    for message in (read["revision"], read["missing"]):
        assert message.startswith("MesoinvError: The model is not here. mesoinv/")
        assert "could not be downloaded from the Hub" in message
    assert "safetensors" in read["pickle"]
    assert hub.count("pytorch_model.bin") == 0


RESULTS = """
import json
from mesoinv.zoo.publish.push import push
report = push(F, "mesoinv/small", verify=False)
print(json.dumps({f.path: f.action for f in report.files}))
"""


def test_results_name_the_commit_of_the_dataset(hub, tmp_path):
    """In the Hub's own format, of the task's own split, once the dataset is there."""
    folder = small_model().save_pretrained(tmp_path / "model")
    store(small_evaluation(folder), folder)
    store(small_evaluation(folder, split="validation"), folder, "validation")
    code, path = f"F = {str(folder)!r}\n{RESULTS}", ".eval_results/pldos-donors.yaml"
    assert path not in client(hub, tmp_path / "home", code, "hf_writer")
    version = small_evaluation(folder).dataset_version
    scored = hub.seed("datasets", "mesoinv/pldos", {"README.md": b"# data"}, tag=f"v{version}")
    hub.seed("datasets", "mesoinv/pldos", {"README.md": b"# newer"})
    assert client(hub, tmp_path / "home", code, "hf_writer")[path] == "upload"
    (entry,) = yaml.safe_load(hub.file(KIND, REPO, path))
    assert entry["dataset"] == {
        "id": "mesoinv/pldos", "task_id": "pldos-donors", "revision": scored,
    }  # fmt: skip
    evaluation = small_evaluation(folder)
    assert entry["value"] == evaluation.scores[evaluation.headline].value
    assert "(95 %), the 4000 samples of global/test" in entry["notes"]
    shown = client(hub, tmp_path / "anybody", """
import json
from huggingface_hub import HfApi
(entry,) = HfApi().model_info("mesoinv/small", expand=["evalResults"]).eval_results
print(json.dumps([entry.dataset_id, entry.task_id, entry.value, entry.dataset_revision]))
""")  # fmt: skip
    assert shown == ["mesoinv/pldos", "pldos-donors", entry["value"], scored]
    assert client(hub, tmp_path / "home", code, "hf_writer")[path] == "keep"


def test_no_network_and_no_local_weights(hub, tmp_path):
    said = client(hub, tmp_path, OFFLINE, HF_ENDPOINT="http://127.0.0.1:9")
    assert said.startswith("The model is not here. mesoinv/")
    assert "could not be downloaded" in said
