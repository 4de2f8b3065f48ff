"""One unit of work: draw and solve a part's samples and pack them for the journey home."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.plan import Part, stream_of
from mesoinv.generators.pipeline.storage import plain_table, to_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.base import Batch, Column, Dataset


#: Of the SHA-256 that stands before the content of a saved part.
DIGEST_BYTES = 32


@dataclass(frozen=True)
class PartJob:
    """A part and how to compute it; travels to workers by pickle.

    Attributes
    ----------
    dataset : Dataset
        Whose samples.
    part : Part
        Which rows, and their name on disk.
    config, split : str
        Name of the stream that the samples are drawn from.
    columns : tuple of Column
        What is kept of them; nothing else leaves the worker.
    solver, device : str
        How they are solved.
    salt : bytes
        Key of a held-out split, not shown; empty for public ones.
    """

    dataset: Dataset
    part: Part
    config: str
    split: str
    columns: tuple[Column, ...]
    solver: str
    device: str
    salt: bytes = field(default=b"", repr=False)


def compute_rows(
    dataset: Dataset,
    config: str,
    split: str,
    indices: NDArray[np.int64],
    *,
    solver: str,
    device: str,
    salt: bytes = b"",
) -> Batch:
    """Draw and solve some samples in one batch.

    Parameters
    ----------
    dataset : Dataset
        A declaration.
    config, split : str
        Name of the stream.
    indices : (B,) array of int
        Samples.
    solver, device : str
        How they are solved.
    salt : bytes
        Key of a held-out split; empty for public ones.

    Returns
    -------
    dict of str to array
        The declared columns, not yet rounded to their storage types.

    Raises
    ------
    MesoinvError
        If the dataset does not return a column that it declares.
    """
    try:
        drawn = dataset.draw(config, stream_of(dataset, config, split, salt), indices)
        solved = dataset.solve(config, drawn, device=device, solver=solver)
    except Exception as error:
        error.add_note(f"in {dataset.name}/{config}/{split}, samples {indices.tolist()}")
        raise
    names = [column.name for column in dataset.columns(config)]
    if missing := [name for name in names if name not in solved]:
        raise MesoinvError(f"{dataset.name}/{config}: solve() returned no {', '.join(missing)}.")
    return {name: np.asarray(solved[name]) for name in names}


def compute_part(task: PartJob) -> bytes:
    """Compute a part; return its digest and an arrow file that also says the seconds it took."""
    part, start = task.part, time.perf_counter()
    batch = compute_rows(
        task.dataset,
        task.config,
        task.split,
        np.arange(part.first, part.first + part.count, dtype=np.int64),
        solver=task.solver,
        device=task.device,
        salt=task.salt,
    )
    seconds = time.perf_counter() - start
    table = to_table(task.columns, batch)
    table = table.replace_schema_metadata({"seconds": repr(seconds)})
    sink = pa.BufferOutputStream()
    # waiting parts take several times the room of their shard otherwise
    packing = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(sink, table.schema, options=packing) as writer:
        writer.write_table(table)
    packed: bytes = sink.getvalue().to_pybytes()
    return hashlib.sha256(packed).digest() + packed


def read_part(path: Path, columns: Sequence[Column]) -> tuple[pa.Table, float]:
    """Read a saved part as a table of the shard's schema, and the seconds it took."""
    table = _open(path).read_all()
    seconds = float(table.schema.metadata[b"seconds"])
    return plain_table(table, columns), seconds


def is_saved(path: Path, part: Part) -> bool:
    """Whether a part is on disk, as it was written (a power cut may leave an empty file)."""
    try:
        file = _open(path)
        rows = sum(file.get_batch(n).num_rows for n in range(file.num_record_batches))
    except (OSError, pa.ArrowInvalid):
        return False
    return bool(rows == part.count)


def _open(path: Path) -> pa.ipc.RecordBatchFileReader:
    """Open a part.

    Raises
    ------
    OSError
        If it is not what was written: arrow itself would not notice another number.
    """
    content = path.read_bytes()
    digest, packed = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(packed).digest() != digest:
        raise OSError(f"{path} is damaged")
    return pa.ipc.open_file(pa.BufferReader(packed))
