"""Temperatures below which the phases are ordered: our own, with errors, and the literature's.

``python -m mesoinv.generators.solvers.ising.measure_boundary`` writes ``phase_boundary.json``.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mesoinv.generators.common.records import from_dict

FILE = Path(__file__).with_name("phase_boundary.json")
#: Couplings whose T_c [J1] is known exactly: L. Onsager, Phys. Rev. 65, 117 (1944).
EXACT = {0.0: 2 / math.log1p(math.sqrt(2))}
Order = Literal["ferromagnet", "stripes"]


@dataclass(frozen=True)
class Boundary:
    """Where the order of one coupling ends.

    Attributes
    ----------
    j2 : float
        J2 [J1].
    order : str
        What is ordered below; empty at J2 = 1/2, where nothing is above T = 0.
    temperature, error : float
        T_c [J1]: where the Binder ratios of the two largest sizes cross; its standard error, and
        the distance to the crossing of the two smaller ones, added in quadrature.
    crossings, crossing_errors : list of float
        Of each size with the next.
    """

    j2: float
    order: Literal["", "ferromagnet", "stripes"]
    temperature: float
    error: float
    crossings: list[float]
    crossing_errors: list[float]


@dataclass(frozen=True)
class Boundaries:
    """The whole file: how it was measured, and what came out."""

    lengths: list[int]
    sweeps: int
    seed: int
    boundaries: list[Boundary]


@functools.cache
def read_boundaries(path: Path = FILE) -> Boundaries:
    """Return what was measured, by default for all couplings of the dataset."""
    return from_dict(Boundaries, json.loads(path.read_text(encoding="utf-8")), path.name)


def critical_temperature(j2: float, order: Order) -> float:
    """Return T_c [J1] of one order, exact or else as measured; 0 where a coupling has another.

    Raises
    ------
    KeyError
        If the coupling is none of the dataset's.
    """
    for boundary in read_boundaries().boundaries:
        if abs(boundary.j2 - j2) < 1e-9:
            known = EXACT.get(boundary.j2, boundary.temperature)
            return known if boundary.order == order else 0.0
    raise KeyError(f"no boundary was measured at J2 = {j2}")
