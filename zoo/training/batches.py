"""Batches of columns from disk, or from a GPU's memory: whole batches at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.generators.pipeline.loading.store import StoredRows

Batch = dict[str, torch.Tensor]
#: Share of a GPU's free memory that samples may take; beyond it they are read from disk.
_GPU_SHARE = 0.5
#: Samples that are read at once to fill a GPU's memory.
_PIECE = 1024


class Samples(Dataset[Batch]):
    """Columns of samples; a list of indices gives a batch in float32.

    Samples are read from disk when they are asked for. On a GPU all of them are held in its memory
    where they fit, and batches are taken there.

    Parameters
    ----------
    rows : StoredRows
        The samples.
    device : str
        ``"cpu"``, or the GPU that trains.
    """

    def __init__(self, rows: StoredRows, device: str = "cpu") -> None:
        self.rows = rows
        self.held: Batch | None = None
        if device != "cpu" and self._bytes() < _GPU_SHARE * torch.cuda.mem_get_info()[0]:
            self.held = self._hold(device)

    def _bytes(self) -> int:
        each = self.rows.take([0])
        return len(self.rows) * sum(values.nbytes for values in each.values())

    def _hold(self, device: str) -> Batch:
        held: Batch = {}
        for first in range(0, len(self), _PIECE):
            part = self.rows.take(range(first, min(first + _PIECE, len(self))))
            for name, values in part.items():
                piece = torch.from_numpy(values).to(device)
                held.setdefault(name, piece.new_empty((len(self), *piece.shape[1:])))
                held[name][first : first + len(piece)] = piece
        return held

    def __len__(self) -> int:
        return len(self.rows)

    def first(self, column: str, count: int) -> torch.Tensor:
        """Return one column of the first samples, in float32 and not on a GPU."""
        values = self.rows.take(range(min(count, len(self))), [column])[column]
        return torch.from_numpy(values).float()

    def __getitem__(self, rows: list[int]) -> Batch:
        if self.held is None:
            taken = self.rows.take(rows)
            return {name: torch.from_numpy(values).float() for name, values in taken.items()}
        index = torch.as_tensor(rows, device=next(iter(self.held.values())).device)
        return {name: values[index].float() for name, values in self.held.items()}


class Batches(Sampler[list[int]]):
    """Indices of batches; the order is a function of (seed, epoch), so a resumed run goes on in it.

    lightning calls `set_epoch` before each epoch. Of several processes each takes its share of
    every batch, so that a step is the same on any number of devices.
    """

    def __init__(self, samples: int, batch_size: int, *, shuffle: bool, seed: int) -> None:
        self.samples, self.batch_size, self.shuffle = samples, batch_size, shuffle
        self.seed, self.epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order."""
        self.epoch = epoch

    def __len__(self) -> int:
        # a last, smaller batch would weigh its samples more
        whole = self.samples // self.batch_size
        return whole if self.shuffle and whole else -(-self.samples // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.arange(self.samples)
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(self.samples)
        rank, processes = process_share()
        for i in range(len(self)):
            batch = order[i * self.batch_size : (i + 1) * self.batch_size]
            if len(mine := batch[rank::processes]):
                yield mine.tolist()


def process_share() -> tuple[int, int]:
    """Return (number of this process, number of processes) of a training on several devices."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


def loader(samples: Samples, batch_size: int, *, shuffle: bool, seed: int) -> DataLoader[Batch]:
    """Return batches in a seeded random order, or in order."""
    batches = Batches(len(samples), batch_size, shuffle=shuffle, seed=seed)
    return DataLoader(samples, sampler=batches, batch_size=None)
