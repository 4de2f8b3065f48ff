"""The part of an audit that repeats the physics: samples made anew and compared with the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.audit.files import Readable, stored_columns
from mesoinv.generators.pipeline.compute import compute_rows
from mesoinv.generators.pipeline.storage import read_rows, to_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.audit.keys import Key
    from mesoinv.generators.pipeline.audit.report import Report
    from mesoinv.generators.pipeline.base import Batch, Column, Dataset


def choose_rows(counts: Sequence[int], samples: int, seed: int) -> list[NDArray[np.int64]]:
    """Choose rows at random, spread as evenly over the groups as their sizes allow.

    Parameters
    ----------
    counts : sequence of int
        Rows in each group.
    samples : int
        Rows to choose in total; all of them if there are fewer.
    seed : int
        Same seed, same rows.

    Returns
    -------
    list of (n,) array of int
        For each group its chosen rows, sorted.
    """
    rng, taken = np.random.default_rng(seed), [0] * len(counts)
    order = rng.permutation(len(counts)).tolist()
    left = min(samples, sum(counts))
    while left:
        for group in order:
            if left and taken[group] < counts[group]:
                taken[group] += 1
                left -= 1
    return [
        np.sort(rng.choice(count, size=number, replace=False)).astype(np.int64)
        for count, number in zip(counts, taken, strict=True)
    ]


def check_samples(
    shards: Sequence[Readable],
    dataset: Dataset,
    report: Report,
    choice: tuple[int, int, str],
    key: Key,
    step: Callable[[], None],
) -> None:
    """Compute ``choice = (samples, seed, device)`` samples again and compare every column.

    The samples are spread over the splits, then over the files of a split by their rows. Held-out
    ones that the key does not open are left out.
    """
    samples, seed, device = choice
    groups: dict[tuple[int, str], list[Readable]] = {}
    for shard in filter(lambda s: key.opens(s.record), shards):
        groups.setdefault((id(shard.record), shard.split), []).append(shard)
    counts = [sum(s.shard.num_rows for s in group) for group in groups.values()]
    report.rows = sum(counts)
    chosen = choose_rows(counts, samples, seed)
    for group, rows in zip(groups.values(), chosen, strict=True):
        start = 0
        for shard in group:
            end = start + shard.shard.num_rows
            for row in rows[(rows >= start) & (rows < end)]:
                _check_sample(shard, int(row) - start, dataset, report, device, key)
                step()
            start = end


def _check_sample(
    shard: Readable, row: int, dataset: Dataset, report: Report, device: str, key: Key
) -> None:
    record, file, index = shard.record, shard.shard.file, shard.shard.first_row + row
    split, salt = key.stream(record, shard.split)
    columns = stored_columns(dataset, record)
    try:
        stored = read_rows(shard.path, row, 1, columns)
    except (MesoinvError, pa.ArrowException, ValueError) as error:
        report.add("unreadable", f"cannot be decoded ({error})", file, index)
        return
    try:
        anew = compute_rows(
            dataset,
            record.source,
            split,
            np.array([index], dtype=np.int64),
            solver=record.solver if record.solver in dataset.solvers else dataset.solvers[0],
            device=device,
            salt=salt,
        )
        fresh = {c.name: to_storage(c, anew[c.name]) for c in columns}
    except MesoinvError as error:
        report.add("sample", f"cannot be computed ({error})", file, index)
        return
    report.samples += 1
    for column in columns:
        _compare(column, stored, fresh, report, (file, index))


def _compare(
    column: Column, stored: Batch, fresh: Batch, report: Report, place: tuple[str, int]
) -> None:
    old, new = stored[column.name], fresh[column.name]
    error = 0.0 if old.tobytes() == new.tobytes() else relative_error(old, new, column.floor)
    report.largest_error[column.name] = max(report.largest_error.get(column.name, 0.0), error)
    if column.rtol == 0.0 and old.tobytes() != new.tobytes():
        message = (
            f"stored and computed values differ (relative L2 error {error:.3g}, must be equal)"
        )
    elif not error <= column.rtol:
        message = f"relative L2 error {error:.3g} is above {column.rtol:.3g}"
    else:
        return
    report.add("sample", message, *place, column.name)


def relative_error(stored: NDArray[Any], computed: NDArray[Any], floor: float = 0.0) -> float:
    """Return ‖stored − computed‖ / max(‖computed‖, floor); infinite if not both are finite."""
    old, new = stored.astype(np.float64), computed.astype(np.float64)
    if np.array_equal(old, new, equal_nan=True):
        return 0.0
    with np.errstate(all="ignore"):
        error = float(np.linalg.norm(old - new) / np.maximum(np.linalg.norm(new), floor))
    return error if np.isfinite(error) else float("inf")
