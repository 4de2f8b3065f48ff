"""Numbers as people read them: counts, intervals, sizes of files, times."""

from __future__ import annotations

import math


def count(number: float, spec: str = "") -> str:
    """Return a number with its thousands apart: ``88 000``; `spec` is a format such as ``.0f``."""
    return f"{number:,{spec}}".replace(",", " ")


def three_digits(number: float) -> str:
    """Return a number with three digits and its thousands apart: ``12 300``, ``0.0123``."""
    short = float(f"{number:.3g}")
    return count(short, ".0f") if abs(short) >= 100 else f"{short:.3g}"


def with_interval(value: float, low: float, high: float, spec: str) -> str:
    """Return a number and its interval: ``0.95 [0.93, 0.97]``; `spec` is the format of each."""
    return f"{value:{spec}} [{low:{spec}}, {high:{spec}}]"


def decimals(width: float, value: float, most: int) -> int:
    """Return the decimals that resolve a fifth of an interval's width.

    Parameters
    ----------
    width : float
        Of the interval; where it is 0, the decimals show the first digits of the value.
    value : float
        The number in it.
    most : int
        The result is not larger.
    """
    scale = width if width > 0 else abs(value) / 10
    if not 0 < scale < math.inf:
        return 0
    return min(max(math.ceil(math.log10(5 / scale) - 1e-9), 0), most)


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
