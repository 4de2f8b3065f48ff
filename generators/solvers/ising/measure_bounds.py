"""Measures how well couplings can be known, and writes ``coupling_bounds.json``; ten minutes.

``python -m mesoinv.generators.solvers.ising.measure_bounds``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mesoinv.generators.common.files import replace_text
from mesoinv.generators.common.records import to_json
from mesoinv.generators.solvers.ising.coupling_bounds import FILE, CouplingBounds, of_sums
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS, TEMPERATURES
from mesoinv.generators.solvers.ising.tempering import Ladder

#: Sweeps between measurements.
_BETWEEN = 10


def of_coupling(j2: float, *, length: int, sweeps: int, seed: int) -> list[tuple[float, float]]:
    """Return both bounds at every temperature; the first fifth of the sweeps is left out."""
    ladder = Ladder(j2, TEMPERATURES, length, seed)
    ladder.advance(sweeps // 5)
    sums = []
    for _ in range((sweeps - sweeps // 5) // _BETWEEN):
        ladder.advance(_BETWEEN)
        sums.append(ladder.pair_sums())
    near, far = np.array(sums).transpose(1, 2, 0)
    return [of_sums(a, b) for a, b in zip(near, far, strict=True)]


def main() -> None:
    """Measure all couplings of the dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--length", type=int, default=30)
    parser.add_argument("--sweeps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=18)
    given = parser.parse_args()
    k1: list[list[float]] = []
    k2: list[list[float]] = []
    for j2 in COUPLINGS:
        both = of_coupling(j2, length=given.length, sweeps=given.sweeps, seed=given.seed)
        for table, column in zip((k1, k2), zip(*both, strict=True), strict=True):
            table.append([float(f"{bound:.4g}") for bound in column])
        print(f"J2 = {j2}", flush=True)  # noqa: T201  (a command)
    record = CouplingBounds(
        given.length, given.sweeps, given.seed, list(COUPLINGS), list(TEMPERATURES), k1, k2
    )
    replace_text(given.out, to_json(record))


if __name__ == "__main__":
    main()
