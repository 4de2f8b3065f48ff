"""A real dask cluster: the same content as one process, whatever is killed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from build_helpers import digests
from dask_cluster import cluster
from toy_dataset import DATASET
from typer.testing import CliRunner

from mesoinv.cli import app
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline import workers
from mesoinv.generators.pipeline.build import build
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What one process builds."""
    return digests(build(DATASET, out=tmp_path_factory.mktemp("one") / "toy"))


def when_begun(folder: Path, act) -> threading.Thread:
    """Do something once a build has saved its first part."""

    def wait() -> None:
        deadline = time.monotonic() + 60
        while not list(folder.glob(".build/*/*.arrow")) and time.monotonic() < deadline:
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_workers_of_their_own(tmp_path, expected, monkeypatch):
    """They are told nothing of the folder: what they compute comes back through the scheduler.

    One of two is killed in the middle, for good: nothing is lost. A cluster without workers ends in
    a sentence, and a folder that goes on.
    """
    with cluster(tmp_path / "cluster", 2, TOY_SECONDS=0.02) as there:
        address = there.address
        killing = when_begun(tmp_path / "toy", there.kill_worker)
        folder = build(DATASET, out=tmp_path / "toy", scheduler=address)
        killing.join()
        assert digests(folder) == expected

        request = Request("toy_dataset:DATASET", "other", "test", 10, ("index", "density"))
        source = SampleSource(cache=tmp_path / "cache", scheduler=address)
        rows = source.arrays(request)
        samples = generate(DATASET, "other", "test", range(10))
        np.testing.assert_array_equal(rows["density"], samples["density"].astype(np.float16))
        longer = Request("toy_dataset:DATASET", "other", "test", 13, ("index", "density"))
        assert source.arrays(longer)["index"].tolist() == list(range(13))

        monkeypatch.setattr(workers, "POLL", 0.2)
        monkeypatch.setattr(workers, "GRACE", 1.0)
        killing = when_begun(tmp_path / "lonely", there.kill_worker)
        with pytest.raises(MesoinvError, match=r"no workers for 1 s\. \d+ of 68 samples are kept"):
            build(DATASET, out=tmp_path / "lonely", scheduler=address)
        killing.join()
    assert digests(build(DATASET, out=tmp_path / "lonely")) == expected


def test_a_scheduler_that_goes(tmp_path, expected):
    with cluster(tmp_path / "cluster", 1, TOY_SECONDS=0.05) as there:
        killing = when_begun(tmp_path / "toy", there.kill_scheduler)
        with pytest.raises(MesoinvError, match=r"was lost .* samples are kept"):
            build(DATASET, out=tmp_path / "toy", scheduler=there.address)
        killing.join()
    assert digests(build(DATASET, out=tmp_path / "toy")) == expected


def test_without_workers(tmp_path):
    with (
        cluster(tmp_path / "cluster", 0) as there,
        pytest.raises(MesoinvError, match=f"has no workers.*dask worker {there.address}"),
    ):
        build(DATASET, out=tmp_path / "toy", scheduler=there.address)


def test_inverting_on_a_cluster(tmp_path):
    """The same landscape as here, and files written here."""
    sample = generate("pldos", "landscape", "test", [0])
    np.save(tmp_path / "start.npy", sample["potential"] * 1.02)
    words = ["invert", "pldos", "--start", tmp_path / "start.npy", "--out"]
    with cluster(tmp_path / "cluster", 1) as there:
        done = CliRunner().invoke(
            app, [*map(str, words), str(tmp_path / "far"), "--scheduler", there.address]
        )
    assert done.exit_code == 0, done.output
    with np.load(tmp_path / "far" / "0.npz") as made:
        assert made["fits"]
        error = made["potential"] - sample["potential"][0]
    assert np.linalg.norm(error) < 1e-4 * np.linalg.norm(sample["potential"])
