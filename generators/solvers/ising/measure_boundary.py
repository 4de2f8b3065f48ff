"""Measures where the phases end, and writes ``phase_boundary.json``; an hour or two on one core.

``python -m mesoinv.generators.solvers.ising.measure_boundary`` goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path

import numpy as np

from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.records import to_json
from mesoinv.generators.solvers.ising.binder import crossing, measure
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS
from mesoinv.generators.solvers.ising.phase_boundary import FILE, Boundary

LENGTHS = (30, 60, 120)
#: Of the two small lattices that say where to look.
_ROUGH, _ROUGH_SWEEPS = (16, 32), 4000
#: Temperatures about the rough crossing, and how far they reach, relative to it.
_STEPS, _REACH = 32, 0.07


def measured(j2: float, *, lengths: tuple[int, ...], sweeps: int, seed: int) -> Boundary:
    """Measure the boundary of one coupling."""
    if j2 == 0.5:
        return Boundary(j2, "", 0.0, 0.0, [], [])
    middle = _rough(j2, seed)
    window = (middle * np.linspace(1 + _REACH, 1 - _REACH, _STEPS)).tolist()
    moments = [measure(j2, window, length=n, sweeps=sweeps, seed=seed + n) for n in lengths]
    places = [crossing(small, large) for small, large in pairwise(moments)]
    values, errors = ([round(v, 5) for v in column] for column in zip(*places, strict=True))
    spread = values[-1] - values[0]
    return Boundary(
        j2,
        "ferromagnet" if j2 < 0.5 else "stripes",
        values[-1],
        round(float(np.hypot(errors[-1], spread)), 5),
        values,
        errors,
    )


def _rough(j2: float, seed: int) -> float:
    temperatures = np.arange(160, 5, -1) / 40
    moments = [
        measure(j2, temperatures.tolist(), length=n, sweeps=_ROUGH_SWEEPS, seed=seed + n)
        for n in _ROUGH
    ]
    return crossing(*moments)[0]


def main() -> None:
    """Measure all couplings of the dataset that the file does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--sweeps", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=18)
    given = parser.parse_args()
    done: list[dict[str, object]] = []
    if given.out.exists():
        done = json.loads(given.out.read_text(encoding="utf-8"))["boundaries"]
    for j2 in COUPLINGS:
        if any(old["j2"] == j2 for old in done):
            continue
        new = measured(j2, lengths=LENGTHS, sweeps=given.sweeps, seed=given.seed)
        print(new, flush=True)  # noqa: T201  (a command)
        done.append(json.loads(to_json(new)))
        whole = {"lengths": LENGTHS, "sweeps": given.sweeps, "seed": given.seed, "boundaries": done}
        replace_text(given.out, json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
