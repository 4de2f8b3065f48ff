"""Measures where the phases end, and writes ``phase_boundary.json``; an hour or two on one core.

``python -m mesoinv.generators.solvers.ising.measure_boundary`` goes on where it was stopped.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.records import to_json
from mesoinv.generators.solvers.ising.binder import crossing, measure
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS
from mesoinv.generators.solvers.ising.phase_boundary import (
    FILE,
    Boundaries,
    Boundary,
    read_boundaries,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mesoinv.generators.solvers.ising.binder import Moments

LENGTHS = (30, 60, 120)
#: Of the two small lattices that say where to look: at all temperatures, then nearer.
_ROUGH, _ROUGH_SWEEPS, _ROUGH_REACH = (16, 32), 4000, 0.2
#: Temperatures about a crossing, and how far they reach, relative to it.
_STEPS, _REACH = 32, 0.08


def moments_of(j2: float, *, sweeps: int, seed: int) -> list[Moments]:
    """Measure lattices of all sizes about the transition of one coupling."""
    rough = {"lengths": _ROUGH, "sweeps": _ROUGH_SWEEPS, "seed": seed}
    place = _crossing(j2, np.arange(160, 5, -1) / 40, **rough)
    place = _crossing(j2, _window(place, _ROUGH_REACH), **rough)
    return _measured(j2, _window(place, _REACH), lengths=LENGTHS, sweeps=sweeps, seed=seed)


def _window(middle: float, reach: float) -> NDArray[np.float64]:
    return middle * np.linspace(1 + reach, 1 - reach, _STEPS)


def _measured(
    j2: float, temperatures: NDArray[np.float64], *, lengths: Sequence[int], sweeps: int, seed: int
) -> list[Moments]:
    steps = temperatures.tolist()
    return [measure(j2, steps, length=n, sweeps=sweeps, seed=seed + n) for n in lengths]


def _crossing(j2: float, temperatures: NDArray[np.float64], **how: Any) -> float:
    return crossing(*_measured(j2, temperatures, **how))[0]


def boundary_of(j2: float, moments: Sequence[Moments]) -> Boundary:
    """Return the boundary that the moments of all sizes show."""
    places = [crossing(small, large) for small, large in pairwise(moments)]
    values, errors = ([round(v, 5) for v in column] for column in zip(*places, strict=True))
    return Boundary(
        j2,
        "ferromagnet" if j2 < 0.5 else "stripes",
        values[-1],
        round(float(np.hypot(errors[-1], values[-1] - values[0])), 5),
        values,
        errors,
    )


def main() -> None:
    """Measure all couplings of the dataset that the file does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--sweeps", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=18)
    given = parser.parse_args()
    record = Boundaries(list(LENGTHS), given.sweeps, given.seed, [])
    if given.out.exists():
        record = read_boundaries(given.out)
        if (record.sweeps, record.seed) != (given.sweeps, given.seed):
            parser.error(f"{given.out} has {record.sweeps} sweeps and the seed {record.seed}.")
    for j2 in COUPLINGS:
        if any(old.j2 == j2 for old in record.boundaries):
            continue
        new = Boundary(j2, "", 0.0, 0.0, [], [])
        if j2 != 0.5:  # there all orders cost the same
            new = boundary_of(j2, moments_of(j2, sweeps=given.sweeps, seed=given.seed))
        print(new, flush=True)  # noqa: T201  (a command)
        record.boundaries.append(new)
        replace_text(given.out, to_json(record))


if __name__ == "__main__":
    main()
