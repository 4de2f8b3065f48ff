"""The cache of generated samples: what is computed, what is kept, and who may share it."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mesoinv.zoo.training import samples as sampling
from mesoinv.zoo.training.samples import Request, generate_samples

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

TOY = "toy_dataset:DATASET"
COLUMNS = ("index", "potential", "density")


def request(count: int, *columns: str) -> Request:
    return Request(TOY, "plain", "train", count, columns or COLUMNS)


def fill_together(cache: Path, barrier: Barrier, out: Path) -> None:
    """Complete a cache; every file is written when the other process has written its own."""
    save = np.save

    def save_and_wait(file: Any, values: np.ndarray) -> None:
        save(file, values)
        barrier.wait(timeout=60)

    np.save = save_and_wait
    try:
        samples = generate_samples(request(300), cache)
    except BaseException:
        barrier.abort()  # the other one shall not wait for a process that failed
        raise
    np.savez(out, **samples)


def test_two_processes_complete_one_cache(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, cache = context.Barrier(2), tmp_path / "cache"
    outs = [tmp_path / "first.npz", tmp_path / "second.npz"]
    both = [context.Process(target=fill_together, args=(cache, barrier, out)) for out in outs]
    for process in both:
        process.start()
    for process in both:
        process.join(timeout=120)
    assert [process.exitcode for process in both] == [0, 0]
    alone = generate_samples(request(300), tmp_path / "alone")
    for out in outs:
        with np.load(out) as samples:
            for name in COLUMNS:
                np.testing.assert_array_equal(samples[name], alone[name])
    assert {path.suffix for path in cache.rglob("*") if path.is_file()} == {".npy"}


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sampling.np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        generate_samples(request(3), tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
