"""The cache of generated samples: what is computed, what is kept, and who may share it."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from toy_dataset import Toy

from mesoinv.generators.pipeline.loading import samples as sampling
from mesoinv.generators.pipeline.loading.samples import Request, generate_samples, iter_generated

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Batch
    from mesoinv.generators.pipeline.seeding import Stream

COLUMNS = ("index", "potential", "density")
WHOLE = 256


class Counting(Toy):
    """Notes which samples are computed, in the order in which they are."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.meanwhile: Callable[[], object] | None = None

    def draw(self, config: str, stream: Stream, indices: np.ndarray) -> Batch:
        self.batches.append(indices.tolist())
        if self.meanwhile is not None:
            call, self.meanwhile = self.meanwhile, None
            call()
        return super().draw(config, stream, indices)

    def computed(self) -> list[int]:
        """Return the samples that were computed since the last call."""
        rows = [row for batch in self.batches for row in batch]
        self.batches.clear()
        return rows


COUNTING = Counting()


def request(count: int, *columns: str) -> Request:
    return Request("test_sample_cache:COUNTING", "plain", "train", count, columns or COLUMNS)


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """The samples that every request here is a beginning of."""
    samples = generate_samples(request(600), tmp_path_factory.mktemp("whole"))
    COUNTING.computed()
    return samples


def check(samples: dict[str, np.ndarray], whole: dict[str, np.ndarray], count: int) -> None:
    """Compare samples with the first `count` of all."""
    for name, values in samples.items():
        assert values.dtype == whole[name].dtype
        np.testing.assert_array_equal(values, whole[name][:count])


def test_exactly_the_asked_samples_are_computed(tmp_path: Path, whole: dict) -> None:
    for before, count in ((0, 2), (2, 2), (2, 70), (70, 3), (70, 256), (256, 300), (300, 600)):
        check(generate_samples(request(count), tmp_path), whole, count)
        assert COUNTING.computed() == list(range(before, count))


def test_samples_are_computed_in_batches_and_progress_is_shown(tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []
    COUNTING.computed()
    generate_samples(request(300), tmp_path, progress=lambda *done: shown.append(done))
    assert [len(batch) for batch in COUNTING.batches] == [64, 64, 64, 64, 44]
    assert shown == [(256, 300), (300, 300)]
    shown.clear()
    generate_samples(request(550), tmp_path, progress=lambda *done: shown.append(done))
    assert shown == [(512, 550), (550, 550)]
    assert COUNTING.computed() == list(range(550))


def test_whole_files_of_older_caches_are_used(tmp_path: Path, whole: dict) -> None:
    folder = tmp_path / "toy-1.0.0" / "plain-train"
    folder.mkdir(parents=True)
    for name in COLUMNS:
        np.save(folder / f"{name}-0000000.npy", whole[name][:WHOLE])
    for before, count in ((WHOLE, 10), (WHOLE, WHOLE), (WHOLE, 300)):
        check(generate_samples(request(count), tmp_path), whole, count)
        assert COUNTING.computed() == list(range(before, count))


def test_columns_are_extended_each_from_where_it_ends(tmp_path: Path, whole: dict) -> None:
    for columns, count, rows in (
        (("index",), 10, range(10)),
        (("index", "density"), 5, range(5)),
        (("density", "index"), 12, range(5, 12)),
        (("index", "potential"), 12, range(12)),
        (COLUMNS, 12, range(0)),
    ):
        check(generate_samples(request(count, *columns), tmp_path), whole, count)
        assert COUNTING.computed() == list(rows)


def test_pieces_are_read_one_at_a_time(tmp_path: Path, whole: dict) -> None:
    generate_samples(request(20), tmp_path)
    pieces = list(iter_generated(request(600), tmp_path))
    assert [len(piece["index"]) for piece in pieces] == [WHOLE, WHOLE, 600 - 2 * WHOLE]
    check({name: np.concatenate([p[name] for p in pieces]) for name in COLUMNS}, whole, 600)
    (piece,) = iter_generated(request(7), tmp_path)
    check(piece, whole, 7)
    assert piece["index"].flags.owndata


def test_a_smaller_request_meanwhile_takes_nothing_away(tmp_path: Path, whole: dict) -> None:
    for many, few in ((10, 2), (WHOLE, 3)):
        COUNTING.meanwhile = lambda many=many: generate_samples(request(many), tmp_path / str(many))
        check(generate_samples(request(few), tmp_path / str(many)), whole, few)
        COUNTING.computed()
        check(generate_samples(request(many), tmp_path / str(many)), whole, many)
        assert COUNTING.computed() == []


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
