"""The card says what the files hold, and `load_dataset` reads a folder by it."""

import dataclasses
from typing import ClassVar

import pyarrow.parquet as pq
import pytest
import yaml
from build_helpers import load_offline
from drawn_toy import DATASET, DrawnConfig, DrawnToy
from toy_dataset import SIZES

from mesoinv import build, verify
from mesoinv.dataset_cards import facts, tables
from mesoinv.dataset_cards.facts import open_build
from mesoinv.dataset_cards.figures import draw_figures, existing_figures
from mesoinv.dataset_cards.prose import (
    SECTIONS,
    Benchmark,
    Head,
    Prose,
    Task,
    parse_prose,
    read_prose,
)
from mesoinv.dataset_cards.render import render_card, repo_name, stale_files
from mesoinv.eval.tasks import tasks_of
from mesoinv.generators import get_dataset, list_datasets
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.front_matter import size_category
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.manifest import read_manifest, write_manifest
from mesoinv.generators.pipeline.storage import feature_spec

HEAD = Head(
    year=2026,
    summary="A toy.",
    grid="4 × 6 sites",
    benchmark=Benchmark(
        name="Toy",
        description="A toy",
        tasks=[
            Task(id="toy-plain", config="plain", split="test"),
            Task(id="toy-lost", config="lost", split="test"),
        ],
    ),
)

LOAD = """
import json, sys
import numpy as np
from datasets import load_dataset
folder, out = sys.argv[1], {}
for name in (None, "other", "mini", "preview"):
    loaded = load_dataset(folder, name)
    out[name or "default"] = {
        "rows": {split: part.num_rows for split, part in loaded.items()},
        "bytes": {split: part.info.splits[split].num_bytes for split, part in loaded.items()},
        "features": loaded["test"].features.to_dict(),
    }
test = load_dataset(folder, "plain", split="test")
exact = test.with_format("numpy", dtype=np.float64)[3]
half = test.select_columns(["density"]).with_format("numpy", dtype=np.float16)[3]["density"]
out["strength"], out["density"] = float(exact["strength"]), half.astype(float).tolist()
out["types"] = [str(test.with_format("numpy")[3:4]["strength"].dtype), str(half.dtype)]
stream = load_dataset(folder, "plain", split="test", streaming=True)
# to its end: a reader that stops early leaves pyarrow's threads to the interpreter's exit
out["streamed"] = [row["index"] for row in stream]
print(json.dumps(out))
"""


def head_of(folder):
    return yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])


def render(folder):
    return render_card(folder, dataset=DATASET).read_text()


@pytest.fixture
def with_prose(monkeypatch):
    sections = {title: f"Text about {title}." for title in SECTIONS}
    monkeypatch.setattr(facts, "read_prose", lambda _dataset: Prose(HEAD, sections))


@pytest.fixture(scope="module")
def loaded(built, tmp_path_factory):
    import shutil

    home = tmp_path_factory.mktemp("home")
    folder = home / "toy"
    shutil.copytree(built, folder)
    # left over from an earlier build with more files: the card's patterns do not match it
    stray = folder / "plain/test-00000-of-00009.parquet"
    shutil.copy(folder / "plain/test-00000-of-00001.parquet", stray)
    render(folder)
    return load_offline(LOAD, folder, home)


def test_head_agrees_with_the_files(folder):
    render(folder)
    head, manifest = head_of(folder), read_manifest(folder)
    assert head["license"] == "cc-by-4.0"
    assert head["size_categories"] == ["n<1K"]
    assert f"arxiv:{DATASET.paper.arxiv}" in head["tags"]
    assert [c["config_name"] for c in head["configs"] if c.get("default")] == ["plain"]
    info = {entry["config_name"]: entry for entry in head["dataset_info"]}
    for config in head["configs"]:
        record = manifest.configs[config["config_name"]]
        examples = {s["name"]: s["num_examples"] for s in info[config["config_name"]]["splits"]}
        for files in config["data_files"]:
            found = sorted(folder.glob(files["path"]))
            listed = [folder / shard.file for shard in record.splits[files["split"]].shards]
            assert found == listed
            rows = sum(pq.read_metadata(path).num_rows for path in found)
            assert examples[files["split"]] == rows
        sizes = sum(s.num_bytes for split in record.splits.values() for s in split.shards)
        assert info[config["config_name"]]["download_size"] == sizes


def test_load_dataset_reads_the_folder(loaded, built):
    manifest = read_manifest(built)
    for name, config in (("default", "plain"), ("other", "other"), ("mini", "mini")):
        splits = manifest.configs[config].splits
        assert loaded[name]["rows"] == {split: r.num_rows for split, r in splits.items()}
        features = loaded[name]["features"]
        assert features == feature_spec(DATASET.columns("plain"))
        assert features["density"] == {"shape": [4, 6], "dtype": "float16", "_type": "Array2D"}
        assert features["strength"] == {"dtype": "float64", "_type": "Value"}
    assert loaded["preview"]["features"]["density_image"]["_type"] == "Image"
    assert loaded["streamed"] == list(range(loaded["default"]["rows"]["test"]))


def test_sizes_in_the_card_are_near_those_of_datasets(loaded, folder):
    render(folder)
    info = {entry["config_name"]: entry for entry in head_of(folder)["dataset_info"]}
    for split in info["plain"]["splits"]:
        expected = loaded["default"]["bytes"][split["name"]]
        assert split["num_bytes"] == pytest.approx(expected, rel=0.05)


def test_loaded_values_are_the_generated_ones(loaded):
    sample = generate(DATASET, "plain", "test", [3])
    assert loaded["strength"] == sample["strength"][0]
    assert loaded["density"] == sample["density"][0].astype("float16").tolist()
    assert loaded["types"] == ["float32", "float16"]  # what the card warns of


@pytest.mark.usefixtures("with_prose")
def test_card_shows_what_is_declared(folder):
    draw_figures(open_build(folder, DATASET))
    text = render(folder)
    for column in DATASET.columns("plain"):
        assert f"| `{column.name}` | {column.dtype} |" in text
    assert "| `density` | float16 | 4 × 6 | 1/t | Solved | 0.001 |" in text
    assert "| `distance`: dopant layer | nm | 50 | 40 |" in text
    assert "| `density` | 10¹² cm⁻² | [0.6, 1.5] | [0.6, 1.5] |" in text
    assert "| `plain` | Plain | 20 | 4 | 10 | 4 |" in text
    assert "| `plain` | test | `mesoinv/toy/1/plain/test` |" in text
    assert "relative rounding of at most 4.9e-04" in text
    assert "![One sample of other](figures/other.png)" in text
    assert 'revision="v1.0.0"' in text
    assert "year = {2026}" in text
    for title in SECTIONS:
        assert f"Text about {title}." in text
    assert "\n\n\n" not in text


@pytest.mark.usefixtures("with_prose")
def test_eval_yaml_lists_the_tasks_that_were_built(folder, monkeypatch):
    render(folder)
    assert yaml.safe_load((folder / "eval.yaml").read_text()) == {
        "name": "Toy",
        "description": "A toy",
        "evaluation_framework": "mesoinv",
        "tasks": [{"id": "toy-plain", "config": "plain", "split": "test"}],
    }
    monkeypatch.setattr(facts, "read_prose", lambda _dataset: Prose())
    render(folder)
    assert not (folder / "eval.yaml").exists()


def test_rendering_again_changes_nothing(folder):
    first = render(folder)
    written = (folder / "README.md").stat().st_mtime_ns
    assert render(folder) == first
    assert (folder / "README.md").stat().st_mtime_ns == written
    assert stale_files(open_build(folder, DATASET)) == {}
    (folder / "README.md").write_text(first.replace("Toy", "Joy"))
    assert list(stale_files(open_build(folder, DATASET))) == ["README.md"]
    assert render_card(folder, "somebody/toys", dataset=DATASET).read_text().count("somebody/toys")


class WithProbe(DrawnToy):
    """With a configuration that has a test split alone."""

    configs: ClassVar = DrawnToy.configs | {
        "probe": DrawnConfig("Probe.", {size: {"test": 6} for size in SIZES}, 90.0)
    }


@pytest.mark.parametrize("configs", [["probe"], ["plain", "probe"]])
def test_a_configuration_with_a_test_split_alone(tmp_path, configs):
    dataset = WithProbe()
    folder = build(dataset, configs, out=tmp_path / "toy")
    report = verify(folder, samples=200, dataset=dataset)
    assert report.ok
    assert report.samples == (6 if configs == ["probe"] else 6 + 2 * 34 + 8)
    drawn = [path.stem for path in draw_figures(open_build(folder, dataset))]
    assert drawn == configs
    text = render_card(folder, dataset=dataset).read_text()
    rows = "| 6 |" if configs == ["probe"] else "| – | – | 6 |"
    assert f"| `probe` | Probe {rows} 1 |" in text
    (info,) = (c for c in head_of(folder)["configs"] if c["config_name"] == "probe")
    assert [files["split"] for files in info["data_files"]] == ["test"]
    with pytest.raises(UsageError, match=r"Unknown split of toy/probe 'train'\. Allowed: test\."):
        generate(dataset, "probe", "train")


def test_figures_are_drawn_once_and_belong_to_their_files(folder):
    build = open_build(folder, DATASET)
    drawn = draw_figures(build)
    assert [path.name for path in drawn] == ["plain.png", "other.png"]
    assert draw_figures(build) == []
    shard = build.configs["plain"].splits["test"].shards[0]
    shard.sha256 = "0" * 64
    assert [figure.config for figure in existing_figures(build)] == ["other"]


def test_a_partial_or_other_build_is_refused(folder):
    manifest = read_manifest(folder)
    manifest.configs["plain"].splits["test"].shards.clear()
    write_manifest(folder, manifest)
    with pytest.raises(MesoinvError, match="not complete"):
        render(folder)
    other = dataclasses.replace(manifest, version="3.0.0", configs={})
    other.configs["preview"] = manifest.configs["preview"]
    write_manifest(folder, other)
    with pytest.raises(MesoinvError, match=r"holds toy 3\.0\.0, this mesoinv declares 1\.0\.0"):
        render(folder)


@pytest.mark.parametrize("name", ["toy", "a/b/c", "/toy", "mesoinv/"])
def test_repository_names(name):
    with pytest.raises(UsageError, match="owner/name"):
        repo_name(name, "toy")


def test_prose_is_checked():
    with pytest.raises(UsageError, match="Did you mean 'Known limits'"):
        parse_prose("---\nyear: 2026\n---\n\n## Known limit\nNone.\n", "toy.md")
    with pytest.raises(MesoinvError, match="colour"):
        parse_prose("---\ncolour: red\n---\n", "toy.md")
    with pytest.raises(MesoinvError, match="YAML head"):
        parse_prose("## Physics\n", "toy.md")


@pytest.mark.parametrize("name", list_datasets())
def test_every_dataset_has_its_prose(name):
    dataset, prose = get_dataset(name), read_prose(get_dataset(name))
    assert set(SECTIONS) <= set(prose.sections)
    assert f"**{dataset.version}**" in prose.sections["Changelog"]
    assert prose.head.benchmark is not None
    for task in tasks_of(name):
        assert task.split in dataset.config(task.config).sizes["full"]


def test_numbers_are_written_for_people():
    assert size_category(160_000) == "100K<n<1M"
    assert tables.count(88_000) == "88 000"
    assert tables.size(5.12e9) == "5.12 GB"
    assert [tables.duration(s) for s in (2e-4, 0.049, 90, 600, 1e5)] == [
        "200 µs",
        "49 ms",
        "90 s",
        "10 min",
        "27.8 h",
    ]


def test_columns_that_differ_between_configurations():
    dataset = get_dataset("conductance")
    by_config = {c: next(x for x in dataset.columns(c) if x.name == "onsite_energy")
                 for c in ("model2", "model3", "model4")}  # fmt: skip
    row = tables._column_row(by_config, 3)
    assert row["dtype"] == "`model2`, `model3` float16; `model4` float32"
    assert row["shape"] == "40 × 40"
    assert tables._column_row({"model2": by_config["model2"]}, 3)["shape"] == "`model2` 40 × 40"
    (conductance,) = [c for c in dataset.columns("model2") if c.name == "conductance"]
    assert tables._column_row({"model2": conductance}, 1)["rtol"] == "1e-06 (of at least 1)"
    assert tables.value(()) == "–"
