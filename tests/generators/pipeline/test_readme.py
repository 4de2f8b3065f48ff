"""The README that ends a build: `load_dataset` reads by it, and nobody's text is lost."""

from __future__ import annotations

import itertools
import json
import shutil
import warnings
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from build_helpers import TOY, digests, load_offline, run
from held_out_helpers import INPUTS, ROWS, held_out
from toy_dataset import DATASET

from mesoinv import build, generate, verify
from mesoinv.generators import get_dataset, list_datasets
from mesoinv.generators.pipeline.base import Column
from mesoinv.generators.pipeline.front_matter import yaml_features
from mesoinv.generators.pipeline.manifest import read_manifest, write_manifest
from mesoinv.generators.pipeline.readme import MARKER
from mesoinv.generators.pipeline.storage import arrow_schema, feature_spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
folder, out = sys.argv[1], {"names": get_dataset_config_names(sys.argv[1])}
for name in (None, *out["names"]):
    loaded = load_dataset(folder, name)
    first = next(iter(loaded.values()))
    out[name or "default"] = {
        "rows": {split: part.num_rows for split, part in loaded.items()},
        "features": first.features.to_dict(),
        "config": first.info.config_name,
    }
test = load_dataset(folder, split="test")
out["index"], out["density"] = test["index"][:], test.with_format("numpy")[3]["density"].tolist()
out["mesoinv"] = "mesoinv" in sys.modules
print(json.dumps(out))
"""


def head_of(folder: Path) -> dict[str, Any]:
    head: dict[str, Any] = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    return head


def names_in(folder: Path) -> list[str]:
    head = head_of(folder)
    names = [config["config_name"] for config in head["configs"]]
    assert names == [info["config_name"] for info in head["dataset_info"]]
    return names


@pytest.fixture(scope="module")
def extended(toy_folder: Path, key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy dataset with a held-out split; not to be changed."""
    folder = shutil.copytree(toy_folder, tmp_path_factory.mktemp("extended") / "toy")
    return held_out(key_file, folder)


def spelled_by_datasets(
    columns: Sequence[Column], images: Sequence[str], path: Path
) -> list[dict[str, Any]]:
    """Return what `datasets` would put into a card for such a file."""
    pq.write_table(arrow_schema(columns, images).empty_table(), path)
    features = datasets.Features.from_arrow_schema(pq.read_schema(path))
    expected: list[dict[str, Any]] = features._to_yaml_list()
    return expected


def spelled_by_us(columns: Sequence[Column], images: Sequence[str] = ()) -> list[dict[str, Any]]:
    return yaml_features(json.loads(json.dumps(feature_spec(columns, images))))


def test_features_of_every_type_are_spelled_as_datasets_does(tmp_path: Path) -> None:
    whole = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    dtypes = ["bool", *whole, "float16", "float32", "float64"]
    shapes = [(), (3,), (2, 3), (2, 3, 4), (2, 1, 2, 3), (1, 2, 1, 2, 3)]
    columns = [
        Column(f"{dtype}_{len(shape)}", dtype, shape, "1", "")
        for dtype, shape in itertools.product(dtypes, shapes)
    ]
    expected = spelled_by_datasets(columns, ["picture"], tmp_path / "empty.parquet")
    assert spelled_by_us(columns, ["picture"]) == expected
    assert len(expected) == len(columns) + 1


@pytest.mark.parametrize(
    ("name", "config"),
    [(name, config) for name in list_datasets() for config in get_dataset(name).configs],
)
def test_features_of_datasets(name: str, config: str, tmp_path: Path) -> None:
    columns = get_dataset(name).columns(config)
    assert spelled_by_us(columns) == spelled_by_datasets(columns, [], tmp_path / "empty.parquet")


def test_features_in_the_head_are_those_of_the_files(extended: Path) -> None:
    manifest = read_manifest(extended)
    for info in head_of(extended)["dataset_info"]:
        splits = manifest.configs[info["config_name"]].splits
        for shard in (shard for split in splits.values() for shard in split.shards):
            features = datasets.Features.from_arrow_schema(pq.read_schema(extended / shard.file))
            assert info["features"] == features._to_yaml_list()


def test_load_dataset_reads_a_folder_that_was_just_built(extended: Path, tmp_path: Path) -> None:
    loaded = load_offline(LOAD, extended, tmp_path)
    manifest = read_manifest(extended)
    assert loaded["names"] == ["plain", "other", "mini", "preview", "plain-held-out"]
    assert set(loaded["names"]) == set(manifest.configs)
    assert loaded["default"] == loaded["plain"]
    for name in loaded["names"]:
        splits = manifest.configs[name].splits
        assert loaded[name]["rows"] == {split: s.num_rows for split, s in splits.items()}
    columns = DATASET.columns("plain")
    for name in ("plain", "other", "mini"):
        assert loaded[name]["features"] == feature_spec(columns)
    assert loaded["preview"]["features"]["density_image"]["_type"] == "Image"
    inputs = [column for column in columns if column.name in INPUTS]
    assert loaded["plain-held-out"]["features"] == feature_spec(inputs)
    assert loaded["plain-held-out"]["rows"] == {"test": ROWS}
    assert loaded["index"] == list(range(10))
    sample = generate(DATASET, "plain", "test", [3])["density"][0].astype(np.float16)
    assert loaded["density"] == sample.tolist()
    assert not loaded["mesoinv"]


def test_load_dataset_reads_a_held_out_folder(standalone: Path, tmp_path: Path) -> None:
    loaded = load_offline(LOAD, standalone, tmp_path)
    assert loaded["names"] == [loaded["default"]["config"]] == ["plain-held-out"]
    assert loaded["index"] == list(range(ROWS))


def test_text(toy_folder: Path, standalone: Path) -> None:
    text = (toy_folder / "README.md").read_text()
    assert f"---\n{MARKER}\n\n# Toy\n" in text
    assert "`toy`, version **1.0.0**" in text
    assert 'load_dataset("path/to/this/folder", "plain", split="test")' in text
    assert "`mesoinv card FOLDER --dataset package.module:OBJECT`" in text
    assert "`mesoinv verify FOLDER --dataset package.module:OBJECT`" in text
    assert str(toy_folder) not in text
    assert head_of(toy_folder)["license"] == "cc-by-4.0"
    assert '"plain-held-out", split="test"' in (standalone / "README.md").read_text()


def test_a_dataset_of_ours_needs_no_option(tmp_path: Path) -> None:
    folder = build("percolation", ["L10"], out=tmp_path / "percolation")
    text = (folder / "README.md").read_text()
    assert "`mesoinv card FOLDER`" in text
    assert "--dataset" not in text
    assert verify(folder, samples=1).ok


def test_extended_by_other_configurations(toy_folder: Path, tmp_path: Path) -> None:
    out = build(TOY, ["other"], out=tmp_path / "toy")
    assert names_in(out) == ["other"]
    assert head_of(out)["configs"][0]["default"] is True
    build(TOY, ["plain"], out=out)
    assert names_in(out) == ["plain", "other", "mini", "preview"]
    assert (out / "README.md").read_bytes() == (toy_folder / "README.md").read_bytes()
    assert verify(out, samples=1, dataset=TOY).ok


def test_a_lost_readme_is_written_again(toy_folder: Path, tmp_path: Path) -> None:
    expected = (toy_folder / "README.md").read_bytes()
    for number, damage in enumerate((None, b"", b"\n", f"---\nhalf\n---\n{MARKER}".encode())):
        out = shutil.copytree(toy_folder, tmp_path / str(number))
        (out / "README.md").unlink()
        if damage is not None:
            (out / "README.md").write_bytes(damage)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            build(TOY, out=out)
        assert (out / "README.md").read_bytes() == expected


FOREIGN = [
    b"My notes on toys.\n",
    b"---\nlicense: mit\n---\n\nMine.\n",
    b"---\nconfigs: [\n---\nnot YAML\n",
    b"---\nday: 2026-02-30\n---\nno such day\n",
    b"---\n- a list\n---\n",
    b"---\nnever closed\n",
    b"\xff\xfe not UTF-8",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_somebody_elses_readme_is_left_alone(toy_folder: Path, tmp_path: Path, text: bytes) -> None:
    out = shutil.copytree(toy_folder, tmp_path / "toy")
    (out / "README.md").write_bytes(text)
    with pytest.warns(UserWarning, match=r"README\.md was not written by mesoinv") as caught:
        build(TOY, out=out)
    assert "(plain, other, mini, preview)" in str(caught[0].message)
    assert f"`mesoinv card {out} --dataset package.module:OBJECT` replaces" in str(
        caught[0].message
    )
    assert (out / "README.md").read_bytes() == text
    assert not list(out.glob(".*"))


def test_the_command_says_that_it_left_a_readme_alone(toy_folder: Path, tmp_path: Path) -> None:
    out = shutil.copytree(toy_folder, tmp_path / "toy")
    (out / "README.md").write_text("Mine")
    done = run("generate", TOY, "--out", out, "--workers", 1)
    assert done.returncode == 0
    assert f"{out}/README.md was not written by mesoinv and stays as it is." in done.stderr
    assert (out / "README.md").read_text() == "Mine"


def test_somebody_elses_readme_with_the_right_head_needs_no_word(
    toy_folder: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(toy_folder, tmp_path / "toy")
    head = {"language": "en"} | head_of(out)
    text = f"---\n{yaml.safe_dump(head)}---\nMine, with the head of mesoinv.\n"
    (out / "README.md").write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(TOY, out=out)
    assert (out / "README.md").read_text() == text


def test_an_unfinished_configuration_is_not_offered(toy_folder: Path, tmp_path: Path) -> None:
    """One configuration was killed; the other one is built: the folder offers what is whole."""
    out = build(TOY, ["other"], out=tmp_path / "toy")
    manifest, whole = read_manifest(out), read_manifest(toy_folder).configs["plain"]
    whole.splits["train"].shards.pop()
    manifest.configs = {"plain": whole, **manifest.configs}
    shutil.copytree(toy_folder / "plain", out / "plain")
    (out / "README.md").unlink()
    write_manifest(out, manifest)
    build(TOY, ["other"], out=out)
    assert names_in(out) == ["other"]
    build(TOY, out=out)
    assert names_in(out) == ["plain", "other", "mini", "preview"]
    assert digests(out) == digests(toy_folder)
