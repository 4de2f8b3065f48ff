"""Where mean probabilities of one system or several fall through one half, as disorder grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]

#: Digits of W/W_c to which strengths of several systems are the same.
_DIGITS = 9


def crossing(probability: RealArray, disorder: RealArray) -> RealArray:
    """Return the disorder at which the mean probability falls through one half.

    It is where the falling curve that is nearest to the mean probabilities (least squares, isotonic
    regression) falls through one half: the strength up to which Σ(P - 1/2) is largest. From there
    to the next strength the line between the two mean probabilities tells.

    Parameters
    ----------
    probability, disorder : (…, N) arrays
        P of each sample, and its W.

    Returns
    -------
    (…) array
        In the unit of W; 0 where P stays at or below one half, the largest W where it stays above.
    """
    strengths, place = _coded(disorder)
    sums = _sums(probability, place, len(strengths))
    return _falls(*sums, strengths).reshape(probability.shape[:-1])


def relative_crossings(
    probability: RealArray, disorder: RealArray, critical: RealArray, system: RealArray
) -> RealArray:
    """Return the crossing of each system over its critical disorder.

    Parameters
    ----------
    probability, disorder, critical, system : (…, N) arrays
        P of each sample, its W, the W_c of its system, and the number of the system.

    Returns
    -------
    (…, S) array
        W/W_c of each system, in the order of their numbers.
    """
    strengths, place = _coded(np.round(disorder / critical, _DIGITS))
    systems, own = _coded(system)
    sums = _sums(probability, own * len(strengths) + place, len(strengths) * len(systems))
    count, total = (values.reshape(-1, len(strengths)) for values in sums)
    return _falls(count, total, strengths).reshape(*probability.shape[:-1], len(systems))


def _falls(count: RealArray, total: RealArray, strengths: RealArray) -> RealArray:
    """Return the crossing from how many samples each strength has, and the sums of their P.

    Parameters
    ----------
    count, total : (rows, S) arrays
    strengths : (S,) array
        Rising.

    Returns
    -------
    (rows,) array
    """
    last = _strengths_before(total - count / 2)
    following = _next_filled(count)[np.arange(len(last)), last]
    inside = (last > 0) & (following < len(strengths))
    a, b = np.where(inside, last - 1, 0), np.where(inside, following, 0)
    mean = total / np.maximum(count, 1)
    before, after = (np.take_along_axis(mean, i[:, None], axis=1)[:, 0] for i in (a, b))
    share = np.divide(before - 0.5, before - after, out=np.zeros_like(before), where=inside)
    crossings = strengths[a] + share * (strengths[b] - strengths[a])
    # of the row, whatever it is computed together with
    largest = np.where(count > 0, strengths, 0.0).max(axis=1)
    outside = np.where(last > 0, largest, 0.0)
    return np.where(inside, crossings, outside)


def _coded(values: RealArray) -> tuple[RealArray, NDArray[np.int64]]:
    """Return the different values, rising, and the place of each value among them."""
    flat = values.reshape(-1, values.shape[-1])
    different = np.unique(flat[0])  # resamples nearly always have the same ones: that saves time
    place = np.minimum(np.searchsorted(different, values), len(different) - 1)
    if not np.array_equal(different[place], values):
        different = np.unique(values)
        place = np.searchsorted(different, values)
    return different, place


def _sums(
    probability: RealArray, place: NDArray[np.int64], places: int
) -> tuple[RealArray, RealArray]:
    """Return how many samples each place has, and the sums of their P: (rows, places)."""
    flat = place.reshape(-1, place.shape[-1])
    keys = (flat + np.arange(len(flat))[:, None] * places).ravel()
    size = len(flat) * places
    count: RealArray = np.bincount(keys, minlength=size).reshape(-1, places).astype(np.float64)
    total = np.bincount(keys, probability.ravel(), size).astype(np.float64)
    return count, total.reshape(-1, places)


def _strengths_before(excess: RealArray) -> NDArray[np.intp]:
    """Return after how many strengths the sum of `excess` is largest: (rows, S) to (rows)."""
    sums = np.cumsum(excess, axis=1)
    return np.concatenate([np.zeros_like(sums[:, :1]), sums], axis=1).argmax(axis=1)


def _next_filled(count: RealArray) -> NDArray[np.intp]:
    """Return, for 0 … S, the first strength from there on that has samples; S where none has."""
    rows, strengths = count.shape
    places = np.where(count > 0, np.arange(strengths), strengths)
    ends = np.full((rows, 1), strengths)
    return np.minimum.accumulate(np.hstack([places, ends])[:, ::-1], axis=1)[:, ::-1]
