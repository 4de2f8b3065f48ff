"""``mesoinv card``, ``push`` and ``show`` as a user types them."""

import json

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from mesoinv.commands import cards as commands_cards
from mesoinv.generators.common.errors import UsageError

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
    assert lines[1] == "index = 3"
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


def test_commands_have_help(app):
    for command in ("card", "push", "show"):
        assert call(app, command, "--help").exit_code == 0
