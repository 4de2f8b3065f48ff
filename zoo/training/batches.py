"""Batches from arrays in memory: whole batches at a time, so that the network never waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler

if TYPE_CHECKING:
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


def loader(pairs: Pairs, batch_size: int, *, shuffle: bool, seed: int) -> DataLoader[Pair]:
    """Return batches in a seeded random order, or in order."""
    generator = torch.Generator().manual_seed(seed)
    order = RandomSampler(pairs, generator=generator) if shuffle else SequentialSampler(pairs)
    batches = BatchSampler(order, batch_size, drop_last=shuffle and len(pairs) >= batch_size)
    return DataLoader(pairs, sampler=batches, batch_size=None)


def stack_columns(samples: dict[str, NDArray[Any]], columns: list[str]) -> NDArray[Any]:
    """Return one column as it is, several scalar ones as (count, columns)."""
    if len(columns) == 1:
        column = samples[columns[0]]
        return column[:, None] if column.ndim == 1 else column
    return np.stack([samples[name] for name in columns], axis=1)
