"""Electron scattering factors of neutral atoms in Kirkland's parametrisation [1]_.

References
----------
.. [1] E. J. Kirkland, Advanced Computing in Electron Microscopy, 3rd ed. (Springer, 2020),
   appendix C: three Lorentzians and three Gaussians for each of the elements 1 to 103.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@cache
def _table() -> dict[str, dict[str, NDArray[np.float64]]]:
    text = Path(__file__).with_name("kirkland.json").read_text(encoding="utf-8")
    return {
        symbol: {name: np.array(values) for name, values in rows.items()}
        for symbol, rows in json.loads(text)["elements"].items()
    }


def elements() -> tuple[str, ...]:
    """Return the symbols of the elements in the order of their atomic numbers, 1 to 103."""
    return tuple(_table())


def scattering_factor(symbol: str, frequency: ArrayLike) -> NDArray[np.float64]:
    """Return the electron scattering factor of a neutral atom at rest.

    Parameters
    ----------
    symbol : str
        Of the element: ``"Au"``.
    frequency : array_like
        q = g/2π = 2 sin θ/λ [1/Å], of any shape.

    Returns
    -------
    array
        f(q) [Å], without the relativistic factor γ.

    Raises
    ------
    UsageError
        If the element has no factors.
    """
    if symbol not in _table():
        raise UsageError(f"There are scattering factors of H to Lr; got {symbol!r}.")
    rows = _table()[symbol]
    square = np.asarray(frequency, dtype=np.float64)[..., None] ** 2
    lorentzians = (rows["a"] / (square + rows["b"])).sum(axis=-1)
    gaussians = (rows["c"] * np.exp(-rows["d"] * square)).sum(axis=-1)
    return np.asarray(lorentzians + gaussians)
