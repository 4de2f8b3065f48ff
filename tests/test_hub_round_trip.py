"""What a user does: publish with the command line, load with `datasets` alone, from nothing."""

import os
from pathlib import Path

import numpy as np
from loopback_hub import json_result, run_client
from toy_dataset import DATASET

from mesoinv.generators.pipeline.build import build
from mesoinv.generators.pipeline.generate import generate

PUBLISH = """
import sys, typer
from mesoinv.commands.cards import register
app = typer.Typer()
register(app)
app(["push", sys.argv[1] if len(sys.argv) > 1 else FOLDER, "--repo", "mesoinv/toy",
     "--tag", "v1.0.0", "--dataset", "toy_dataset:DATASET", "--json"])
"""

LOAD = """
import json, sys
from datasets import load_dataset, load_dataset_builder
at = {"revision": "v1.0.0"}
test = load_dataset("mesoinv/toy", "other", split="test", **at)
stream = load_dataset("mesoinv/toy", "mini", split="test", streaming=True, **at)
builder = load_dataset_builder("mesoinv/toy", **at)
print(json.dumps({
    "index": test["index"][:],
    "density": [row for row in test["density"]],
    "features": test.features.to_dict(),
    "streamed": [row["index"] for row in stream],
    "default": builder.config.name,
    "mesoinv": "mesoinv" in sys.modules,
}))
"""


#: As the card says: one split alone.
ONE_SPLIT = """
import json
from datasets import load_dataset
test = load_dataset("mesoinv/toy", data_files={"test": "other/test-*.parquet"}, split="test",
                    revision="v1.0.0")
print(json.dumps({"index": test["index"][:], "features": test.features.to_dict()}))
"""


def test_publish_and_load(hub, tmp_path):
    folder = build(DATASET, out=tmp_path / "toy")
    env = hub.environment(tmp_path / "publisher", "hf_writer")
    env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent)])
    report = json_result(run_client(f"FOLDER = {str(folder)!r}\n{PUBLISH}", env))
    assert hub.tags("datasets", "mesoinv/toy") == {"v1.0.0": report["commit"]}
    assert hub.file("datasets", "mesoinv/toy", "README.md").startswith(b"---\nlicense: cc-by-4.0")

    loaded = json_result(run_client(LOAD, hub.environment(tmp_path / "reader")))
    expected = generate(DATASET, "other", "test", range(10))
    assert loaded["index"] == list(range(10)) == loaded["streamed"]
    np.testing.assert_array_equal(loaded["density"], expected["density"].astype(np.float16))
    assert loaded["features"]["potential"]["_type"] == "Array2D"
    assert loaded["default"] == "plain"
    assert not loaded["mesoinv"]

    hub.requests.clear()
    alone = json_result(run_client(ONE_SPLIT, hub.environment(tmp_path / "other reader")))
    assert alone == {"index": loaded["index"], "features": loaded["features"]}
    fetched = [request.path for request in hub.requests if ".parquet" in request.path]
    assert any("/other/test-" in path for path in fetched)
    assert not any("train" in path or "validation" in path for path in fetched)
