"""The Hamiltonian of Anderson's model: hopping 1 between the six nearest neighbours, periodic."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse


@functools.lru_cache(maxsize=2)
def hopping(side: int) -> sparse.csc_matrix:
    """Return the matrix without on-site energies, with a diagonal of stored zeros.

    Parameters
    ----------
    side : int
        M, 3 or more: the neighbours of a site are six different ones.

    Returns
    -------
    (M³, M³) csc_matrix
        Not to be changed. Site (x, y, z) has the number (x M + y) M + z.
    """
    from scipy import sparse  # noqa: PLC0415  (slow to import)

    sites = np.arange(side**3).reshape(side, side, side)
    pairs = [(sites, np.roll(sites, -1, axis)) for axis in range(3)]
    pairs += [(other, site) for site, other in pairs]
    rows = np.concatenate([sites.ravel(), *(a.ravel() for a, _ in pairs)])
    columns = np.concatenate([sites.ravel(), *(b.ravel() for _, b in pairs)])
    values = np.concatenate([np.zeros(sites.size), np.ones(6 * sites.size)])
    matrix = sparse.csc_matrix((values, (rows, columns)), shape=(sites.size, sites.size))
    matrix.sort_indices()
    return matrix


def hamiltonian(onsite_energy: NDArray[np.float64]) -> sparse.csc_matrix:
    """Return H for on-site energies (M, M, M) [hopping], real and symmetric."""
    matrix = hopping(len(onsite_energy)).copy()
    matrix.setdiag(onsite_energy.ravel())
    return matrix
