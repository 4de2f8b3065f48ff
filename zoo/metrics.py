"""Scores of predictions on a split, each with a 95 % interval from a bootstrap over samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers import coulomb
from mesoinv.zoo.config import Score

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RealArray = "NDArray[np.float64]"
BOOTSTRAP = 1000


def pearson(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return Pearson's r over all sites for each sample, Eq. (6) of the paper.

    Parameters
    ----------
    predicted, true : (B, …) arrays

    Returns
    -------
    (B,) array
        0 where one of the two is constant.
    """
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (predicted, true))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    norm = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    product = (a * b).sum(axis=1)
    return np.divide(product, norm, out=np.zeros_like(product), where=norm > 0)


def interval(
    values: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], float],
    unit: str = "1",
    seed: int = 0,
) -> Score:
    """Return a statistic of per-sample values with its 95 % bootstrap interval."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(values), size=(BOOTSTRAP, len(values)))
    spread = [statistic(values[r]) for r in rows]
    low, high = np.quantile(spread, [0.025, 0.975])
    return Score(float(statistic(values)), float(low), float(high), unit)


def number_scores(
    predicted: dict[str, NDArray[np.floating]],
    true: dict[str, NDArray[np.floating]],
    units: dict[str, str],
) -> dict[str, Score]:
    """Score predicted numbers: standard deviation of the error and mean error, also relative.

    Parameters
    ----------
    predicted, true : dict of str to (B,) array
        Column -> values.
    units : dict of str to str
        Column -> unit.

    Returns
    -------
    dict of str to Score
        ``<column> error std``, ``<column> error std relative`` (each error over its true value)
        and ``<column> bias``.
    """
    scores = {}
    for name, values in true.items():
        error = predicted[name].astype(np.float64) - values
        scores[f"{name} error std"] = interval(error, np.std, units[name])
        scores[f"{name} error std relative"] = interval(error / values, np.std)
        scores[f"{name} bias"] = interval(error, np.mean, units[name])
    return scores


def landscape_scores(
    predicted: NDArray[np.floating], true: NDArray[np.floating]
) -> dict[str, Score]:
    """Score predicted landscapes (B, L, W) [t].

    Returns
    -------
    dict of str to Score
        Pearson's r (median, mean, worst, share above 0.99) and the error's root mean square over
        that of the landscapes.
    """
    r = pearson(predicted, true)
    error = ((predicted - true).astype(np.float64) ** 2).mean(axis=(1, 2))
    size = float((true.astype(np.float64) ** 2).mean())
    return {
        "pearson r median": interval(r, np.median),
        "pearson r mean": interval(r, np.mean),
        "pearson r worst": interval(r, np.min),
        "pearson r above 0.99": interval((r > 0.99).astype(float), np.mean),
        "relative rms error": interval(error, lambda e: float(np.sqrt(e.mean() / size))),
    }


def landscapes_of(fourier: NDArray[np.floating], s: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the landscapes (B, L, W) [t] of coefficients (B, n, 2) for donors at s [nm]."""
    coefficients = fourier[..., 0].astype(np.float64) + 1j * fourier[..., 1]
    return coulomb.landscape(coefficients, s)
