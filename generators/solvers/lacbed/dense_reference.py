"""A slow reference that shares no more than crystals and scattering factors with the fast path."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.lacbed.scattering_factors import scattering_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal

#: m c² [eV] and ħc [eV Å] of CODATA 2022; couplings below this part of the strongest are none.
_REST, _HBAR_C, _ZERO = 510_998.95069, 1973.269804, 1e-12


def dense_intensity(
    crystal: Crystal,
    thickness: Sequence[float],
    wave_vectors: ArrayLike,
    *,
    voltage: float = 200.0,
    absorption: float = 0.1,
    g_max: float,
) -> NDArray[np.float64]:
    """Compute the intensity of the (000) beam with all beams that it reaches over any others.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    thickness : (T,) sequence of float
        Thicknesses [Å], ascending.
    wave_vectors : (P, 2) array_like
        Transverse wave vectors of the incident beam [1/Å], along [100] and [010].
    voltage, absorption : float
        [kV]; κ.
    g_max : float
        Beams of |g|/2π up to this take part [1/Å].

    Returns
    -------
    (T, P) array
    """
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415  (lists need no scipy)

    _, slopes, table = _couplings(crystal, voltage, absorption, g_max)
    off = np.abs(table - np.diag(np.diag(table)))
    _, block = connected_components(off > _ZERO * off.max(), directed=False)
    reached = np.flatnonzero(block == block[0])
    slopes, table = slopes[reached], table[np.ix_(reached, reached)]
    columns = [_amplitudes(slopes, table, k, thickness)[:, 0] for k in np.asarray(wave_vectors)]
    return np.abs(np.stack(columns, axis=1)) ** 2


def dense_intensities(
    crystal: Crystal,
    thickness: Sequence[float],
    wave_vector: ArrayLike,
    *,
    voltage: float = 200.0,
    absorption: float = 0.1,
    g_max: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (h, k) of all beams, (N, 2), and their intensities, (T, N), of one direction (2,)."""
    orders, slopes, table = _couplings(crystal, voltage, absorption, g_max)
    return orders, np.abs(_amplitudes(slopes, table, wave_vector, thickness)) ** 2


def _couplings(
    crystal: Crystal, voltage: float, absorption: float, g_max: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.complex128]]:
    """Return (h, k), (g, g²)/(2K) and 4π² U_{g-h} (1 + iκ)/(2K); U_0 absorbs alone."""
    side = crystal.lattice_parameter
    along = range(-int(g_max * side), int(g_max * side) + 1)
    pairs = [(h, k) for h in along for k in along if math.hypot(h, k) <= g_max * side]
    orders = np.array(sorted(pairs, key=lambda pair: math.hypot(*pair)))
    most = 2 * int(np.abs(orders).max())
    h, k = np.ogrid[-most : most + 1, -most : most + 1]
    length = np.hypot(h, k) / side
    total = np.zeros(length.shape, dtype=np.complex128)
    for symbol, (x, y, _), b_factor, occupancy in zip(
        crystal.symbols, crystal.positions, crystal.b_factors, crystal.occupancies, strict=True
    ):
        damped = scattering_factor(symbol, length) * np.exp(-b_factor * length**2 / 4)
        total += occupancy * damped * np.exp(-2j * math.pi * (h * x + k * y))
    kinetic = 1e3 * voltage
    u = (1 + kinetic / _REST) / (math.pi * side**3) * total
    difference = orders[:, None] - orders[None, :] + most
    twice_k = 2 * math.sqrt(kinetic * (kinetic + 2 * _REST)) / _HBAR_C
    table = 4 * math.pi**2 * u[difference[..., 0], difference[..., 1]] / twice_k
    table *= 1 + 1j * absorption
    np.fill_diagonal(table, 1j * table[0, 0].imag)
    g = 2 * math.pi / side * orders
    return orders, np.column_stack([g, (g**2).sum(axis=1)]) / twice_k, table


def _amplitudes(
    slopes: NDArray[np.float64],
    table: NDArray[np.complex128],
    wave_vector: ArrayLike,
    thickness: Sequence[float],
) -> NDArray[np.complex128]:
    """Return ψ of all beams, (T, N), by Taylor series of the exponential, slice after slice."""
    from scipy.sparse.linalg import expm_multiply  # noqa: PLC0415  (lists need no scipy)

    along = 2 * slopes[:, :2] @ np.asarray(wave_vector)
    matrix = 1j * (table - np.diag(along + slopes[:, 2]))
    states = [np.eye(len(matrix), dtype=np.complex128)[0]]
    for step in np.diff([0.0, *thickness]).tolist():
        states.append(expm_multiply(step * matrix, states[-1], traceA=step * matrix.trace()))
    return np.array(states[1:])
