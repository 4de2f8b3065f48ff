"""Statistics of samples with 95 % intervals by scipy's bootstrap, resampling whole samples."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared.evaluation import Score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Name -> one number for each sample.
Table = dict[str, NDArray[np.float64]]

RESAMPLES = 1000
#: Resampled numbers of one column at a time: more do not fit into a cache and take 5 times longer.
_IN_MEMORY = 200_000


@dataclass(frozen=True)
class Statistic:
    """A number of a whole table.

    Attributes
    ----------
    columns : tuple of str
        What it is computed from.
    function : callable
        Arrays (…, samples) -> (…).
    unit : str
    better : str
        Which way is better; ``zero`` for a bias.
    """

    columns: tuple[str, ...]
    function: Callable[..., NDArray[np.float64]]
    unit: str = "1"
    better: Literal["high", "low", "zero"] = "high"


@dataclass(frozen=True)
class Estimate:
    """A score, and the values of its resamples.

    Two models that were scored on the same samples with the same seed had the same resamples, so
    the difference of their replicates is the paired bootstrap of the difference.
    """

    score: Score
    replicates: NDArray[np.float64]


def estimates(
    table: Table, statistics: Mapping[str, Statistic], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Estimate]:
    """Compute statistics with their 95 % percentile intervals.

    Parameters
    ----------
    table : dict of str to (N,) array
        What each sample gave.
    statistics : mapping of str to Statistic
        What to compute.
    seed, resamples : int
        Of the bootstrap.

    Returns
    -------
    dict of str to Estimate
        A statistic that is not defined (NaN) on these samples is left out. Resamples on which it is
        not are left out of its interval.

    Raises
    ------
    UsageError
        If there are fewer than 2 samples: nothing can be said about their spread.
    """
    from scipy.stats import DegenerateDataWarning, bootstrap  # noqa: PLC0415  (slow to import)

    used = list(dict.fromkeys(c for s in statistics.values() for c in s.columns))
    count = len(table[used[0]])
    if count < 2:
        raise UsageError(f"An interval needs 2 samples or more; got {count}.")

    def all_statistics(rows: NDArray[np.int64], axis: int = -1) -> NDArray[np.float64]:
        taken = {name: table[name][rows] for name in used}
        return np.stack([s.function(*(taken[c] for c in s.columns)) for s in statistics.values()])

    with warnings.catch_warnings():
        # a score that every resample gives alike has an interval of no width, and that is right
        warnings.simplefilter("ignore", DegenerateDataWarning)
        intervals: Any = bootstrap(
            (np.arange(count),),
            all_statistics,
            n_resamples=resamples,
            batch=max(1, _IN_MEMORY // count),
            vectorized=True,
            method="percentile",
            rng=seed,
        )
    values = all_statistics(np.arange(count))
    bounds = zip(intervals.confidence_interval.low, intervals.confidence_interval.high, strict=True)
    result = {}
    for (name, statistic), value, (low, high), replicates in zip(
        statistics.items(), values, bounds, intervals.bootstrap_distribution, strict=True
    ):
        if np.isnan(value):
            continue
        if np.isnan(replicates).any():
            low, high = np.nanquantile(replicates, (0.025, 0.975))  # noqa: PLW2901
        score = Score(float(value), float(low), float(high), statistic.unit)
        result[name] = Estimate(score, replicates)
    return result


def scores(
    table: Table, statistics: Mapping[str, Statistic], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Score]:
    """Return the scores alone of `estimates`."""
    all_estimates = estimates(table, statistics, seed=seed, resamples=resamples)
    return {name: estimate.score for name, estimate in all_estimates.items()}


def joined(tables: Sequence[Table]) -> Table:
    """Return one table from those of consecutive batches."""
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
