"""Samples for torch: any sample by its number, or a stream of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import given_path, is_folder
from mesoinv.generators.pipeline.compute import compute_rows
from mesoinv.generators.pipeline.loading.built import GENERATE, built_folder, split_files
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.generators.pipeline.storage import read_groups, to_numpy, to_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mesoinv.generators.pipeline.base import Batch, Column

Item = dict[str, torch.Tensor]


@dataclass(frozen=True)
class _Origin:
    """A source of samples that was looked up: what dataset, from where, how many there are."""

    request: Request
    data: str

    @property
    def folder(self) -> Path:
        return built_folder(self.request, self.data)


def _origin(
    source: str | Path,
    config: str,
    split: str,
    columns: Sequence[str] | None,
    *,
    dataset: str | None,
    count: int | None = None,
) -> _Origin:
    """Find the dataset of a source: a dataset's name, a built folder, or a Hub repository."""
    text = str(source)
    if is_folder(folder := given_path(text)):
        name, data = dataset or read_manifest(folder).dataset, text
    elif "/" in text:
        name, data = dataset or text.partition("@")[0].rpartition("/")[2], text
    else:
        name, data = text, GENERATE
    declared = resolve_dataset(name)
    declared.config(config)
    names = tuple(columns or (c.name for c in declared.columns(config)))
    request = Request(name, config, split, count or 0, names)
    request.checked_columns()
    if count is not None and count < 1:
        raise UsageError(f"count must be 1 or more; got {count}.")
    if count is None:
        whole = declared.num_samples(config, "full", split) if data == GENERATE else sum(
            split_files(request, built_folder(request, data)).values()
        )  # fmt: skip
        request = Request(name, config, split, whole, names)
    return _Origin(request, data)


class SampleDataset(Dataset[Item]):
    """Samples by their number; an item is a dictionary of column to tensor.

    They lie on disk as plain arrays, where they are unpacked or generated once, and are read when
    they are asked for: memory does not grow with their number.

    Parameters
    ----------
    source : str or Path
        A dataset's name (samples are generated), a built folder, or a Hub dataset such as
        ``mesoinv/pldos@v1.0.0``.
    config, split : str
        Of the dataset.
    columns : sequence of str, optional
        All by default.
    dataset : str, optional
        Of a folder or a Hub dataset that mesoinv does not list, see `resolve_dataset`.
    count : int, optional
        The first so many samples; all of the split by default.
    cache : path
        Folder of generated and unpacked samples.
    workers : int
        Processes that generate.
    dtype : torch.dtype
        Of real numbers; integers and booleans stay what they are.
    progress : callable, optional
        Called while samples are generated, with (samples there, samples in all).

    Raises
    ------
    UsageError
        If a name is unknown.
    MesoinvError
        If the source does not hold so many samples.
    """

    def __init__(  # noqa: PLR0913  (keywords of a public class)
        self,
        source: str | Path,
        config: str,
        split: str = "train",
        *,
        columns: Sequence[str] | None = None,
        dataset: str | None = None,
        count: int | None = None,
        cache: str | Path = Path("data/cache"),
        workers: int = 1,
        dtype: torch.dtype = torch.float32,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        origin = _origin(source, config, split, columns, dataset=dataset, count=count)
        samples = SampleSource(origin.data, Path(cache), workers, progress=progress)
        self.rows, self.dtype = samples.rows(origin.request), dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Item:
        return self.__getitems__([number])[0]

    def __getitems__(self, numbers: Sequence[int]) -> list[Item]:
        """Return several samples: a `DataLoader` asks for a batch so."""
        tensors = _tensors(self.rows.take([int(n) for n in numbers]), self.dtype)
        return [{name: x[i] for name, x in tensors.items()} for i in range(len(numbers))]


class SampleStream(IterableDataset[Item]):
    """Samples one after the other, shared out over a loader's workers and over ranks.

    A dataset's name generates without end, by index; a folder or a Hub dataset is read once an
    epoch. With a `seed`, parts come in random order and so do the samples within a part; for an
    order that is random throughout take `SampleDataset`.

    Parameters
    ----------
    source, config, split, columns, dataset, dtype
        As for `SampleDataset`.
    seed : int, optional
        Of the order, a function of (seed, epoch); by default the order of the index.
    rank, world : int
        This process and how many there are, where training is distributed.
    device : str
        ``"cpu"`` or ``"cuda"``, to generate on.
    """

    def __init__(  # noqa: PLR0913  (keywords of a public class)
        self,
        source: str | Path,
        config: str,
        split: str = "train",
        *,
        columns: Sequence[str] | None = None,
        dataset: str | None = None,
        seed: int | None = None,
        rank: int = 0,
        world: int = 1,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if not 0 <= rank < world:
            raise UsageError(f"rank is 0 to world - 1; got {rank} of {world}.")
        self.origin = _origin(source, config, split, columns, dataset=dataset)
        self.seed, self.rank, self.world, self.dtype = seed, rank, world, dtype
        self.device = check_device(device)
        self.epoch = self._done = 0
        endless = self.origin.data == GENERATE
        if endless and seed is not None:
            raise UsageError("Generated samples are random and endless: they take no seed.")
        self._parts = None if endless else _groups(self.origin)

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self.epoch, self._done = epoch, 0

    def state_dict(self) -> dict[str, int]:
        """Return where this pass stands: the epoch, and how many samples were given."""
        return {"epoch": self.epoch, "done": self._done}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where another stream stood, in the same share of workers and ranks."""
        self.epoch, self._done = state["epoch"], state["done"]

    def __iter__(self) -> Iterator[Item]:
        """Yield the samples of this share, after those that were given already."""
        skip = self._done
        for part in self._share():
            count = self._size(part)
            if skip >= count:  # not even read
                skip -= count
                continue
            tensors = _tensors(self._read(part), self.dtype)
            for row in self._order(part, count)[skip:]:
                self._done += 1
                yield {name: x[row] for name, x in tensors.items()}
            skip = 0
        self._done = 0
        self.epoch += 1

    def _share(self) -> Iterable[int]:
        """Return the numbers of the parts that belong to this worker of this rank."""
        worker = get_worker_info()
        workers, number = (worker.num_workers, worker.id) if worker else (1, 0)
        first, step = self.rank * workers + number, self.world * workers
        if self._parts is None:
            return itertools.count(first, step)
        order = np.arange(len(self._parts))
        if self.seed is not None:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        return [int(part) for part in order[first::step]]

    def _size(self, part: int) -> int:
        if self._parts is None:
            return self.origin.request.declared.part_rows(self.origin.request.config)
        return self._parts[part][2]

    def _order(self, part: int, count: int) -> list[int]:
        if self.seed is None:
            return list(range(count))
        rng = np.random.default_rng((self.seed, self.epoch, part))
        return [int(row) for row in rng.permutation(count)]

    def _read(self, part: int) -> Batch:
        request = self.origin.request
        columns = request.checked_columns()
        if self._parts is not None:
            path, group, _ = self._parts[part]
            return to_numpy(read_groups(path, [group], columns), columns)
        return self._generate(request, part, columns)

    def _generate(self, request: Request, part: int, columns: Sequence[Column]) -> Batch:
        dataset, count = request.declared, self._size(part)
        batch = compute_rows(
            dataset, request.config, request.split, np.arange(part * count, (part + 1) * count),
            solver=dataset.solvers[0], device=self.device,
        )  # fmt: skip
        return {c.name: to_storage(c, batch[c.name]) for c in columns}


def _groups(origin: _Origin) -> list[tuple[Path, int, int]]:
    """Return every row group of a split: its file, its number there, and its samples."""
    from mesoinv.generators.pipeline.shard_files import opened_shard  # noqa: PLC0415

    groups = []
    for path in split_files(origin.request, origin.folder):
        with opened_shard(path) as file:
            counts = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
        groups += [(path, g, count) for g, count in enumerate(counts)]
    if not groups:
        request = origin.request
        raise MesoinvError(f"{origin.data} holds no samples of {request.config}/{request.split}.")
    return groups


def _tensors(batch: Batch, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Return a batch as tensors, real numbers in one type."""
    tensors: dict[str, Any] = {name: torch.from_numpy(values) for name, values in batch.items()}
    return {n: x.to(dtype) if x.is_floating_point() else x for n, x in tensors.items()}
