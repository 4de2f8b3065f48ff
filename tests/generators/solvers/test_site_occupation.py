"""Random subsets: exact sizes, every subset as likely as any other, rejections in place."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from mesoinv.generators.solvers.percolation.site_occupation import SPARE, occupy, words_needed


def random_words(samples: int, count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (samples, count), dtype=np.uint64)


@pytest.mark.parametrize("sites", [1, 2, 100, 10_000, 65_536])
def test_sizes_are_exact(sites: int) -> None:
    counts = np.array([0, 1, sites // 2, sites - 1, sites]).clip(0, sites)
    words = random_words(len(counts), max(words_needed(int(k), sites) for k in counts))
    found = occupy(words, counts, sites)
    np.testing.assert_array_equal(found.sum(axis=1), counts)
    assert set(np.unique(found)) <= {0, 1}


@pytest.mark.parametrize("occupied", [2, 3, 4])
def test_every_subset_is_as_likely(occupied: int) -> None:
    samples, sites = 40_000, 6
    words = random_words(samples, words_needed(occupied, sites), seed=occupied)
    found = occupy(words, np.full(samples, occupied), sites)
    subsets = list(combinations(range(sites), occupied))
    seen = dict.fromkeys(subsets, 0)
    for row in found:
        seen[tuple(np.flatnonzero(row).tolist())] += 1
    assert stats.chisquare(list(seen.values())).pvalue > 1e-3


def test_sites_and_pairs_of_a_large_lattice() -> None:
    samples, sites, occupied = 20_000, 400, 237
    words = random_words(samples, words_needed(occupied, sites))
    found = occupy(words, np.full(samples, occupied), sites).astype(float)
    p = occupied / sites
    # a fixed number of sites: variance p(1-p), correlation of two sites -1/(N-1)
    z = (found.mean(axis=0) - p) / np.sqrt(p * (1 - p) / samples)
    assert stats.kstest(z / np.sqrt(1 - 1 / sites), "norm").pvalue > 1e-3
    correlation = np.mean((found[:, :-1] - p) * (found[:, 1:] - p)) / (p * (1 - p))
    assert abs(correlation + 1 / (sites - 1)) < 5 / np.sqrt(samples * sites)


def shuffled(words: list[int], chosen: int, sites: int) -> list[int]:
    """The same choice in plain Python: halves of words, Lemire's rejection, Fisher–Yates."""
    halves = [part for word in words for part in (word & 0xFFFFFFFF, word >> 32)]
    pool, at = list(range(sites)), 0
    for i in range(chosen):
        left = sites - i
        while halves[at] * left % 2**32 < 2**32 % left:
            at += 1
        j = i + (halves[at] * left >> 32)
        at += 1
        pool[i], pool[j] = pool[j], pool[i]
    return sorted(pool[:chosen])


def test_against_plain_python_with_rejections() -> None:
    sites, chosen = 65_535, 5
    words = random_words(50, words_needed(chosen, sites), seed=3)
    # 2³² mod 65535 is 1: a half of 0 leaves a rest of 0 and is thrown away
    words[:, 0] &= np.uint64(0xFFFFFFFF00000000)
    words[10:, 1] = 0
    found = occupy(words, np.full(50, chosen), sites)
    for row, given in zip(found, words.tolist(), strict=True):
        assert np.flatnonzero(row).tolist() == shuffled(given, chosen, sites)


def test_too_few_words_and_too_many_sites() -> None:
    with pytest.raises(ArithmeticError, match="too few random words"):
        occupy(np.zeros((1, SPARE), dtype=np.uint64), np.array([400]), 1000)
    for occupied, sites in ((5, 4), (-1, 4), (1, 2**16 + 1), (0, 0)):
        with pytest.raises(ValueError, match="cannot be occupied"):
            occupy(random_words(1, 100), np.array([occupied]), sites)
