"""What a map of the conductance has to do with the density of states, with theory and with heat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.sgm import Tip, wide_tip_map
from mesoinv.generators.solvers.sgm.conductance_map import scan
from mesoinv.generators.solvers.sgm.respond import respond

if TYPE_CHECKING:
    from collections.abc import Callable

RealArray = NDArray[np.float64]

#: Strengths of a point-like tip [t]; temperatures [K]; widths [sites] and height [t] of wide tips.
STRENGTHS = (0.002, 0.01, 0.05, 0.1, 1.0, 10.0, np.inf)
TEMPERATURES = (0.02, 0.1, 0.3, 1.0)
WIDTHS, HEIGHT = (2.0, 5.0, 10.0), 0.3
#: The strength of the tip in what is not about strengths [t], and places of wide tips [sites].
USUAL, PLACES = 1.0, (np.arange(7.5, 256, 16), np.arange(7.5, 192, 16))
#: Samples for temperatures and for wide tips, which take seconds each.
FEW = 8


@dataclass(frozen=True)
class Spread:
    """Lower quartile, median and upper quartile over samples."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Return the quartiles, rounded to what a page shows."""
        low, median, high = np.quantile(values, (0.25, 0.5, 0.75)).round(6).tolist()
        return cls(low, median, high)


@dataclass(frozen=True)
class Physics:
    """What was measured.

    Attributes
    ----------
    samples, few : int
        How many, and how many for temperatures and wide tips.
    correlation : dict of str to Spread
        Strength [t] -> Pearson's r of G(r) - G₀ with the density of states.
    first_order : dict of str to Spread
        Strength [t] -> relative L2 error of first-order theory.
    temperature : dict of str to Spread
        Temperature [K] -> relative L2 distance of G(r) - G₀ from that at 0 K.
    width : dict of str to Spread
        Width of a tip of 0.3 t [nm] -> Pearson's r of G(r) - G₀ with the density of states.
    """

    samples: int
    few: int
    correlation: dict[str, Spread]
    first_order: dict[str, Spread]
    temperature: dict[str, Spread]
    width: dict[str, Spread]


def physics(potential: RealArray, log: Callable[[str], object]) -> Physics:
    """Measure on landscapes (B, L, W) [t]."""
    correlation: dict[str, list[float]] = {f"{u:g}": [] for u in STRENGTHS}
    first: dict[str, list[float]] = {f"{u:g}": [] for u in STRENGTHS if np.isfinite(u)}
    for number, sample in enumerate(potential):
        log(f"sgm: sample {number + 1} of {len(potential)}")
        solved = respond(sample[None])
        for u in STRENGTHS:
            change = solved.change(u)
            correlation[f"{u:g}"].append(_pearson(change, solved.density))
            if np.isfinite(u):
                first[f"{u:g}"].append(_distance(-2 * u * solved.overlap.imag, change))
    few = potential[:FEW]
    return Physics(
        len(potential), len(few), _spreads(correlation), _spreads(first), _temperatures(few),
        _widths(few),
    )  # fmt: skip


def _temperatures(potential: RealArray) -> dict[str, Spread]:
    strength = np.array([USUAL])
    cold = scan(potential, strength).change
    distances = {}
    for temperature in TEMPERATURES:
        warm = scan(potential, strength, temperature=temperature).change
        pairs = zip(warm, cold, strict=True)
        distances[f"{temperature:g}"] = [_distance(one, other) for one, other in pairs]
    return _spreads(distances)


def _widths(potential: RealArray) -> dict[str, Spread]:
    solved = respond(potential)
    x, y = (np.rint(axis).astype(int) for axis in PLACES)
    made: dict[str, list[float]] = {}
    for width in WIDTHS:
        maps = wide_tip_map(potential, Tip(width, HEIGHT), along=PLACES[0], across=PLACES[1])
        seen = solved.density[:, x][:, :, y]
        pairs = zip(maps, seen, strict=True)
        made[f"{5 * width:g}"] = [_pearson(one, other) for one, other in pairs]
    return _spreads(made)


def _spreads(values: dict[str, list[float]]) -> dict[str, Spread]:
    return {name: Spread.of(some) for name, some in values.items()}


def _pearson(one: RealArray, other: RealArray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _distance(one: RealArray, other: RealArray) -> float:
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))
