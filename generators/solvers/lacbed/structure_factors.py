"""Fourier coefficients of a crystal's potential along [001], and their symmetry.

The convention is exp(-i g·r) with g = 2π(h, k, 0)/a; the relativistic factor γ is part of U_g.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.lacbed.scattering_factors import scattering_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal

#: h [J s], m [kg], c [m/s], e [C]: CODATA 2022.
_PLANCK, _MASS, _LIGHT, _CHARGE = 6.62607015e-34, 9.1093837139e-31, 299_792_458.0, 1.602176634e-19
_ANGSTROM = 1e-10
#: Points are one if they are this close, in units of a.
_SAME = 1e-6
#: A coefficient smaller than this part of the largest is zero by symmetry.
_ZERO = 1e-9
_MIRROR = np.array([[-1, 0], [0, 1]])
_DIAGONAL = np.array([[0, 1], [1, 0]])
_TURN = -np.eye(2, dtype=int)
#: V [V] = _VOLTS · Σ f [Å] / Ω [Å³]: h²/(2π m e)
_VOLTS = _PLANCK**2 / (2 * np.pi * _MASS * _CHARGE) / _ANGSTROM**2


@dataclass(frozen=True)
class Electrons:
    """Electrons of one energy.

    Attributes
    ----------
    wave_number : float
        K = 2π/λ [1/Å].
    gamma : float
        Relativistic factor.
    """

    wave_number: float
    gamma: float


def electrons(voltage: float) -> Electrons:
    """Return the wave number and the relativistic factor at an acceleration voltage [kV]."""
    if not 1 <= voltage <= 5000:
        raise UsageError(f"The voltage is 1 to 5000 kV; got {voltage}.")
    energy = voltage * 1e3 * _CHARGE
    rest = _MASS * _LIGHT**2
    momentum = np.sqrt(2 * _MASS * energy * (1 + energy / (2 * rest)))
    wave_number = 2 * np.pi * momentum / _PLANCK * _ANGSTROM
    return Electrons(float(wave_number), float(1 + energy / rest))


def coefficients(crystal: Crystal, most: int) -> NDArray[np.complex128]:
    """Return Σ_j f_j exp(-B_j g²/16π²) exp(-i g·r_j) [Å] of (h, k, 0).

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    most : int
        Largest |h| and |k|.

    Returns
    -------
    (2 most + 1, 2 most + 1) array
        ``[h + most, k + most]``.
    """
    orders = np.arange(-most, most + 1)
    square = (orders[:, None] ** 2 + orders[None, :] ** 2) / crystal.lattice_parameter**2
    phases = np.exp(-2j * np.pi * crystal.positions[:, :2, None] * orders)  # atom, axis, order
    kinds: dict[tuple[str, float], list[int]] = {}
    for atom, kind in enumerate(zip(crystal.symbols, crystal.b_factors, strict=True)):
        kinds.setdefault(kind, []).append(atom)
    total = np.zeros(square.shape, dtype=np.complex128)
    # many reflections have one length: the factor is computed once for each
    lengths, place = np.unique(square, return_inverse=True)
    for (symbol, b_factor), atoms in kinds.items():
        factor = scattering_factor(symbol, np.sqrt(lengths)) * np.exp(-b_factor * lengths / 4)
        geometry = (phases[atoms, 0] * crystal.occupancies[atoms, None]).T @ phases[atoms, 1]
        total += factor[place].reshape(square.shape) * geometry
    return total


def volts(crystal: Crystal, sums: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return Fourier coefficients of the potential, averaged along the beam [V], of sums [Å]."""
    return np.asarray(_VOLTS / crystal.lattice_parameter**3 * sums)


def centre(crystal: Crystal) -> NDArray[np.float64] | None:
    """Return the point about which the projection has a twofold axis, in units of a, or None."""
    shift = _shift(crystal, _TURN)
    return None if shift is None else shift / 2


def pattern_symmetry(crystal: Crystal) -> str:
    """Return the symmetry of the pattern that the projection has: ``"4mm"``, ``"2mm"``, ``"1"``."""
    if _shift(crystal, _TURN) is None or _shift(crystal, _MIRROR) is None:
        return "1"
    return "2mm" if _shift(crystal, _DIAGONAL) is None else "4mm"


def _shift(crystal: Crystal, operation: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the shift that, after an operation on the projection, maps it onto itself, or None.

    It maps the rarest kind of atom onto itself, so it is among the differences of their positions.
    """
    kinds: dict[tuple[str, float, float], list[int]] = {}
    for atom, kind in enumerate(
        zip(crystal.symbols, crystal.b_factors, crystal.occupancies, strict=True)
    ):
        kinds.setdefault(kind, []).append(atom)
    flat = crystal.positions[:, :2]
    rarest = min(kinds.values(), key=len)
    image = flat @ operation.T
    for other in rarest:
        shift = flat[other] - image[rarest[0]]
        if all(_same_columns(image[atoms] + shift, flat[atoms]) for atoms in kinds.values()):
            return np.asarray(shift)
    return None


def _same_columns(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Whether two sets of points are the same, however often each occurs, up to integers."""
    # as many of the first as of the second lie at each point of the second
    near, own = _near(first, second), _near(second, second)
    return bool(np.array_equal(near.sum(axis=0), own.sum(axis=0)) and np.all(near.any(axis=1)))


def _near(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
    difference = first[:, None] - second[None]
    return np.asarray((np.abs(difference - np.round(difference)) < _SAME).all(axis=-1))


def reflections(crystal: Crystal, g_max: float) -> NDArray[np.int64]:
    """Return (h, k) of the beams that the crystal can excite, |g|/2π ≤ g_max, the first (0, 0).

    A projection may repeat within the cell; beams between the reflections of the smaller cell
    never get any intensity, and are left out.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    g_max : float
        [1/Å], without 2π.
    """
    most = int(np.ceil(g_max * crystal.lattice_parameter))
    orders = np.arange(-most, most + 1)
    pairs = np.array(list(product(orders, orders)))
    inside = (pairs**2).sum(axis=1) <= (g_max * crystal.lattice_parameter) ** 2
    pairs = pairs[inside]
    pairs = pairs[np.argsort((pairs**2).sum(axis=1), kind="stable")]
    return pairs[_on_lattice(pairs, _basis(crystal))]


def _basis(crystal: Crystal) -> tuple[int, int, int]:
    """Return (p, q, s): the excited (h, k) are the integer sums of (p, q) and (0, s)."""
    most = max(4, int(np.ceil(crystal.lattice_parameter)))
    sums = np.abs(coefficients(crystal, most))
    excited = np.argwhere(sums > _ZERO * sums.max()) - most
    p, q, s = 0, 0, 0
    for h, k in excited.tolist():
        # Euclid on the first components; what is left over joins the second basis vector
        a, b = int(h), int(k)
        while a:
            if p == 0 or abs(a) < abs(p):
                (p, q), (a, b) = (a, b), (p, q)
                continue
            times = a // p
            a, b = a - times * p, b - times * q
        s = int(np.gcd(s, b))
    return abs(p), q if p > 0 else -q, s


def _on_lattice(pairs: NDArray[np.int64], basis: tuple[int, int, int]) -> NDArray[np.bool_]:
    p, q, s = basis
    p = p or 10**6  # a potential that does not vary along one axis has no beams there
    s = s or 10**6
    times, rest = np.divmod(pairs[:, 0], p)
    return np.asarray((rest == 0) & ((pairs[:, 1] - times * q) % s == 0))


def interaction(voltage: float) -> float:
    """Return the scattering strength 4π²U_g/(2K) [1/Å] of a potential of 1 V."""
    energy = electrons(voltage)
    return float(4 * np.pi * energy.gamma / (2 * energy.wave_number * _VOLTS))
