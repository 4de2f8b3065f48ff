"""Seconds of one core for a sample of every configuration, which commands announce.

``python -m benchmarks.bench_costs [DATASET …]`` prints them and writes them to ``costs.json``.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import machine
from mesoinv import generate, list_datasets
from mesoinv.generators.pipeline.costs import FILE, measured
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A measurement takes at least so many seconds, or so many samples.
SECONDS, SAMPLES = 2.0, 256
#: Configurations of which a sample takes longer than this are not measured again.
LONGEST = 300.0


def costs(dataset: str) -> Iterator[tuple[str, float]]:
    """Yield configurations and their seconds a sample."""
    known = measured()["seconds"].get(dataset, {})
    for config, declared in resolve_dataset(dataset).configs.items():
        split, there = list(declared.sizes["mini"].items())[-1]
        if known.get(config, 0.0) < LONGEST:
            generate(dataset, config, split, [0])  # compiles
            yield config, _seconds((dataset, config, split), there)


def _seconds(where: tuple[str, str, str], there: int) -> float:
    count = 1
    while True:
        start = time.perf_counter()
        generate(*where, range(count))
        seconds = time.perf_counter() - start
        if seconds >= SECONDS or count >= min(there, SAMPLES):
            return seconds / count
        count = min(4 * count, there, SAMPLES)


def write(datasets: list[str]) -> None:
    """Measure datasets, printing as it goes, and keep what was measured of others."""
    where = next(iter(machine.describe())).removeprefix("machine: ")
    content = {"machine": where, "seconds": dict(measured()["seconds"])}
    for dataset in datasets:
        known = dict(content["seconds"].get(dataset, {}))
        for config, seconds in costs(dataset):
            known[config] = float(f"{seconds:.2g}")
            print(dataset, config, known[config], flush=True)
        content["seconds"][dataset] = known
        FILE.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    write(sys.argv[1:] or list_datasets())
