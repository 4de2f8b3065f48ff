"""The store of generated samples: what is computed, what is kept, and who may share it."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from toy_dataset import Toy

from mesoinv.generators.pipeline.loading import store
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Batch
    from mesoinv.generators.pipeline.seeding import Stream

COLUMNS = ("index", "potential", "density")
WHOLE = 64


class Counting(Toy):
    """Notes which samples are computed, in the order in which they are."""

    rows_per_part = rows_per_shard = WHOLE

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
    return Request("test_store:COUNTING", "plain", "train", count, columns or COLUMNS)


def generate_samples(request: Request, cache: Path, **options: Any) -> dict[str, np.ndarray]:
    return SampleSource(cache=cache, **options).arrays(request)


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """The samples that every request here is a beginning of."""
    samples = generate_samples(request(300), tmp_path_factory.mktemp("whole"))
    COUNTING.computed()
    return samples


def check(samples: dict[str, np.ndarray], whole: dict[str, np.ndarray], count: int) -> None:
    """Compare samples with the first `count` of all."""
    for name, values in samples.items():
        assert values.dtype == whole[name].dtype
        np.testing.assert_array_equal(values, whole[name][:count])


def test_exactly_the_asked_samples_are_computed(tmp_path: Path, whole: dict) -> None:
    for before, count in ((0, 2), (2, 2), (2, 40), (40, 3), (40, 64), (64, 90), (90, 300)):
        check(generate_samples(request(count), tmp_path), whole, count)
        assert COUNTING.computed() == list(range(before, count))


def test_parts_are_computed_at_once_and_progress_is_shown(tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []
    COUNTING.computed()
    generate_samples(request(150), tmp_path, progress=lambda *done: shown.append(done))
    assert [len(batch) for batch in COUNTING.batches] == [64, 64, 22]
    # first what is there: a bar begins before the first part is done
    assert shown == [(0, 150), (64, 150), (128, 150), (150, 150)]
    shown.clear()
    generate_samples(request(210), tmp_path, progress=lambda *done: shown.append(done))
    assert shown == [(128, 210), (192, 210), (210, 210)]
    assert COUNTING.computed() == list(range(210))


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


def test_parts_are_read_one_at_a_time(tmp_path: Path, whole: dict) -> None:
    source = SampleSource(cache=tmp_path)
    source.arrays(request(20))
    parts = list(source.batches(request(150)))
    assert [len(part["index"]) for part in parts] == [WHOLE, WHOLE, 150 - 2 * WHOLE]
    check({name: np.concatenate([p[name] for p in parts]) for name in COLUMNS}, whole, 150)
    (part,) = source.batches(request(7))
    check(part, whole, 7)


def test_samples_are_read_in_any_order(tmp_path: Path, whole: dict) -> None:
    rows = SampleSource(cache=tmp_path).rows(request(150))
    order = np.random.default_rng(0).permutation(150)
    for chosen in (order, order[:3], [149, 0, 149], []):
        for name, values in rows.take(chosen).items():
            np.testing.assert_array_equal(values, whole[name][np.asarray(chosen, int)])
            assert values.dtype == whole[name].dtype
    for wrong in ([150], [-1]):
        with pytest.raises(IndexError, match="0 to 149"):
            rows.take(wrong)


def test_large_rows_are_read_from_disk(
    tmp_path: Path, whole: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_SMALL_ROW", 16)
    rows = SampleSource(cache=tmp_path).rows(request(150))
    assert set(rows._small) == {"index"}
    chosen = [149, 3, 70, 3]
    for name, values in rows.take(chosen).items():
        np.testing.assert_array_equal(values, whole[name][chosen])


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damaged_files_are_made_again(tmp_path: Path, whole: dict, damage: str) -> None:
    generate_samples(request(150), tmp_path)
    COUNTING.computed()
    path = next(tmp_path.rglob("density-000000064.npy"))
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes({"flip": content, "cut": content[:-100], "empty": b""}[damage])
    with pytest.warns(UserWarning, match="density-000000064.npy is damaged"):
        check(generate_samples(request(150), tmp_path), whole, 150)
    assert COUNTING.computed() == list(range(64, 128))


def test_numpy_reads_the_files(tmp_path: Path, whole: dict) -> None:
    generate_samples(request(64), tmp_path)
    path = next(tmp_path.rglob("density-000000000.npy"))
    np.testing.assert_array_equal(np.load(path), whole["density"][:64])


def test_another_solver_has_another_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = generate_samples(request(3), tmp_path)
    monkeypatch.setattr(Counting, "solvers", ("rough", "exact"))
    rough = generate_samples(request(3), tmp_path)
    assert not np.array_equal(exact["density"], rough["density"])
    assert len({path.parent for path in tmp_path.rglob("*.npy")}) == 2


def test_a_built_folder_gives_the_same_in_any_order(tmp_path: Path, whole: dict) -> None:
    from mesoinv.generators.pipeline.build import build

    folder = build(COUNTING, ["plain"], size="small", out=tmp_path / "toy")
    small = Request("test_store:COUNTING", "plain", "train", 50, COLUMNS)
    COUNTING.computed()
    source = SampleSource(str(folder), tmp_path / "cache")
    check(source.arrays(small), whole, 50)
    for _ in range(2):  # unpacked, then there
        rows = source.rows(small)
        check(rows.take(range(50)), whole, 50)
    assert COUNTING.computed() == []


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
        samples = generate_samples(request(100), cache)
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
    alone = generate_samples(request(100), tmp_path / "alone")
    for out in outs:
        with np.load(out) as samples:
            for name in COLUMNS:
                np.testing.assert_array_equal(samples[name], alone[name])
    assert {path.suffix for path in cache.rglob("*") if path.is_file()} == {".npy", ".json"}


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        generate_samples(request(3), tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["store.json"]
