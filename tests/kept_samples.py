"""Samples that tests put into a store, so that they are not generated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.pipeline.loading.generated import store_of
from mesoinv.generators.pipeline.loading.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def keep_samples(
    cache: Path, dataset: str, config: str, split: str, samples: Mapping[str, Any]
) -> None:
    """Put the first samples of a split, column -> (count, …) array, where they are looked for."""
    count = len(next(iter(samples.values())))
    request = Request(dataset, config, split, count, tuple(samples))
    store = store_of(request, cache)
    for column in request.checked_columns():
        values = np.asarray(samples[column.name]).astype(column.dtype)
        for first, stop in store.spans(count):
            store.write(column.name, first, values[first:stop])
