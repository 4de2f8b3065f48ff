"""Samples on disk as plain arrays, a file for each part of a column: fast to read in any order.

A file is numpy's ``.npy`` format, followed by the SHA-256 of all before it: other readers do not
see it, and a damaged file is not taken for samples. Files appear whole, and what once stands under
a name never becomes shorter, so that several processes may read and write one store.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.base import Batch, Column

_DIGEST_BYTES = hashlib.sha256().digest_size
#: Columns whose rows are smaller [bytes] are held in memory: reading them one by one is slow.
_SMALL_ROW = 1024


@dataclass(frozen=True)
class Store:
    """The first samples of one split, in parts.

    Attributes
    ----------
    folder : Path
        Where the files are.
    part_rows : int
        Samples in a whole part.
    """

    folder: Path
    part_rows: int
    _checked: set[tuple[str, int]] = field(default_factory=set, repr=False, compare=False)

    def spans(self, count: int) -> list[tuple[int, int]]:
        """Return for each part of `count` samples its first one and the one after its last."""
        rows = self.part_rows
        return [(first, min(first + rows, count)) for first in range(0, count, rows)]

    def write(self, column: str, first: int, values: NDArray[Any]) -> None:
        """Write a part whole or not at all; another process may write the same one meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(column, first, len(values))
        with replacing(path) as temporary, temporary.open("x+b") as file:
            np.save(file, values)
            file.seek(0)
            file.write(hashlib.file_digest(file, "sha256").digest())

    def kept(self, column: str, first: int) -> int:
        """Return how many undamaged samples of a column there are from `first` on."""
        while path := self._longest(column, first):
            if (path.name, path.stat().st_size) in self._checked:
                return _rows_of(path)
            if _is_whole(path):
                self._checked.add((path.name, path.stat().st_size))
                return _rows_of(path)
            warnings.warn(f"{path} is damaged and made again.", stacklevel=2)
            path.unlink(missing_ok=True)
        return 0

    def read(self, column: str, first: int, stop: int) -> NDArray[Any]:
        """Return samples that are kept, `first` being that of a part."""
        path = self._longest(column, first)
        assert path is not None
        rows: NDArray[Any] = np.load(path)
        return rows[: stop - first]

    def batches(self, columns: Sequence[str], count: int) -> Iterator[Batch]:
        """Yield the first samples part by part, one in memory at a time."""
        for first, stop in self.spans(count):
            yield {name: self.read(name, first, stop) for name in columns}

    def _path(self, column: str, first: int, rows: int) -> Path:
        part = "" if rows == self.part_rows else f"-{rows:05d}"
        return self.folder / f"{column}-{first:09d}{part}.npy"

    def _longest(self, column: str, first: int) -> Path | None:
        whole = self._path(column, first, self.part_rows)
        if whole.exists():
            return whole
        # the number of rows is the last thing in a name
        return max(self.folder.glob(f"{whole.stem}-*.npy"), default=None)


def _is_whole(path: Path) -> bool:
    """Whether a file ends in the digest of what stands before."""
    digest, left = hashlib.sha256(), path.stat().st_size - _DIGEST_BYTES
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            digest.update(block)
            left -= len(block)
        return file.read() == digest.digest()


def _rows_of(path: Path) -> int:
    return _header(path)[0][0]


@lru_cache(maxsize=100_000)
def _header(path: Path) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Return shape, type and the place of the first number of a file."""
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return shape, dtype, file.tell()


class StoredRows:
    """Any samples of a complete store by their numbers, read from disk when they are asked for.

    Parameters
    ----------
    store : Store
        Holds at least `count` samples of the columns.
    columns : sequence of Column
        What is read.
    count : int
        Samples that may be asked for.
    """

    def __init__(self, store: Store, columns: Sequence[Column], count: int) -> None:
        self.store, self.columns, self.count = store, tuple(columns), count
        small = [c.name for c in columns if np.dtype(c.dtype).itemsize * _size(c) < _SMALL_ROW]
        parts = [store.read(name, *span) for name in small for span in store.spans(count)]
        each = len(parts) // max(len(small), 1)
        self._small = {
            name: np.concatenate(parts[i * each : (i + 1) * each]) for i, name in enumerate(small)
        }

    def __len__(self) -> int:
        return self.count

    def take(self, rows: Sequence[int], columns: Sequence[str] | None = None) -> Batch:
        """Return samples as arrays (len(rows), …) of the storage type, in the order of `rows`.

        All columns by default.
        """
        index = np.asarray(rows, dtype=np.int64)
        if index.size and not 0 <= index.min() <= index.max() < self.count:
            raise IndexError(f"samples are 0 to {self.count - 1}; got {rows!r:.80}")
        return {
            c.name: self._small[c.name][index] if c.name in self._small else self._gather(c, index)
            for c in self.columns
            if columns is None or c.name in columns
        }

    def _gather(self, column: Column, index: NDArray[np.int64]) -> NDArray[Any]:
        # read, not mapped: mapped pages count as memory of this process
        values = np.empty((len(index), *column.shape), column.dtype)
        flat = values.reshape(len(index), -1).view(np.uint8)
        part_rows = self.store.part_rows
        firsts = index // part_rows * part_rows
        for first in np.unique(firsts).tolist():
            self._read_part(column, first, np.flatnonzero(firsts == first), index, flat)
        return values

    def _read_part(
        self,
        column: Column,
        first: int,
        places: NDArray[np.int64],
        index: NDArray[np.int64],
        flat: NDArray[np.uint8],
    ) -> None:
        path = self.store._longest(column.name, first)
        assert path is not None
        start, size = _header(path)[2], flat.shape[1]
        descriptor = os.open(path, os.O_RDONLY)
        try:
            for place in places.tolist():
                offset = start + (int(index[place]) - first) * size
                if os.preadv(descriptor, [flat[place]], offset) != size:
                    raise OSError(f"{path} ends early")
        finally:
            os.close(descriptor)


def _size(column: Column) -> int:
    return int(np.prod(column.shape, dtype=int))
