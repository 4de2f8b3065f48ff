"""When Metropolis accepts a flip, as integers: the same on every machine, no exponential in a loop.

A flip of the spin s changes the energy by 2 (n - J2 m), where n is s times the sum of its four
nearest neighbours and m that of its four diagonal ones: 25 values. A flip is accepted if a random
word of 32 bits is below a threshold, the nearest integer to 2³² (15/16) min(1, exp(-ΔE/T)).

The factor 15/16 changes no ratio of a flip and its reverse, so the equilibrium is that of
Metropolis. Without it, the fixed order of the sites is not ergodic: where every flip costs nothing
when its turn comes, all are accepted, and the lattice goes round the same states for ever [1]_.

References
----------
.. [1] R. Friedberg and J. E. Cameron, "Test of the Monte Carlo method: fast simulation of a small
   Ising lattice", J. Chem. Phys. 52, 6049 (1970).
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Decimal digits of the exponential, which the decimal library rounds correctly.
_CONTEXT = Context(prec=40)
#: Threshold of what Metropolis always accepts.
_MOST = 2**32 * 15 // 16
#: n and m are each one of these.
SUMS = (-4, -2, 0, 2, 4)


def place(n: int, m: int) -> int:
    """Return where the threshold of (n, m) stands in a table: 0 to 24."""
    return (5 * n + m + 24) // 2


@lru_cache(maxsize=100_000)
def threshold(change: Decimal, temperature: float) -> int:
    """Return the threshold of one change of the energy.

    Parameters
    ----------
    change : Decimal
        ΔE, in units of J1.
    temperature : float
        T, in units of J1; at 0, just what does not raise the energy is accepted.
    """
    if change <= 0:
        return _MOST
    if temperature == 0:
        return 0
    probability = _CONTEXT.exp(_CONTEXT.divide(-change, Decimal(temperature)))
    return int(_CONTEXT.multiply(probability, _MOST).to_integral_value())


@lru_cache(maxsize=10_000)
def acceptance_table(j2: float, temperature: float) -> NDArray[np.uint32]:
    """Return the thresholds of all changes.

    Parameters
    ----------
    j2 : float
        J2, taken as the binary number that it is.
    temperature : float
        T, 0 or more.

    Returns
    -------
    (25,) array of uint32
        At `place` of n and m; not to be changed.
    """
    table = np.zeros(25, dtype=np.uint32)
    for n in SUMS:
        for m in SUMS:
            change = _CONTEXT.multiply(2, _CONTEXT.subtract(n, _CONTEXT.multiply(Decimal(j2), m)))
            table[place(n, m)] = threshold(change, temperature)
    table.flags.writeable = False
    return table
