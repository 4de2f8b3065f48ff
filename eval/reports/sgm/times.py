"""What a map costs, beside kwant with the tip put in, on one core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.eval.reports.timing import Machine, on_one_core, seconds, this_machine

if TYPE_CHECKING:
    from collections.abc import Callable

RealArray = NDArray[np.float64]

#: Turns of each, and tips that kwant solves.
ROUNDS, KWANT_PLACES = 5, 5


@dataclass(frozen=True)
class Times:
    """Seconds.

    Attributes
    ----------
    maps : dict of str to float
        What -> a map of one sample.
    places : dict of str to int
        The same -> places of the tip on it.
    kwant : float
        One place of a tip, with kwant.
    machine : Machine
    """

    maps: dict[str, float]
    places: dict[str, int]
    kwant: float
    machine: Machine


def measure(potential: RealArray) -> Times:
    """Measure on one core with a landscape (1, L, W) [t]."""
    maps, places, kwant = on_one_core(_measure, potential)
    return Times(maps, places, kwant, this_machine())


def _measure(potential: RealArray) -> tuple[dict[str, float], dict[str, int], float]:
    from mesoinv.generators.pldos import transport  # noqa: PLC0415
    from mesoinv.generators.sgm import Tip, conductance_map, wide_tip_map  # noqa: PLC0415

    cases: dict[str, tuple[Callable[[], NDArray[np.float64]], int]] = {
        "point-like tip": (lambda: conductance_map(potential, tip_strength=1.0), ROUNDS),
        "point-like tip, every mode": (
            lambda: conductance_map(potential, tip_strength=1.0, exact=True), ROUNDS,
        ),
        "point-like tip, 0.1 K": (
            lambda: conductance_map(potential, tip_strength=1.0, temperature=0.1), 1,
        ),
        "Gaussian tip of 25 nm": (lambda: wide_tip_map(potential, Tip(5.0, 0.3)), 1),
        "Gaussian tip of 50 nm": (lambda: wide_tip_map(potential, Tip(10.0, 0.3)), 1),
    }  # fmt: skip
    maps, places = {}, {}
    for name, (call, rounds) in cases.items():
        places[name] = int(call().size)
        maps[name] = seconds(call, rounds)
    kwant = seconds(lambda: transport(potential, solver="kwant"), KWANT_PLACES)
    return maps, places, kwant
