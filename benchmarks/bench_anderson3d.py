"""Anderson's model in three dimensions: a proven eigenstate beside scipy's, one thread."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.linalg import eigsh

from benchmarks.machine import interleaved
from mesoinv.generators.solvers.anderson3d.cubic_lattice import hamiltonian
from mesoinv.generators.solvers.anderson3d.eigenstate import nearest_state

if TYPE_CHECKING:
    from collections.abc import Iterator

#: w at the transition.
DISORDER = 16.5


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per size; set ``MKL_NUM_THREADS=1`` and ``OMP_NUM_THREADS=1`` before."""
    for side in (12, 16) if quick else (12, 16, 20, 24):
        yield speed(side, 1 if quick else 3)
    if not quick:
        yield alone(30)
        yield alone(40)


def _disorder(side: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-DISORDER / 2, DISORDER / 2, (side, side, side))


def speed(side: int, repeats: int) -> str:
    """Compare the nearest state, proven, with scipy's nearest to zero, not proven."""
    onsite = _disorder(side, 1)
    matrix = hamiltonian(onsite)

    def ours() -> int:
        nearest_state(onsite)
        return 1

    def scipy() -> int:
        eigsh(matrix, k=1, sigma=0.0)
        return 1

    times = interleaved({"ours": ours, "eigsh": scipy}, repeats)
    text = ", ".join(f"{name} {median:.3f} s" for name, (median, _, _) in times.items())
    return f"anderson3d M = {side}: {text}; {times['eigsh'][0] / times['ours'][0]:.1f} × eigsh"


def alone(side: int) -> str:
    """Time a size that scipy's SuperLU takes too long for."""

    def ours() -> int:
        nearest_state(_disorder(side, 1))
        return 1

    median, fast, slow = interleaved({"ours": ours}, 1)["ours"]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return (
        f"anderson3d M = {side}: {median:.2f} s ({fast:.2f} to {slow:.2f}), "
        f"{memory:.2f} GB in the process at most"
    )
