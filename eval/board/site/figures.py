"""Numbers of the board as people read them: as many digits as the interval allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mesoinv.eval.board.site.text import line

if TYPE_CHECKING:
    from mesoinv.eval.board.records import Cell, Metric

MISSING = "–"
_ARROWS = {"high": "↑", "low": "↓", "zero": "→ 0"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_WAYS = {"high": "higher is better", "low": "lower is better", "zero": "nearer to zero is better"}


def with_interval(cell: Cell) -> tuple[str, str]:
    """Return a number and its interval: ``("0.95", "[0.93, 0.97]")``.

    The interval is an empty string where there is none; a paper's own words replace its number.
    """
    if cell.text:
        return line(cell.text, 40), ""
    if cell.low is None or cell.high is None:
        return _plain(cell.value), ""
    ends = (cell.value, cell.low, cell.high)
    digits = _digits(cell.high - cell.low, cell.value)
    value, low, high = (_rounded(x, digits, max(map(abs, ends))) for x in ends)
    return value, f"[{low}, {high}]"


def three_digits(number: float) -> str:
    """Return a number with three digits and its thousands apart: ``12 300``, ``0.0123``."""
    short = float(f"{number:.3g}")
    return _minus(f"{short:,.0f}".replace(",", " ") if abs(short) >= 100 else f"{short:.3g}")


def unit_text(unit: str) -> str:
    """Return a unit in brackets, nothing for a pure number."""
    return "" if unit in {"", "1"} else f"[{line(unit, 30)}]"


def arrow(metric: Metric) -> str:
    """Return the sign for the way in which a metric is better."""
    return _ARROWS[metric.better]


def way(metric: Metric) -> str:
    """Return in words which way a metric is better."""
    return _WAYS[metric.better]


def _digits(width: float, value: float) -> int:
    """Return the decimals that resolve a fifth of an interval's width."""
    scale = width if width > 0 else abs(value) / 10
    if scale <= 0:
        return 0
    return min(max(math.ceil(math.log10(5 / scale) - 1e-9), 0), 12)


def _rounded(number: float, digits: int, largest: float) -> str:
    if 0 < largest < 1e-4 or largest >= 1e7:
        return _scientific(number)
    return _minus(f"{number:.{digits}f}")


def _scientific(number: float) -> str:
    head, exponent = f"{number:.2e}".split("e")
    return f"{_minus(head)}·10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def _plain(number: float) -> str:
    text = f"{number:.4g}"
    return _scientific(number) if "e" in text else _minus(text)


def _minus(text: str) -> str:
    return text.replace("-", "−")
