"""All 65 536 states of 4 × 4 spins, and whether samples are distributed as they should be."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special, stats

from mesoinv.generators.solvers.ising.observables import observables


@cache
def enumerated(j2: float) -> tuple[np.ndarray, np.ndarray]:
    """Return energy and absolute magnetisation per site of all states."""
    bits = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
    measured = observables((2 * bits - 1).astype(np.int8).reshape(-1, 4, 4), j2)
    return measured.energy, np.abs(measured.magnetisation)


def check_distribution(spins: np.ndarray, j2: float, temperature: float) -> None:
    """Hold independent lattices (N, 4, 4) against the exact distributions, by chi squared."""
    found = observables(spins, j2)
    energies, magnetisations = enumerated(j2)
    weights = special.softmax(-16 * energies / temperature)
    for exact, values in (
        (energies, found.energy),
        (magnetisations, np.abs(found.magnetisation)),
    ):
        mean = weights @ exact
        error = np.sqrt(weights @ (exact - mean) ** 2 / len(values))
        assert abs(values.mean() - mean) < 4 * error
        levels, places = np.unique(np.round(exact, 9), return_inverse=True)
        expected = np.bincount(places, weights) * len(values)
        counted = np.bincount(
            np.searchsorted(levels, np.round(values, 9) - 1e-7), minlength=len(levels)
        )
        rare = expected < 8
        if rare.any():
            expected = np.append(expected[~rare], expected[rare].sum())
            counted = np.append(counted[~rare], counted[rare].sum())
        if expected[-1] < 8:
            expected, counted = expected[:-1], counted[:-1]
        if len(expected) > 1:
            statistic = ((counted - expected) ** 2 / expected).sum()
            assert stats.chi2.sf(statistic, len(expected)) > 1e-4
