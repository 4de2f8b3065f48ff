"""Random landscapes and small strips that the solver tests share."""

from __future__ import annotations

import functools

import numpy as np

from mesoinv.generators.solvers import coulomb
from mesoinv.generators.solvers.strip import Strip

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


def relative_error(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Relative L2 error of each sample."""
    axes = tuple(range(1, expected.ndim))
    return np.sqrt(((found - expected) ** 2).sum(axes) / (expected**2).sum(axes))
