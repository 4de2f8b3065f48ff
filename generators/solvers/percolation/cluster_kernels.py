"""Compiled loops of `mesoinv.generators.solvers.percolation.clusters`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Edges that a cluster touches, as bits.
TOP, BOTTOM, LEFT, RIGHT = 1, 2, 4, 8


@compiled(inline="always")
def _root(parent: NDArray[np.int32], label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@compiled()
def find(occupied: NDArray[np.uint8], spans: NDArray[np.bool_], numbers: NDArray[np.int32]) -> None:
    """Write for each lattice whether a cluster spans in both directions, and two numbers."""
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


@compiled()
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


@compiled(inline="always")
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
