"""Simulate cooled lattices with any coupling and temperatures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.ising.cooling import SEED_WORDS, cooled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def simulate(
    j2: float,
    temperatures: ArrayLike,
    *,
    length: int = 30,
    sweeps: int = 100,
    replicas: int = 1,
    seed: int = 0,
) -> NDArray[np.int8]:
    r"""Cool Ising lattices step by step and return their spins at every temperature.

    The energy is :math:`-\sum_{nn} s s' + J_2 \sum_{nnn} s s'` with sums over pairs of nearest and
    of diagonal neighbours on a periodic lattice; J1 = 1 and k_B = 1. Lattices start at random and
    are swept by Metropolis in the order of their sites; one flip in sixteen that it accepts is left
    out, without which that order would not be ergodic. The spins are the same on every machine.

    Parameters
    ----------
    j2 : float
        J2 / J1.
    temperatures : (T,) array_like
        T / J1, falling; at T = 0 just what does not raise the energy is accepted.
    length : int
        L, sites a side: even, 4 or more.
    sweeps : int
        At each temperature. Near J2 = 1/2 and below T = 0.4 a lattice does not reach equilibrium
        in any number that one can wait for.
    replicas : int
        Independent lattices; the first ones are the same whatever their number.
    seed : int
        Of all of them.

    Returns
    -------
    (replicas, T, L, L) array of int8
        Spins, +1 or -1.

    Raises
    ------
    UsageError
        If temperatures rise or are negative, or another argument is not what it must be.

    Examples
    --------
    >>> from mesoinv.generators.ising import simulate
    >>> spins = simulate(0.0, [4.0, 1.0], length=16, sweeps=200)
    >>> spins.shape
    (1, 2, 16, 16)
    """
    if not isinstance(j2, int | float) or not math.isfinite(j2):
        raise UsageError(f"j2 must be a finite number; got {j2!r}.")
    steps = _checked_temperatures(temperatures)
    _check_length(length)
    for name, number in {"sweeps": sweeps, "replicas": replicas}.items():
        if not isinstance(number, int | np.integer) or number < 1:
            raise UsageError(f"{name} must be an integer of 1 or more; got {number!r}.")
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**128:
        raise UsageError(f"seed must be an integer from 0 to 2¹²⁸ - 1; got {seed!r}.")
    words = np.random.Philox(key=int(seed)).random_raw((replicas, SEED_WORDS))
    return cooled([float(j2)] * replicas, steps, words, length=length, sweeps=sweeps)


def _checked_temperatures(temperatures: ArrayLike) -> list[float]:
    array = real_array(temperatures, "temperatures")
    if array.ndim != 1 or not array.size:
        hint = f" Put one temperature into a list: [{array}]." if array.ndim == 0 else ""
        raise UsageError(f"Temperatures have shape (T,), T 1 or more; got {array.shape}.{hint}")
    if not np.isfinite(array).all() or (array < 0).any():
        raise UsageError(f"Temperatures are finite and not negative; got {array.tolist()!s:.200}.")
    if (np.diff(array) > 0).any():
        raise UsageError("Temperatures must fall: lattices are cooled. Sort them, largest first.")
    return [float(t) for t in array]


def _check_length(length: int) -> None:
    if not isinstance(length, int | np.integer) or length < 4:
        raise UsageError(
            f"length must be an even integer of 4 or more; got {length!r}. On smaller periodic "
            "lattices a site is its own neighbour's neighbour."
        )
    if length % 2:
        raise UsageError(
            f"length must be even; got {length}. Stripes do not fit on a periodic lattice of odd "
            "length: it would have a wall between two of them in its ground state."
        )
