"""The structure matrix of the beams of a crystal in the zero-order Laue zone.

A = 4π² U_{g-h}/(2K) (1 + iκ) + S_g, with S_g = -(2 k·g + g²)/(2K); the amplitudes behind a crystal
of thickness t are exp(i A t) applied to the incident beam. κ is the proportional absorption; its
mean part damps every beam alike. The real mean potential only rescales K and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.lacbed import structure_factors as factors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal


#: A matrix of more beams than this is refused: it and its copies take 8 GB in double precision.
MOST_BEAMS = 12_000
#: Of so many (h, k) a crystal excites one at least: the cells repeat 8 times along an axis at most.
_SPARSEST = 64


@dataclass(frozen=True)
class Beams:
    """Beams of a crystal and how they scatter into each other.

    Attributes
    ----------
    orders : (N, 2) array of int64
        (h, k) of the beams; the first is (0, 0).
    wave_vectors : (N, 2) array
        g = 2π(h, k)/a [1/Å].
    coupling : (N, N) array
        4π² U_{g-h}/(2K) [1/Å] without absorption, zero on the diagonal: real and symmetric if the
        projection has a twofold axis, else complex and hermitian.
    mean : float
        4π² U_0/(2K) [1/Å].
    wave_number : float
        K [1/Å].
    """

    orders: NDArray[np.int64]
    wave_vectors: NDArray[np.float64]
    coupling: NDArray[Any]
    mean: float
    wave_number: float

    def excitation(self, wave_vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return S_g [1/Å], (N, P), of incident beams of transverse wave vectors (P, 2) [1/Å]."""
        g = self.wave_vectors
        along = 2 * g @ wave_vector.T + (g**2).sum(axis=1)[:, None]
        return np.asarray(-along / (2 * self.wave_number))


def beams_within(crystal: Crystal, voltage: float, g_max: float) -> Beams:
    """Return the beams of |g|/2π ≤ g_max [1/Å] that the crystal can excite, at a voltage [kV]."""
    _check_count(np.pi * (g_max * crystal.lattice_parameter) ** 2 / _SPARSEST, g_max)
    orders = factors.reflections(crystal, g_max)
    _check_count(len(orders), g_max)
    return beams_of(crystal, voltage, orders)


def _check_count(count: float, g_max: float) -> None:
    if count > MOST_BEAMS:
        raise UsageError(
            f"{count:.0f} beams of |g| ≤ {g_max:.3g} 1/Å or more need matrices of "
            f"{count**2 * 8 / 1e9:.3g} GB; at most {MOST_BEAMS} beams are allowed."
        )


def beams_of(crystal: Crystal, voltage: float, orders: NDArray[np.int64]) -> Beams:
    """Return beams of given orders.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    voltage : float
        [kV].
    orders : (N, 2) array of int64
        (h, k), the first (0, 0).
    """
    energy = factors.electrons(voltage)
    middle = factors.centre(crystal)
    most = 2 * int(np.abs(orders).max())
    sums = factors.coefficients(crystal, most)
    if middle is not None:
        along = np.arange(-most, most + 1)
        phase = np.exp(2j * np.pi * middle[:, None] * along)
        sums = sums * phase[0][:, None] * phase[1][None, :]
    table: NDArray[Any] = sums * (
        4 * np.pi * energy.gamma / crystal.lattice_parameter**3 / (2 * energy.wave_number)
    )
    # about a twofold axis what remains of the imaginary part is rounding
    table = table if middle is None else np.ascontiguousarray(table.real)
    difference = orders[:, None] - orders[None, :] + most
    coupling = table[difference[..., 0], difference[..., 1]]
    np.fill_diagonal(coupling, 0)
    mean = float(np.real(table[most, most]))
    return Beams(
        orders=orders,
        wave_vectors=np.asarray(2 * np.pi / crystal.lattice_parameter * orders, dtype=np.float64),
        coupling=coupling,
        mean=mean,
        wave_number=energy.wave_number,
    )
