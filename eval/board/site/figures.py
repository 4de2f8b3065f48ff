"""Numbers of the board as people read them: as many digits as the interval allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.board.site.text import line
from mesoinv.generators.common import numbers

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
    digits = numbers.decimals(cell.high - cell.low, cell.value, most=12)
    value, low, high = (_rounded(x, digits, max(map(abs, ends))) for x in ends)
    return value, f"[{low}, {high}]"


def three_digits(number: float) -> str:
    """Return a number with three digits and its thousands apart: ``12 300``, ``0.0123``."""
    return _minus(numbers.three_digits(number))


def unit_text(unit: str) -> str:
    """Return a unit in brackets, nothing for a pure number."""
    return "" if unit in {"", "1"} else f"[{line(unit, 30)}]"


def arrow(metric: Metric) -> str:
    """Return the sign for the way in which a metric is better."""
    return _ARROWS[metric.better]


def way(metric: Metric) -> str:
    """Return in words which way a metric is better."""
    return _WAYS[metric.better]


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
