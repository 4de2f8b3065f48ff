"""What can be known about the donors from a landscape, on the very samples that models see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pldos import DATASET
from mesoinv.generators.solvers.pldos import coulomb, estimation

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Errors of a landscape, relative to its rms.
ERRORS = (0.0, 0.03, 0.1, 0.2, 0.3)
COLUMNS = ("s", "n_d", "potential_rms", "correlation_length")


@dataclass(frozen=True)
class Limit:
    """An observer, and the standard deviations of its errors.

    Attributes
    ----------
    observer : str
        What is known and used.
    absolute, relative : dict of str to float
        Column -> standard deviation of the errors, in the column's unit and over the true value.
    """

    observer: str
    absolute: dict[str, float]
    relative: dict[str, float]


@dataclass(frozen=True)
class Limits:
    """All observers, in the order of `limits`."""

    observers: list[Limit]


def limits(split: str = "test", samples: int = 4000) -> list[Limit]:
    """Return how well ideal observers know the donors of the first samples of ``pldos/global``.

    Parameters
    ----------
    split : str
        Its drawn coefficients are used; nothing is solved.
    samples : int
        How many.

    Returns
    -------
    list of Limit
        First the Cramér-Rao bound (root mean square over the samples) and the Bayesian mean for
        an exact landscape, both without the end of the series; then the Bayesian mean that uses
        it, for exact landscapes and for those with each of `ERRORS`.
    """
    parameters = DATASET.parameters("global")
    drawn = DATASET.draw("global", stream_of(DATASET, "global", split), np.arange(samples))
    s, n_d = drawn["s"], drawn["n_d"]
    rms = [coulomb.ensemble_rms(*pair) for pair in zip(s.tolist(), n_d.tolist(), strict=True)]
    xi = [coulomb.correlation_length(x) for x in s.tolist()]
    true = estimation.Donors(s, n_d, np.array(rms), np.array(xi))
    q = coulomb.wave_vectors(parameters.s[0], parameters.strip).length
    exact = estimation.amplitudes(drawn["fourier"] @ np.array([1, 1j]), q, s, parameters.strip)
    ranges = parameters.s, parameters.n_d
    counts = (q <= coulomb.CUTOFF / s[:, None]).sum(axis=1)
    blind, _ = estimation.estimate(_power(exact), *ranges, counts=counts)
    observers = [
        _bound(true),
        _limit("exact landscape, end of the series not used: best estimate", blind, true),
    ]
    noise = np.random.default_rng(0).normal(size=(*exact.shape, 2)) @ np.array([1, 1j])
    for error in ERRORS:
        size = np.sqrt(estimation.noise_variance(error, len(q)) / 2)
        best, _ = estimation.estimate(_power(exact + size * noise), *ranges, error=error)
        name = f"landscape with an error of {error:.0%}" if error else "exact landscape"
        observers.append(_limit(f"{name}, end of the series used: best estimate", best, true))
    return observers


def _power(x: NDArray[np.complex128]) -> NDArray[np.float64]:
    return x.real**2 + x.imag**2


def _limit(observer: str, estimated: estimation.Donors, true: estimation.Donors) -> Limit:
    errors = {c: getattr(estimated, c) - getattr(true, c) for c in COLUMNS}
    relative = {c: float(np.std(e / getattr(true, c))) for c, e in errors.items()}
    return Limit(observer, {c: float(np.std(e)) for c, e in errors.items()}, relative)


def _bound(true: estimation.Donors) -> Limit:
    bounds = [
        estimation.error_bounds(float(s), float(n)) for s, n in zip(true.s, true.n_d, strict=True)
    ]

    def mean(column: str, unit: NDArray[np.float64] | float) -> float:
        values = np.array([getattr(b, column) for b in bounds])
        return float(np.sqrt(np.mean((values / unit) ** 2)))

    return Limit(
        "exact landscape, end of the series not used: Cramér-Rao bound of unbiased estimates",
        {c: mean(c, 1.0) for c in COLUMNS}, {c: mean(c, getattr(true, c)) for c in COLUMNS},
    )  # fmt: skip
