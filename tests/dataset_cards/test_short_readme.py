"""The README of a build and the full card: which replaces which, and when."""

import warnings

import pytest
import yaml
from build_helpers import load_offline
from drawn_toy import DATASET

from mesoinv import build
from mesoinv.dataset_cards.facts import open_build
from mesoinv.dataset_cards.render import render_card, stale_files
from mesoinv.generators.pipeline.readme import MARKER

LOAD = """
import json, sys
from datasets import load_dataset
rows = {name: load_dataset(sys.argv[1], name, split="test").num_rows for name in ("plain", "other")}
print(json.dumps(rows))
"""


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def head_of(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_a_card_replaces_the_short_readme_and_has_its_head(folder):
    short = (folder / "README.md").read_text()
    assert "mesoinv card FOLDER" in short
    assert "README.md" in stale_files(open_build(folder, DATASET))
    card = render_card(folder, dataset=DATASET).read_text()
    assert "## Configurations and sizes" in card
    assert f"---\n{MARKER}\n\n# Toy\n" in card
    assert head_of(card) == head_of(short)


def test_a_card_stays_while_the_build_is_the_same(folder):
    card = render_card(folder, "somebody/toys", dataset=DATASET).read_text()
    build(DATASET, out=folder)
    (folder / "plain/train-00001-of-00002.parquet").unlink()
    build(DATASET, ["plain"], out=folder)
    assert (folder / "README.md").read_text() == card


def test_an_extended_build_with_a_card_loads(tmp_path):
    folder = build(DATASET, ["other"], out=tmp_path / "toy")
    assert "## Load it" in render_card(folder, dataset=DATASET).read_text()
    build(DATASET, ["plain"], out=folder)
    assert "mesoinv card FOLDER" in (folder / "README.md").read_text()
    assert load_offline(LOAD, folder, tmp_path / "home") == {"plain": 10, "other": 10}
    assert "## Load it" in render_card(folder, dataset=DATASET).read_text()
