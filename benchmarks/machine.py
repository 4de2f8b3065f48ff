"""What a measurement ran on, and the little that all measurements share."""

from __future__ import annotations

import os
import platform
import statistics
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PACKAGES = ("numpy", "scipy", "numba", "torch", "kwant", "datasets", "pyarrow")


def describe() -> Iterator[str]:
    """Yield lines with processor, cores, load and versions."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1] for line in info.read_text().splitlines()
                 if line.startswith("model name")]  # fmt: skip
        cpu = names[0].strip() if names else cpu
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    yield f"machine: {cpu}, {os.cpu_count()} cores, load {load} before the run, {platform.system()}"
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield f"versions: Python {platform.python_version()}, {versions}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def interleaved(
    cases: Mapping[str, Callable[[], int]], repeats: int
) -> dict[str, tuple[float, float, float]]:
    """Time several ways to do the same, in turns, so that a busy machine slows all of them.

    Parameters
    ----------
    cases : mapping of str to callable
        Each returns how many samples it has done.
    repeats : int
        Turns; one more, first, is not counted.

    Returns
    -------
    dict of str to (float, float, float)
        Seconds a sample: median, smallest, largest.
    """
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(repeats + 1):
        for name, case in cases.items():
            start = time.perf_counter()
            done = case()
            if turn:
                seconds[name].append((time.perf_counter() - start) / done)
    return {name: (statistics.median(s), min(s), max(s)) for name, s in seconds.items()}
