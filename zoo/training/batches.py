"""Batches from arrays in memory: whole batches at a time, so that the network never waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Pair = tuple[torch.Tensor, torch.Tensor]


class Pairs(Dataset[Pair]):
    """Inputs and outputs in their storage type; a list of indices gives a batch in float32.

    On a GPU all samples stay in its memory, and batches are taken there.
    """

    def __init__(self, inputs: NDArray[Any], outputs: NDArray[Any], device: str = "cpu") -> None:
        self.inputs = torch.from_numpy(inputs).to(device)
        self.outputs = torch.from_numpy(outputs).to(device)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: list[int]) -> Pair:
        index = torch.as_tensor(rows, device=self.inputs.device)
        return self.inputs[index].float(), self.outputs[index].float()


class Batches(Sampler[list[int]]):
    """Indices of batches; the order is a function of (seed, epoch), so a resumed run goes on in it.

    lightning calls `set_epoch` before each epoch.
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
        for i in range(len(self)):
            yield order[i * self.batch_size : (i + 1) * self.batch_size].tolist()


def loader(pairs: Pairs, batch_size: int, *, shuffle: bool, seed: int) -> DataLoader[Pair]:
    """Return batches in a seeded random order, or in order."""
    batches = Batches(len(pairs), batch_size, shuffle=shuffle, seed=seed)
    return DataLoader(pairs, sampler=batches, batch_size=None)


def stack_columns(samples: dict[str, NDArray[Any]], columns: list[str]) -> NDArray[Any]:
    """Return one column as it is, several scalar ones as (count, columns)."""
    if len(columns) == 1:
        column = samples[columns[0]]
        return column[:, None] if column.ndim == 1 else column
    return np.stack([samples[name] for name in columns], axis=1)
