"""Where samples come from: generated here, a built folder, or a dataset on the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.pipeline.loading.built import (
    GENERATE,
    built_folder,
    files_of,
    read_batches,
    unpacked_store,
)
from mesoinv.generators.pipeline.loading.generated import generated_store
from mesoinv.generators.pipeline.loading.store import StoredRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesoinv.generators.pipeline.base import Batch
    from mesoinv.generators.pipeline.loading.request import Request
    from mesoinv.generators.pipeline.loading.store import Store


@dataclass(frozen=True)
class SampleSource:
    """Gives samples, the same numbers from everywhere: a sample is a function of its index.

    Attributes
    ----------
    data : str
        ``"generate"``, a built folder, or a Hub dataset such as ``mesoinv/pldos@v1.0.0``.
    cache : Path
        Folder that keeps what was generated or unpacked.
    workers : int
        Processes that generate.
    device : str
        ``"cpu"`` or ``"cuda"``, to generate on.
    scheduler : str, optional
        Address of a dask scheduler whose workers generate instead.
    progress : callable, optional
        Called while samples are generated, with (samples there, samples in all).
    """

    data: str = GENERATE
    cache: Path = Path("data/cache")
    workers: int = 1
    device: str = "cpu"
    progress: Callable[[int, int], object] | None = None
    scheduler: str | None = None

    def batches(self, request: Request) -> Iterator[Batch]:
        """Yield the first samples of a split in their order, one batch in memory at a time.

        Raises
        ------
        MesoinvError
            If the source does not hold so many samples: at once, not with the first batch.
        """
        if self.data == GENERATE:
            return self._generated(request).batches(request.columns, request.count)
        return read_batches(request, files_of(request, built_folder(request, self.data)))

    def arrays(self, request: Request) -> Batch:
        """Return the first samples of a split: column -> (count, …) array in its storage type.

        Raises
        ------
        MesoinvError
            If the source does not hold so many samples.
        """
        parts = list(self.batches(request))
        return {name: np.concatenate([p[name] for p in parts]) for name in request.columns}

    def rows(self, request: Request) -> StoredRows:
        """Return the first samples of a split on disk, to be read in any order.

        Raises
        ------
        MesoinvError
            If the source does not hold so many samples.
        """
        if self.data == GENERATE:
            store = self._generated(request)
        else:
            store = unpacked_store(request, built_folder(request, self.data), self.cache)
        return StoredRows(store, request.checked_columns(), request.count)

    def _generated(self, request: Request) -> Store:
        return generated_store(
            request, self.cache, workers=self.workers, device=self.device,
            scheduler=self.scheduler, progress=self.progress,
        )  # fmt: skip
