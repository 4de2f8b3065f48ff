"""Samples for torch: by number and as streams, from a folder, the Hub's layout and generated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from toy_dataset import DATASET

import mesoinv
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.build import build
from mesoinv.generators.pipeline.generate import generate
from mesoinv.loaders import SampleDataset, SampleStream

if TYPE_CHECKING:
    from pathlib import Path

NAME = "toy_dataset:DATASET"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of 50 training samples, in files of 16 and row groups of 4."""
    return build(DATASET, ["plain"], size="small", out=tmp_path_factory.mktemp("toy") / "toy")


@pytest.fixture(scope="module")
def truth() -> dict[str, np.ndarray]:
    return generate(DATASET, "plain", "train", range(50))


def test_items_are_samples(folder: Path, truth: dict, tmp_path: Path) -> None:
    for source in (NAME, folder, str(folder)):
        data = SampleDataset(source, "plain", count=50, cache=tmp_path, dataset=NAME)
        assert len(data) == 50
        for number in (0, 49, 7):
            item = data[number]
            assert set(item) == {c.name for c in DATASET.columns("plain")}
            assert item["density"].dtype == torch.float32
            assert item["index"].dtype == torch.int64
            assert item["occupied"].dtype == torch.bool
            assert int(item["index"]) == number
            np.testing.assert_allclose(item["potential"], truth["potential"][number], rtol=1e-6)
    assert len(SampleDataset(folder, "plain", "test", cache=tmp_path, dataset=NAME)) == 13
    half = SampleDataset(
        folder, "plain", columns=["density"], dtype=torch.float16, cache=tmp_path, dataset=NAME
    )
    assert half[0]["density"].dtype == torch.float16
    with pytest.raises(IndexError):
        data[50]


def test_a_loader_shuffles_exactly(folder: Path, truth: dict, tmp_path: Path) -> None:
    data = SampleDataset(
        folder, "plain", columns=["index", "potential"], cache=tmp_path, dataset=NAME
    )
    for workers in (0, 2):
        generator = torch.Generator().manual_seed(0)
        loader = DataLoader(data, 8, shuffle=True, generator=generator, num_workers=workers)
        batches = list(loader)
        index = torch.cat([b["index"] for b in batches]).numpy()
        assert sorted(index) == list(range(50))
        assert (index != np.arange(50)).sum() > 30
        potential = torch.cat([b["potential"] for b in batches]).numpy()
        np.testing.assert_allclose(potential, truth["potential"][index], rtol=1e-6)


def indices(stream: SampleStream, count: int | None = None) -> list[int]:
    seen = []
    for item in stream:
        seen.append(int(item["index"]))
        if len(seen) == count:
            break
    return seen


def test_a_stream_reads_a_folder_once(folder: Path) -> None:
    stream = SampleStream(folder, "plain", columns=["index"], dataset=NAME)
    assert indices(stream) == list(range(50))
    assert stream.epoch == 1
    shuffled = SampleStream(folder, "plain", columns=["index"], seed=3, dataset=NAME)
    first, second = indices(shuffled), indices(shuffled)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second != list(range(50))
    shuffled.set_epoch(0)
    assert indices(shuffled) == first


def test_generated_streams_do_not_end(truth: dict) -> None:
    stream = SampleStream(NAME, "plain", columns=["index", "potential"])
    items = [item for _, item in zip(range(11), stream, strict=False)]
    np.testing.assert_allclose(items[10]["potential"], truth["potential"][10], rtol=1e-6)
    assert indices(SampleStream(NAME, "plain", columns=["index"]), 1200)[-1] == 1199


@pytest.mark.parametrize("seed", [None, 5])
def test_streams_are_shared_out(folder: Path, seed: int | None) -> None:
    shares = [
        indices(
            SampleStream(
                folder, "plain", columns=["index"], seed=seed, rank=r, world=3, dataset=NAME
            )
        )
        for r in range(3)
    ]
    assert sorted(i for share in shares for i in share) == list(range(50))
    assert min(map(len, shares)) >= 14
    stream = SampleStream(folder, "plain", columns=["index"], seed=seed, dataset=NAME)
    loaded = [int(i) for b in DataLoader(stream, 5, num_workers=2) for i in b["index"]]
    assert sorted(loaded) == list(range(50))


@pytest.mark.parametrize("seed", [None, 5])
@pytest.mark.parametrize("stop", [1, 4, 6, 49])
def test_a_stream_goes_on_where_it_stood(folder: Path, seed: int | None, stop: int) -> None:
    whole = indices(SampleStream(folder, "plain", columns=["index"], seed=seed, dataset=NAME))
    stream = SampleStream(folder, "plain", columns=["index"], seed=seed, dataset=NAME)
    assert indices(stream, stop) == whole[:stop]
    other = SampleStream(folder, "plain", columns=["index"], seed=seed, dataset=NAME)
    other.load_state_dict(stream.state_dict())
    assert indices(other) == whole[stop:]
    assert len(indices(other)) == 50  # the next epoch is whole


def test_wrong_requests_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column densty"):
        SampleDataset(folder, "plain", columns=["densty"], cache=tmp_path, dataset=NAME)
    with pytest.raises(UsageError, match="config"):
        SampleDataset("pldos", "plane", cache=tmp_path)
    with pytest.raises(MesoinvError, match="holds 50 samples"):
        SampleDataset(folder, "plain", count=51, cache=tmp_path, dataset=NAME)
    with pytest.raises(UsageError, match="count must be 1"):
        SampleDataset(folder, "plain", count=0, cache=tmp_path, dataset=NAME)
    with pytest.raises(UsageError, match="rank is 0 to"):
        SampleStream(folder, "plain", rank=2, world=2, dataset=NAME)
    with pytest.raises(UsageError, match="take no seed"):
        SampleStream(NAME, "plain", seed=1)
    with pytest.raises(MesoinvError, match="no samples of other/train"):
        SampleStream(folder, "other", dataset=NAME)


def test_the_face_has_them() -> None:
    assert mesoinv.loaders.SampleDataset is SampleDataset


@pytest.mark.parametrize("start", ["spawn", "forkserver"])
@pytest.mark.parametrize("kind", ["by number", "stream"])
def test_processes_that_are_started_anew(
    start: str, kind: str, folder: Path, truth: dict, tmp_path: Path
) -> None:
    options: dict = {"columns": ["index"], "dataset": NAME}
    data = (
        SampleDataset(folder, "plain", cache=tmp_path, **options)
        if kind == "by number"
        else SampleStream(folder, "plain", **options)
    )
    loader = DataLoader(data, batch_size=7, num_workers=2, multiprocessing_context=start)
    assert sorted(int(i) for batch in loader for i in batch["index"]) == list(range(50))
