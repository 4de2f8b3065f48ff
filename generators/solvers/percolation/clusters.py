"""Clusters of occupied sites: the rows of a lattice are merged one after the other.

Only labels of two rows are held, in the manner of Hoshen and Kopelman [1]_; sizes and touched edges
are kept at the root of each cluster.

References
----------
.. [1] J. Hoshen and R. Kopelman, Phys. Rev. B 14, 3438 (1976).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Clusters(NamedTuple):
    """What `find_clusters` says about each sample.

    Attributes
    ----------
    vertical, horizontal : (B,) array of bool
        Whether a cluster touches the first and the last row, or column.
    largest : (B,) array of int32
        Sites of the largest cluster.
    number : (B,) array of int32
        Of clusters.
    """

    vertical: NDArray[np.bool_]
    horizontal: NDArray[np.bool_]
    largest: NDArray[np.int32]
    number: NDArray[np.int32]


def find_clusters(occupied: NDArray[np.uint8]) -> Clusters:
    """Find the clusters of nearest neighbours, four to a site, with free boundaries.

    Parameters
    ----------
    occupied : (B, L, W) array of uint8
        Sites that are not 0 are occupied; axis 1 goes from top to bottom.

    Returns
    -------
    Clusters
    """
    from mesoinv.generators.solvers.percolation import (  # noqa: PLC0415  (numba is slow to import)
        cluster_kernels,
    )

    samples = len(occupied)
    spans = np.empty((samples, 2), dtype=np.bool_)
    numbers = np.empty((samples, 2), dtype=np.int32)
    cluster_kernels.find(np.ascontiguousarray(occupied), spans, numbers)
    return Clusters(spans[:, 0], spans[:, 1], numbers[:, 0], numbers[:, 1])


def cluster_labels(occupied: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Give every cluster of a lattice a number, for pictures and as an independent check.

    Parameters
    ----------
    occupied : (L, W) array
        Sites that are not 0 are occupied.

    Returns
    -------
    (L, W) array of int
        0 where empty, else 1, 2 …, by `scipy.ndimage.label`; those that span are negative.
    """
    from scipy import ndimage  # noqa: PLC0415  (slow to import)

    labels = np.asarray(ndimage.label(occupied)[0], dtype=np.int64)
    pairs = ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1]))
    spanning = np.concatenate([np.intersect1d(a, b) for a, b in pairs])
    return np.where(np.isin(labels, spanning), -labels, labels)
