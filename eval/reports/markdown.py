"""Tables and numbers of reports, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.zoo import architectures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesoinv.zoo.declared.config import ModelConfig
    from mesoinv.zoo.declared.evaluation import Score

#: Where there is no number.
NOTHING = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def thousands(number: int | None) -> str:
    """Return a number with its thousands apart."""
    return NOTHING if number is None else f"{number:,}".replace(",", " ")


def is_trivial(config: ModelConfig) -> bool:
    """Whether a model is one of the baselines that any other must beat."""
    return architectures.is_trivial(config.architecture)


def with_interval(score: Score, factor: float = 1.0) -> str:
    """Return value and interval, rounded to the digits that the interval allows."""
    value, low, high = (factor * x for x in (score.value, score.low, score.high))
    digits = _digits(high - low, value)
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _digits(width: float, value: float) -> int:
    """Return the decimals that resolve a fifth of an interval's width, or show a value's digits."""
    digits, scale = 0, width if width > 0 else abs(value) / 10
    while scale > 0 and scale * 10**digits < 5 and digits < 5:
        digits += 1
    return digits
