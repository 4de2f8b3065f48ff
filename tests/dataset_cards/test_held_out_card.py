"""Held-out splits in the card, for `load_dataset`, and on the Hub: inputs and a promise."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from build_helpers import TESTS, load_offline
from drawn_toy import DATASET
from loopback_hub import json_result, run_client

from mesoinv.dataset_cards.facts import open_build
from mesoinv.dataset_cards.figures import draw_figures
from mesoinv.dataset_cards.render import render_card
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out, held_out_samples
from mesoinv.generators.pipeline.held_out.secret import commitment, new_key, read_key
from mesoinv.generators.pipeline.manifest import read_manifest, write_manifest

NAME, ROWS, INPUTS = "plain-held-out", 21, ("index", "density")

LOAD = """
import json, sys
from datasets import load_dataset
test = load_dataset(sys.argv[1], "plain-held-out", split="test")
print(json.dumps({
    "features": test.features.to_dict(),
    "index": test["index"][:],
    "density": [row for row in test["density"]],
    "splits": list(load_dataset(sys.argv[1], "plain-held-out")),
}))
"""

PUSH = """
import json
from dataclasses import asdict
from mesoinv.dataset_cards.publish import push
print(json.dumps(asdict(push(FOLDER, "mesoinv/toy", "v1.0.0", dataset="drawn_toy:DATASET"))))
"""


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "key"
    new_key(path)
    return path


@pytest.fixture(scope="module")
def extended(built, key_file, tmp_path_factory):
    """The build with a held-out split, and its card."""
    folder = Path(shutil.copytree(built, tmp_path_factory.mktemp("extended") / "toy"))
    build_held_out(DATASET, "plain", key_file, columns=INPUTS, samples=ROWS, out=folder)
    render_card(folder, dataset=DATASET)
    return folder


@pytest.fixture(scope="module")
def alone(key_file, tmp_path_factory):
    """The held-out split in a folder of its own, and its card."""
    folder = tmp_path_factory.mktemp("alone") / "toy"
    build_held_out(DATASET, "plain", key_file, columns=INPUTS, samples=ROWS, out=folder)
    render_card(folder, dataset=DATASET)
    return folder


def head_of(folder):
    return yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])


def test_front_matter(extended, alone):
    for folder in (extended, alone):
        head = head_of(folder)
        (config,) = (c for c in head["configs"] if c["config_name"] == NAME)
        files = [{"split": "test", "path": f"{NAME}/test-*-of-00002.parquet"}]
        assert config["data_files"] == files
        (info,) = (i for i in head["dataset_info"] if i["config_name"] == NAME)
        assert [feature["name"] for feature in info["features"]] == list(INPUTS)
        assert [(s["name"], s["num_examples"]) for s in info["splits"]] == [("test", ROWS)]
        default = [c["config_name"] for c in head["configs"] if c.get("default")]
        assert default == ["plain" if folder == extended else NAME]


def test_text(extended, key_file):
    text = (extended / "README.md").read_text()
    promise = commitment(read_key(key_file))
    assert f"| `{NAME}` | `plain` | {ROWS} | `index`, `density` | `{promise}` |" in text
    assert "mesoinv verify FOLDER --key-file KEY" in text
    assert f"| `{NAME}` | test | `mesoinv/toy/1/plain/held-out` and a secret key |" in text
    assert f"| `{NAME}` | inputs alone, drawn like `plain` from a secret key |" in text
    assert f"| **Samples** | {34 + 34 + ROWS}, without the copies in `mini` and `preview` |" in text
    assert re.search(rf"^\| `{NAME}` \| {ROWS} \| exact \| cpu", text, re.MULTILINE)
    assert read_key(key_file).hex() not in text
    assert "\n\n\n" not in text


def test_the_card_without_held_out_splits_does_not_speak_of_them(folder):
    text = render_card(folder, dataset=DATASET).read_text()
    assert "held-out" not in text.lower()
    assert "secret" not in text


def test_what_the_card_says_of_the_commitment_is_true(extended, key_file, tmp_path):
    text = (extended / "README.md").read_text()
    (code,) = (c for c in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "hashlib" in c)
    shutil.copy(key_file, tmp_path / "KEY")
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == commitment(read_key(key_file))
    assert done.stdout.strip() in text


def test_a_folder_of_its_own(alone):
    text = (alone / "README.md").read_text()
    assert '\n    density = batch["density"]\n' in text
    assert f'load_dataset("mesoinv/toy", "{NAME}", split="test"' in text
    for answer in ("potential", "spectrum"):
        assert f"| `{answer}` |" not in text
    assert "mesoinv.generate(" not in text  # nobody can
    assert "| `distance`: dopant layer | nm | 50 |" in text
    assert draw_figures(open_build(alone, DATASET)) == []
    assert "\n\n\n" not in text


def test_load_dataset(extended, key_file, tmp_path):
    loaded = load_offline(LOAD, extended, tmp_path)
    assert list(loaded["features"]) == list(INPUTS)
    assert loaded["features"]["density"]["_type"] == "Array2D"
    assert loaded["splits"] == ["test"]
    assert loaded["index"] == list(range(ROWS))
    samples = held_out_samples(DATASET, "plain", read_key(key_file), range(ROWS), ["density"])
    assert loaded["density"] == samples["density"].astype("float16").tolist()


def test_an_unfinished_split_is_not_described(extended, tmp_path):
    folder = Path(shutil.copytree(extended, tmp_path / "toy"))
    manifest = read_manifest(folder)
    manifest.configs[NAME].splits["test"].shards.pop()
    write_manifest(folder, manifest)
    with pytest.raises(MesoinvError, match="not complete"):
        render_card(folder, dataset=DATASET)


def test_push(hub, extended, key_file, tmp_path):
    folder = Path(shutil.copytree(extended, tmp_path / "toy"))
    (folder / ".build/plain-held-out").mkdir(parents=True)
    strays = [".build/plain-held-out/test-000000000.arrow", "plain-held-out/shard.tmp"]
    for path in (*strays, "plain-held-out/key"):
        shutil.copy(key_file, folder / path)
    env = hub.environment(tmp_path / "home", "hf_writer")
    env["PYTHONPATH"] = os.pathsep.join([str(TESTS), str(TESTS / "dataset_cards")])
    report = json_result(run_client(f"FOLDER = {str(folder)!r}\n{PUSH}", env))
    assert hub.tags("datasets", "mesoinv/toy") == {"v1.0.0": report["commit"]}
    files = hub.files("datasets", "mesoinv/toy")
    published = [path for path in files if path.startswith(NAME)]
    assert published == [f"{NAME}/test-0000{n}-of-00002.parquet" for n in (0, 1)]
    assert not [path for path in files if path.startswith(".build") or path.endswith("key")]
    key = read_key(key_file)
    for path in files:
        content = hub.file("datasets", "mesoinv/toy", path)
        assert key not in content
        assert key.hex().encode() not in content
        if path.startswith(NAME):
            digest = hashlib.sha256((folder / path).read_bytes()).hexdigest()
            assert hashlib.sha256(content).hexdigest() == digest
