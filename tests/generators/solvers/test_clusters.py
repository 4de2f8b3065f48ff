"""Clusters against scipy's labels, against small lattices by hand, and under symmetries."""

import numpy as np
import pytest
from scipy import ndimage

from mesoinv.generators.solvers.percolation.clusters import cluster_labels, find_clusters


def by_scipy(occupied: np.ndarray) -> tuple[bool, bool, int, int]:
    labels, count = ndimage.label(occupied)
    sizes = np.bincount(labels.ravel())[1:]
    rows, columns = ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1]))
    spans = [bool(set(a[a > 0]) & set(b[b > 0])) for a, b in (rows, columns)]
    return spans[0], spans[1], int(sizes.max(initial=0)), count


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2), (5, 8), (30, 30), (100, 100)])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.58, 0.62, 0.9, 1.0])
def test_against_scipy(shape: tuple[int, int], p: float) -> None:
    occupied = np.random.default_rng(1).random((40, *shape)) < p
    found = find_clusters(occupied.astype(np.uint8))
    for row, sites in enumerate(occupied):
        assert tuple(np.array([part[row] for part in found]).tolist()) == by_scipy(sites)


def test_worst_labellings() -> None:
    board = np.indices((9, 9)).sum(axis=0) % 2 == 0  # every site its own cluster
    comb = np.ones((9, 9), dtype=bool)
    comb[:-1, 1::2] = False  # many labels that all merge in the last row
    for sites, expected in ((board, (False, False, 1, 41)), (comb, (True, True, 49, 1))):
        for turned in (sites, sites[::-1], sites[:, ::-1]):
            found = find_clusters(turned[None].astype(np.uint8))
            assert (found.vertical[0], found.horizontal[0]) == expected[:2]
            assert (found.largest[0], found.number[0]) == expected[2:]


def test_diagonals_do_not_connect() -> None:
    found = find_clusters(np.eye(5, dtype=np.uint8)[None])
    assert not found.vertical[0]
    assert not found.horizontal[0]
    assert found.number[0] == 5


def test_symmetries() -> None:
    occupied = (np.random.default_rng(2).random((200, 20, 20)) < 0.59).astype(np.uint8)
    found, turned = find_clusters(occupied), find_clusters(np.rot90(occupied, axes=(1, 2)).copy())
    np.testing.assert_array_equal(found.vertical, turned.horizontal)
    np.testing.assert_array_equal(found.horizontal, turned.vertical)
    np.testing.assert_array_equal(found.largest, turned.largest)
    np.testing.assert_array_equal(found.number, turned.number)


def test_labels_mark_what_spans() -> None:
    occupied = (np.random.default_rng(3).random((50, 20, 20)) < 0.58).astype(np.uint8)
    found = find_clusters(occupied)
    for row, sites in enumerate(occupied):
        labels = cluster_labels(sites)
        np.testing.assert_array_equal(labels != 0, sites != 0)
        assert len(np.unique(np.abs(labels[sites != 0]))) == found.number[row]
        assert (labels < 0).any() == (found.vertical[row] or found.horizontal[row])
