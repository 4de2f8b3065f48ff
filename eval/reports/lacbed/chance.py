"""What R is without any learning: of pairs of samples, of the mean, of the nearest neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.pipeline.loading.request import Request

if TYPE_CHECKING:
    from mesoinv.eval.reports.options import ReportOptions

DATASET, CONFIG = "lacbed", "cubic"
#: Training samples among which neighbours are looked for: those of the size `small`.
TRAINING = 4096
#: Resamples of the bootstrap.
_RESAMPLES = 1000


@dataclass(frozen=True)
class Guess:
    """R of a guess: name, mean with its 95 % interval, and median."""

    name: str
    mean: float
    low: float
    high: float
    median: float


@dataclass(frozen=True)
class Chance:
    """Guesses, over how many test samples, and among how many training samples."""

    samples: int
    training: int
    guesses: list[Guess]


def chance(options: ReportOptions, samples: int) -> Chance:
    """Score guesses of the first test samples.

    Parameters
    ----------
    options : ReportOptions
        Where samples come from.
    samples : int
        How many.
    """
    test = options.load(DATASET, CONFIG, samples, "potential", "pattern")
    request = Request(DATASET, CONFIG, "train", TRAINING, ("potential", "pattern"))
    training = options.source(request).arrays(request)
    truth, known = _normal(test["pattern"]), _normal(training["pattern"])
    mean = _normal(training["pattern"].mean(axis=0, dtype=np.float64)[None])
    neighbours = {
        "nearest potential of the training set": _nearest(test, training, "potential"),
        "nearest pattern of the training set: no guess, it is told the truth": _nearest(
            test, training, "pattern"
        ),
    }
    rows = {
        "pattern of another crystal of the test": truth[np.roll(np.arange(samples), 1)],
        "mean pattern of the training set": np.broadcast_to(mean, truth.shape),
        **{name: known[place] for name, place in neighbours.items()},
    }
    return Chance(
        samples, TRAINING, [_guess(name, truth, guessed) for name, guessed in rows.items()]
    )


def _normal(maps: Any) -> Any:
    """Return maps as rows of mean 0 and norm 1, (B, n²) of float32: products are Pearson's r."""
    rows = np.asarray(maps, dtype=np.float32).reshape(len(maps), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _nearest(test: dict[str, Any], training: dict[str, Any], column: str) -> Any:
    """Return the training sample whose map has the largest Pearson's r with that of each sample."""
    return np.argmax(_normal(test[column]) @ _normal(training[column]).T, axis=1)


def _guess(name: str, truth: Any, guessed: Any) -> Guess:
    values = (1 + np.einsum("ij,ij->i", truth, guessed, dtype=np.float64)) / 2
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (_RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Guess(name, float(values.mean()), float(low), float(high), float(np.median(values)))
