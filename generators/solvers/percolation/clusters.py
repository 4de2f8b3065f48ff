"""Clusters of occupied sites: the rows of a lattice are merged one after the other.

Only labels of two rows are held, in the manner of Hoshen and Kopelman [1]_; sizes and touched edges
are kept at the root of each cluster.

References
----------
.. [1] J. Hoshen and R. Kopelman, Phys. Rev. B 14, 3438 (1976).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Edges that a cluster touches, as bits.
TOP, BOTTOM, LEFT, RIGHT = 1, 2, 4, 8


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
    samples = len(occupied)
    spans = np.empty((samples, 2), dtype=np.bool_)
    numbers = np.empty((samples, 2), dtype=np.int32)
    _find(np.ascontiguousarray(occupied), spans, numbers)
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


@numba.njit(cache=True, inline="always")
def _root(parent: NDArray[np.int32], label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@numba.njit(cache=True)
def _find(
    occupied: NDArray[np.uint8], spans: NDArray[np.bool_], numbers: NDArray[np.int32]
) -> None:
    samples, length, width = occupied.shape
    most = (length * width + 1) // 2 + 1  # clusters of one site each, and label 0: empty
    parent = np.empty(most, dtype=np.int32)
    size = np.empty(most, dtype=np.int32)
    edges = np.empty(most, dtype=np.uint8)
    for b in range(samples):
        labels = _label(occupied[b], parent, size, edges)
        vertical = horizontal = False
        largest = number = 0
        for label in range(1, labels + 1):
            if parent[label] == label:
                number += 1
                largest = max(largest, size[label])
                vertical |= edges[label] & (TOP | BOTTOM) == TOP | BOTTOM
                horizontal |= edges[label] & (LEFT | RIGHT) == LEFT | RIGHT
        spans[b, 0], spans[b, 1] = vertical, horizontal
        numbers[b, 0], numbers[b, 1] = largest, number


@numba.njit(cache=True)
def _label(
    occupied: NDArray[np.uint8],
    parent: NDArray[np.int32],
    size: NDArray[np.int32],
    edges: NDArray[np.uint8],
) -> int:
    """Fill the tables of labels of one lattice and return how many labels there are."""
    length, width = occupied.shape
    row = np.zeros(width, dtype=np.int32)
    labels = 0
    for x in range(length):
        across = (TOP if x == 0 else 0) | (BOTTOM if x == length - 1 else 0)
        left = corner = run = 0  # root to the left (0: empty), label above it, sites in a row
        for y in range(width):
            above = row[y]
            if not occupied[x, y]:
                if left:
                    size[left] += run
                    edges[left] |= across
                row[y] = left = run = 0
                corner = above
                continue
            label = left
            # with all three neighbours, they are one cluster already
            if above and not (left and corner):
                label = _join(parent, size, edges, left, _root(parent, above))
            elif not label:
                labels += 1
                label = labels
                parent[label], size[label], edges[label] = label, 0, 0
            run += 1
            row[y] = left = label
            corner = above
        if left:
            size[left] += run
            edges[left] |= across | RIGHT
        # its label may have been merged since
        if row[0]:
            edges[_root(parent, row[0])] |= LEFT
    return labels


@numba.njit(cache=True, inline="always")
def _join(
    parent: NDArray[np.int32],
    size: NDArray[np.int32],
    edges: NDArray[np.uint8],
    left: int,
    above: int,
) -> int:
    """Merge two clusters, given by their roots (0: there is none to the left); return the root."""
    if not left or left == above:
        return above
    keep, drop = min(left, above), max(left, above)
    parent[drop] = keep
    size[keep] += size[drop]
    edges[keep] |= edges[drop]
    return keep
