"""Couplings and temperatures of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

#: J2, in units of J1.
COUPLINGS = (
    0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.48, 0.49, 0.495, 0.5, 0.505, 0.51, 0.52, 0.55, 0.6, 0.65, 0.7,
    0.8, 0.9, 1.0, 1.2, 1.5,
)  # fmt: skip
#: T in units of J1, falling: 4 to 0.1 in steps of 0.025.
TEMPERATURES = tuple((160 - k) / 40 for k in range(157))


def nearest_places(values: Sequence[float], wanted: ArrayLike) -> NDArray[np.int64]:
    """Return the place of the nearest of some values to each number wanted, (B,)."""
    distance = np.abs(np.asarray(wanted, dtype=np.float64)[:, None] - np.array(values))
    return distance.argmin(axis=1)
