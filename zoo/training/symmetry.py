"""Exact symmetries of samples as augmentations: another sample of the same distribution.

Which groups a configuration has, and what they do to a column, the dataset declares; here they are
drawn at random and applied to batches, for any number of axes.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import torch

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from mesoinv.generators.pipeline.base import Column, Dataset

    Batch = dict[str, Tensor]
    Operation = Callable[[Tensor], Tensor]


def columns_needed(dataset: str, config: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return columns with those that some of them are drawn from."""
    declared = resolve_dataset(dataset).columns(config)
    sources = [c.source for c in declared if c.source and c.name in columns]
    return tuple(dict.fromkeys([*columns, *sources]))


class Augmentation:
    """Random elements of some groups, applied to all columns of a batch alike.

    Parameters
    ----------
    dataset, config : str
        Whose samples.
    groups : sequence of str
        Of `mesoinv.generators.pipeline.base.SYMMETRIES`, applied one after the other.
    columns : sequence of str
        Columns that are wanted; batches also hold those that they are drawn from.

    Raises
    ------
    UsageError
        If the configuration does not have a symmetry, or what it does to a column is not declared.
    """

    def __init__(
        self, dataset: str, config: str, groups: Sequence[str], columns: Sequence[str]
    ) -> None:
        self.dataset: Dataset = resolve_dataset(dataset)
        self.config, self.groups = config, tuple(groups)
        declared = {c.name: c for c in self.dataset.columns(config)}
        self.columns = [declared[name] for name in columns_needed(dataset, config, columns)]
        for group in self.groups:
            self._check(group)

    def _check(self, group: str) -> None:
        where = f"{self.dataset.name}/{self.config}"
        if group not in (there := self.dataset.config(self.config).symmetries):
            raise UsageError(
                f"{group} is no symmetry of {where}; it has {', '.join(there) or 'none'}."
            )
        for column in self.columns:
            if not column.symmetry or (column.symmetry == "own" and group not in _PAIRS):
                raise UsageError(f"{where}: what {group} does to {column.name} is not declared.")

    def __call__(self, batch: Batch) -> Batch:
        """Return the batch (column -> (B, …) physical values), transformed."""
        for group in self.groups:
            fields = [c.name for c in self.columns if c.symmetry == "field"]
            first = next(iter(batch.values()))
            shape = tuple(batch[fields[0]].shape) if fields else (len(first),)
            if group in _PAIRS:
                chosen = torch.rand(shape[0], device=first.device) < 0.5
                batch = {c.name: self._paired(c, batch[c.name], group, chosen)
                         for c in self.columns}  # fmt: skip
            elif fields:
                operation = _DRAW[group](shape, first.device)
                batch = batch | {name: operation(batch[name]) for name in fields}
        return self._drawn(batch) if self.groups else batch

    def _drawn(self, batch: Batch) -> Batch:
        """Draw again what is a picture of a field."""
        for column in self.columns:
            if column.symmetry == "drawn":
                source = batch[column.source]
                made = self.dataset.drawn(self.config, column.name, source.cpu().numpy())
                batch = batch | {column.name: torch.from_numpy(made).to(source)}
        return batch

    def _paired(self, column: Column, x: Tensor, group: str, chosen: Tensor) -> Tensor:
        """Transform the chosen samples by the one element of a group of two."""
        if column.symmetry in {"invariant", "drawn"}:
            return x
        if column.symmetry == "field":
            other = x.flip(_PAIRS[group])
        else:
            values = self.dataset.transformed(self.config, column.name, group, x.cpu().numpy())
            other = torch.from_numpy(values).to(x)
        return torch.where(chosen.reshape(-1, *[1] * (x.ndim - 1)), other, x)


#: Groups of two -> the axis that they mirror.
_PAIRS = {"mirror": -1, "reversal": 1}


def _turn(axes: int, _shape: Any, _device: Any) -> Operation:
    """Draw one element of the square's or the cube's group, for a whole batch."""
    order = (torch.randperm(axes) + 1).tolist()
    mirrored = (torch.nonzero(torch.rand(axes) < 0.5).flatten() + 1).tolist()
    return lambda x: x.permute(0, *order).flip(mirrored)


def _shift(shape: tuple[int, ...], device: Any) -> Operation:
    """Draw a shift along every axis, for each sample of a batch."""
    batch, *sides = shape
    shifts = [torch.randint(n, (batch,), device=device) for n in sides]

    def operation(x: Tensor) -> Tensor:
        index = [torch.arange(batch, device=device).reshape(-1, *[1] * len(sides))]
        for axis, (n, shift) in enumerate(zip(sides, shifts, strict=True)):
            moved = (torch.arange(n, device=device) + shift[:, None]) % n
            index.append(moved.reshape(batch, *(n if a == axis else 1 for a in range(len(sides)))))
        return x[tuple(index)]

    return operation


_DRAW: dict[str, Callable[[tuple[int, ...], Any], Operation]] = {
    "square": functools.partial(_turn, 2),
    "cube": functools.partial(_turn, 3),
    "translations": _shift,
}
