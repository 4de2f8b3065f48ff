"""Results that print as a few lines, where a dataclass would print every number of its arrays."""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import Any

import numpy as np

#: Arrays with at most so many numbers are shown as they are.
FEW = 8


class ArrayResult:
    """Base of dataclasses with arrays, declared with ``repr=False``."""

    def __repr__(self) -> str:
        rows = self._described()
        width = max((len(name) for name in rows), default=0)
        lines = [f"  {name:<{width}}  {text}" for name, text in rows.items()]
        return "\n".join([type(self).__name__, *lines])

    def _repr_html_(self) -> str:
        """Return a table, for notebooks."""
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>"
            for name, text in self._described().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"

    def _described(self) -> dict[str, str]:
        parts: Any = self
        return {field.name: described(getattr(self, field.name)) for field in fields(parts)}


def described(value: Any) -> str:
    """Return a value in a few words: ``(2, 256, 192) float64``, ``[True True]``, ``0.5``."""
    if isinstance(value, bool | int | float | complex | str | None):
        return str(value)
    shape, kind = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None or kind is None:
        return f"({type(value).__name__})"
    if isinstance(value, np.ndarray) and len(shape) <= 1 and value.size <= FEW:
        return np.array2string(value, precision=4)
    return f"{tuple(shape)} {kind}"
