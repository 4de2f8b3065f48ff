"""Where a build was made: versions of the libraries that matter, the machine, the device."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("numpy", "scipy", "torch", "numba", "pypardiso", "pyarrow")


def version_of(package: str) -> str | None:
    """Return an installed package's version without importing it, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the numerical libraries that are installed."""
    versions = {name: version_of(name) for name in _LIBRARIES}
    return {"python": platform.python_version()} | {k: v for k, v in versions.items() if v}


def machine_name(device: str) -> str:
    """Return the model of the processor (and of the GPU in use); no host or user names."""
    names = [f"{_processor()}, {os.cpu_count()} cores"]
    if device.startswith("cuda"):
        names.append(sys.modules["torch"].cuda.get_device_name(device))
    return "; ".join(names)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def merged(old: str | None, new: str) -> str:
    """Return both of two values when a build was continued elsewhere: ``"2.3.1, 2.4.0"``."""
    if old is None or new in old.split(", "):
        return old or new
    return f"{old}, {new}"
