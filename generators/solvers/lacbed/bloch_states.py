"""The intensity of the (000) beam from few Bloch states: k·p perturbation theory on tiles.

The structure matrix depends on the incident direction by a term linear in it alone, -δ·g/K. So the
Bloch states at the middle of a tile of directions are a basis for the whole tile, and those far
below the incident energy take hardly part. They are left out; the rest is propagated as the beams
are, in a matrix several times smaller and with a narrower spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.lacbed.chebyshev import (
    NARROWEST,
    SINGLE,
    Generator,
    survival_amplitude,
    times,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.scattering_matrix import Beams

#: Room above the highest state, in parts of the spectrum: that state is the one which the crystal
#: damps most, and polynomials of a damped state at the edge of their interval grow exponentially.
_ROOM = 0.1


@dataclass(frozen=True)
class BlochStates:
    """Bloch states of one incident direction and what couples them in directions nearby.

    Attributes
    ----------
    energy : (m,) array
        [1/Å], that of the incident beam is 0.
    incident : (m,) array
        Their amplitude in the incident beam.
    coupling : (m, m) array
        The periodic potential between them [1/Å].
    slopes : (2, m, m) array
        g/K between them: what changes with the transverse wave vector.
    """

    energy: NDArray[np.float64]
    incident: NDArray[Any]
    coupling: NDArray[Any]
    slopes: NDArray[Any]


def bloch_states(beams: Beams, wave_vector: NDArray[np.float64], window: float) -> BlochStates:
    """Return the states that lie at most `window` [1/Å] below the incident beam."""
    from scipy.linalg import eigh  # noqa: PLC0415  (lists need no scipy)

    matrix = beams.coupling + np.diag(beams.excitation(wave_vector[None])[:, 0])
    energy, states = eigh(matrix, subset_by_value=(-window, np.inf), check_finite=False)
    bra = states.conj().T
    slopes = [bra @ (g[:, None] * states) / beams.wave_number for g in beams.wave_vectors.T]
    return BlochStates(energy, states[0], bra @ (beams.coupling @ states), np.array(slopes))


def tile_intensity(
    beams: Beams,
    wave_vector: NDArray[np.float64],
    thickness: NDArray[np.float64],
    absorption: float,
    window: float,
) -> NDArray[np.float64]:
    """Return the intensity of the (000) beam for directions close to each other.

    Parameters
    ----------
    beams : Beams
        All beams that take part.
    wave_vector : (P, 2) array
        Transverse wave vectors of the incident beams [1/Å].
    thickness : (T,) array
        [Å].
    absorption : float
        κ.
    window : float
        Bloch states are kept that lie at most this far below the incident beam [1/Å].

    Returns
    -------
    (T, P) array
    """
    middle = (wave_vector.min(axis=0) + wave_vector.max(axis=0)) / 2
    offset = wave_vector - middle
    states = bloch_states(beams, middle, window)
    values = np.linalg.eigvalsh(states.coupling)
    growth = absorption * max(values[-1], -values[0])
    single = not np.iscomplexobj(states.incident) and growth * thickness.max(initial=0) < SINGLE
    kind = np.complex64 if single else np.complex128
    generator = _generator(states, offset, absorption, growth, np.dtype(kind))
    start = np.empty((len(states.energy), len(offset)), dtype=kind)
    start[:] = states.incident.conj()[:, None]
    amplitude = survival_amplitude(generator, start, thickness)
    mean = np.exp(-2 * absorption * beams.mean * thickness)[:, None]
    return np.asarray(mean * np.abs(amplitude) ** 2)


def _generator(
    states: BlochStates,
    offset: NDArray[np.float64],
    absorption: float,
    growth: float,
    kind: np.dtype[Any],
) -> Generator:
    low, high = _bounds(states, np.abs(offset).max(axis=0))
    radius, count = max((high - low) / 2, NARROWEST), len(states.energy)
    centre = (high + low) / 2
    matrices = np.concatenate([absorption * states.coupling, *states.slopes]) / radius
    real = np.finfo(kind).dtype
    matrices = matrices.astype(kind if np.iscomplexobj(matrices) else real)
    diagonal = ((states.energy - centre) / radius).astype(real)[:, None]
    along, across = offset.T.astype(real)

    def scaled(columns: NDArray[Any]) -> NDArray[Any]:
        products = times(matrices, columns).reshape(3, count, -1)
        products[0] *= kind.type(1j)
        products[1] *= along
        products[2] *= across
        result = np.asarray(diagonal * columns)
        result += products[0]
        result -= products[1]
        result -= products[2]
        return result

    return Generator(scaled, centre, radius, growth, symmetric=not np.iscomplexobj(matrices))


def _bounds(states: BlochStates, reach: NDArray[np.float64]) -> tuple[float, float]:
    """Return bounds of the eigenvalues over the tile: the largest change is at its corners."""
    along, across = reach[:, None, None] * states.slopes
    change = max(np.abs(np.linalg.eigvalsh(along + sign * across)).max() for sign in (1, -1))
    low, high = float(states.energy[0] - change), float(states.energy[-1] + change)
    return low, high + _ROOM * (high - low)
