"""Numbers as people read them: counts, sizes of files, times."""

from __future__ import annotations


def count(number: int) -> str:
    """Return a number with its thousands apart: ``88 000``."""
    return f"{number:,}".replace(",", " ")


def size(num_bytes: float) -> str:
    """Return a number of bytes in decimal units: ``5.1 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if num_bytes < 1000:
            return f"{num_bytes:.3g} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.3g} TB"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it: ``49 ms``, ``3.1 h``."""
    for limit, factor, unit in (
        (1e-3, 1e6, "µs"),
        (1, 1e3, "ms"),
        (120, 1, "s"),
        (7200, 1 / 60, "min"),
    ):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds / 3600:.3g} h"
