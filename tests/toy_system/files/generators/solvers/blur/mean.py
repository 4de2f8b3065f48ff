"""Means over a site and its neighbours on a periodic lattice."""

from __future__ import annotations

import numpy as np


def mean_of_neighbours(field: np.ndarray) -> np.ndarray:
    """Return the mean over 3 × 3 sites, (B, L, W) → (B, L, W)."""
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return sum(np.roll(field, shift, (1, 2)) for shift in shifts) / len(shifts)
