"""What samples cost: measured seconds of one core, so that a command can say how long it takes.

The numbers are in ``costs.json``, which ``python -m benchmarks.bench_costs`` writes.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from mesoinv.generators.pipeline.base import Dataset

FILE = Path(__file__).with_name("costs.json")


@functools.cache
def measured() -> dict[str, Any]:
    """Return the file: the ``machine``, and ``seconds`` by dataset and configuration."""
    content: dict[str, Any] = json.loads(FILE.read_text())
    return content


def sample_seconds(dataset: Dataset, config: str) -> float | None:
    """Return about how long one core takes for a sample, None where nobody has measured it."""
    seconds: float | None = measured()["seconds"].get(dataset.name, {}).get(config)
    return seconds


def build_seconds(
    dataset: Dataset, config: str, size: str, splits: Collection[str] | None = None
) -> float | None:
    """Return about how long one core takes to generate a size of a configuration.

    Parameters
    ----------
    dataset : Dataset
    config, size : str
        A configuration without this size takes no time.
    splits : collection of str, optional
        Only these.

    Returns
    -------
    float or None
        Seconds; None where a sample's are not known.
    """
    each = sample_seconds(dataset, config)
    counts = dataset.config(config).sizes.get(size, {})
    wanted = sum(n for split, n in counts.items() if splits is None or split in splits)
    return None if each is None else each * wanted
