"""What is measured of spins: energy, magnetisation, order of stripes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Observables(NamedTuple):
    """Of each lattice, all per site.

    Attributes
    ----------
    energy : (…) array of float
        E / (J1 L²).
    magnetisation : (…) array of float
        Mean spin, -1 to 1.
    rows, columns : (…) array of float
        Order of stripes along the second axis and the first: mean of (-1)^x s and of (-1)^y s,
        where x numbers the first axis.
    """

    energy: NDArray[np.float64]
    magnetisation: NDArray[np.float64]
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]


def observables(spins: NDArray[np.int8], j2: ArrayLike) -> Observables:
    """Measure lattices of spins.

    Parameters
    ----------
    spins : (…, L, L) array
        +1 or -1, periodic.
    j2 : array_like
        J2, a number or one for each of the leading axes.
    """
    s = spins.astype(np.int32)
    right, down = np.roll(s, -1, axis=-1), np.roll(s, -1, axis=-2)
    near = (s * (right + down)).sum(axis=(-2, -1))
    far = (s * (np.roll(right, -1, axis=-2) + np.roll(right, 1, axis=-2))).sum(axis=(-2, -1))
    sites = s.shape[-1] * s.shape[-2]
    return Observables((np.asarray(j2) * far - near) / sites, *order_parameters(spins))


def order_parameters(spins: NDArray[np.int8]) -> tuple[NDArray[np.float64], ...]:
    """Return magnetisation and the orders of rows and of columns, as in `Observables`."""
    sites = spins.shape[-1] * spins.shape[-2]
    signs = 1 - 2 * (np.arange(spins.shape[-1]) % 2)
    of_rows, of_columns = (spins.sum(axis=axis, dtype=np.int64) for axis in (-1, -2))
    return (
        of_rows.sum(axis=-1) / sites,
        (of_rows * signs).sum(axis=-1) / sites,
        (of_columns * signs).sum(axis=-1) / sites,
    )
