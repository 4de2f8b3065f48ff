"""An independent reference: the dense structure matrix of one direction after the other, slowly.

Nothing is shared with the fast path but the crystal and the scattering factors: structure factors
are summed atom by atom, the matrix has all beams of |g|/2π ≤ g_max, and its exponential is
computed by Padé approximants (scipy). For tests and benchmarks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.lacbed.scattering_factors import scattering_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal

#: m c² [eV] and ħc [eV Å] of CODATA 2022.
_REST, _HBAR_C = 510_998.95069, 1973.269804
#: Beams that couple by less than this part of the strongest coupling do not couple.
_ZERO = 1e-12


def dense_intensity(
    crystal: Crystal,
    thickness: Sequence[float],
    wave_vectors: ArrayLike,
    *,
    voltage: float = 200.0,
    absorption: float = 0.1,
    g_max: float,
) -> NDArray[np.float64]:
    """Compute the intensity of the (000) beam, direction by direction.

    The matrix falls into blocks if the projection of the cell repeats within it: that of the
    incident beam alone is exponentiated.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    thickness : sequence of float
        T thicknesses [Å], ascending.
    wave_vectors : (P, 2) array_like
        Transverse wave vectors of the incident beam [1/Å], along [100] and [010].
    voltage : float
        [kV].
    absorption : float
        κ, imaginary over real part of the potential.
    g_max : float
        Beams of |g|/2π up to this take part [1/Å].

    Returns
    -------
    (T, P) array
    """
    _, vectors, table = _dense(crystal, voltage, absorption, g_max)
    reached = _reached(table)
    reduced = vectors[reached], table[np.ix_(reached, reached)]
    return np.stack(
        [
            _amplitudes(_matrix(*reduced, k, voltage), thickness)[:, 0]
            for k in np.atleast_2d(np.asarray(wave_vectors, dtype=np.float64))
        ],
        axis=1,
    )
