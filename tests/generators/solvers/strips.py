"""Random landscapes and small strips that the solver tests share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.generators.solvers.pldos.transport import SolvedBy

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.transport import Transport

#: weakest, default and strongest disorder of the dataset: s [nm], N_d [1e12 cm⁻²]
DISORDER = ((70.0, 0.6), (50.0, 1.0), (40.0, 1.5))
#: the hopping depends on the material alone
HOPPING = Strip().hopping


@functools.lru_cache(maxsize=8)
def landscapes(s: float, n_d: float, count: int, seed: int = 1) -> np.ndarray:
    """Seeded landscapes (count, 256, 192) [t], not drawn as the dataset draws them."""
    rng, strip = np.random.default_rng(seed), Strip()
    shape = (count, len(coulomb.wave_vectors(s, strip).length))
    normal = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    potential = coulomb.landscape(normal * coulomb.standard_deviation(n_d, strip), s, strip)
    potential.flags.writeable = False
    return potential


def small_strip(length: int, width: int, source_width: int, energy: float) -> Strip:
    """A strip at an energy [t]."""
    return Strip(length, width, source_width, fermi_energy=energy * HOPPING)


def walled_site(strip: Strip, height: float = 3e5) -> np.ndarray:
    """Potential (L, W) [t] with a level at the Fermi energy that no shift of the source moves.

    One site in the middle, 4 + V = E, has high walls around it.
    """
    potential = np.zeros((strip.length, strip.width))
    x, y = strip.length // 2, strip.width // 2
    potential[x - 1 : x + 2, y - 1 : y + 2] = height
    potential[x, y] = strip.energy - 4
    return potential


def fast_rows(solved: Transport, share: float = 1.0) -> np.ndarray:
    """Which rows (B,) the elimination computed itself; fails where they are less than a share.

    A comparison of other rows would compare the recursion with itself.
    """
    fast = solved.solved_by == SolvedBy.ELIMINATION
    assert fast.mean() >= share
    return fast


def relative_error(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Relative L2 error of each sample."""
    axes = tuple(range(1, expected.ndim))
    return np.sqrt(((found - expected) ** 2).sum(axes) / (expected**2).sum(axes))
