"""``mesoinv card``, ``push`` and ``show`` as a user types them."""

import json
import os

import pytest
import typer
from build_helpers import TESTS
from loopback_hub import run_client
from PIL import Image
from typer.testing import CliRunner

from mesoinv.commands import cards as commands_cards
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.numbers import size

DECLARED = ["--dataset", "drawn_toy:DATASET"]


@pytest.fixture(scope="module")
def app():
    made = typer.Typer()
    commands_cards.register(made)
    return made


def call(app, *arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_card(app, folder):
    done = call(app, "card", folder, *DECLARED, "--repo", "somebody/toys", "--json")
    names = [path.removeprefix(f"{folder}/") for path in json.loads(done.stdout)["files"]]
    assert names == ["README.md", "figures/plain.png", "figures/other.png"]
    assert 'load_dataset("somebody/toys"' in (folder / "README.md").read_text()


def test_show_draws_and_prints_units(app, tmp_path):
    out = tmp_path / "pictures" / "sample.png"
    arguments = ("--index", 3, "--config", "other", "--split", "train", "--out", out)
    lines = call(app, "show", "drawn_toy:DATASET", *arguments).stdout.splitlines()
    assert lines[0] == str(out)
    assert lines[1] == "index = 3  (Index of the sample)"
    assert lines[2].startswith("strength = 0.")
    assert lines[2].endswith(" t")
    with Image.open(out) as image:
        assert image.info["Source"] == "toy/other/train/3"
        assert min(image.size) > 100


def test_show_names_its_file_by_the_sample(app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call(app, "show", "drawn_toy:DATASET", "--index", 2, "--json")
    answer = json.loads(done.stdout)
    assert answer["file"] == "toy-plain-test-2.png"
    assert answer["scalars"]["index"] == 2
    assert (tmp_path / answer["file"]).is_file()


def test_show_without_a_figure_says_so(app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="declares no figure"):
        call(app, "show", "toy_dataset:DATASET")


def test_push_lists_what_it_would_do(folder, hub, tmp_path):
    env = hub.environment(tmp_path / "home", "hf_writer")
    env["PYTHONPATH"] = os.pathsep.join([str(TESTS), str(TESTS / "dataset_cards")])
    words = ["push", str(folder), *DECLARED, "--repo", "somebody/toys", "--tag", "v1.0.0"]
    program = f"from mesoinv.cli import app; app({[*words, '--dry-run', '--no-verify']!r})"
    lines = run_client(program, env).stdout.splitlines()
    files, steps = lines[: lines.index("Would:")], lines[lines.index("Would:") + 1 :]
    sizes = {line.split()[1]: line.split() for line in files}
    shard = "plain/test-00000-of-00001.parquet"
    assert sizes[shard] == ["upload", shard, *size((folder / shard).stat().st_size).split()]
    assert {"README.md", "manifest.json"} < set(sizes)
    assert steps[0] == f"  log in to {hub.endpoint} as mesoinv-bot"
    assert {"  draw figures/plain.png", "  render README.md"} < set(steps)
    assert steps[-2] == "  tag v1.0.0"
    assert steps[-1].endswith(f" new to the Hub; {hub.endpoint}/datasets/somebody/toys")
    assert not hub.repositories()
