"""Maps under a tip beside kwant with the tip put in: seconds and errors, one thread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.bench_pldos import has_kwant, landscapes
from benchmarks.machine import interleaved
from mesoinv.generators.pldos import transport
from mesoinv.generators.sgm import Tip, conductance_map, linearise, wide_tip_map

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.generators.solvers.pldos.strip import RealArray

#: Places at which kwant is timed, and those at which it is compared.
TIMED, COMPARED = 20, 50
STRENGTHS = (0.1, 1.0, 20.0, -0.5, -5.0)


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    potential = landscapes(50.0, 1.0, 1)
    yield from speed(potential, quick=quick)
    yield wide(potential, quick=quick)
    yield gradient(potential)
    if has_kwant():
        yield errors(potential, 5 if quick else COMPARED)


def _places(count: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(1)
    return list(zip(rng.integers(256, size=count), rng.integers(192, size=count), strict=True))


def _with_tip(potential: RealArray, place: tuple[int, int], strength: float) -> RealArray:
    changed = potential.copy()
    changed[0][place] += strength
    return changed


def speed(potential: RealArray, *, quick: bool) -> Iterator[str]:
    """Seconds a map of all places; kwant is timed at some of them and scaled to all."""
    places = iter(_places(10 * TIMED))

    def ours(exact: bool) -> int:
        conductance_map(potential, tip_strength=1.0, exact=exact)
        return 1

    def kwant() -> int:
        transport(_with_tip(potential, next(places), 1.0), solver="kwant")
        return 1

    cases = {"default": lambda: ours(False), "every mode": lambda: ours(True)}
    if has_kwant():
        cases["kwant"] = kwant
    times = interleaved(cases, 3 if quick else TIMED)
    whole = times["kwant"][0] * potential[0].size if "kwant" in times else math.nan
    for name in ("default", "every mode"):
        median, fast, slow = times[name]
        yield (
            f"sgm point-like tip, {name}: {median:.4f} s a map of {potential[0].size} places "
            f"({fast:.4f} to {slow:.4f}), {whole / median:.2g} × kwant"
        )
    if "kwant" in times:
        yield (
            f"sgm kwant: {times['kwant'][0]:.3f} s a place, timed at {3 if quick else TIMED} "
            f"places; {whole / 3600:.1f} h a map, scaled"
        )


def wide(potential: RealArray, *, quick: bool) -> str:
    """Seconds a raster of 64 × 48 places of wide tips."""
    tips = {"25 nm": Tip(5.0, 0.3), "50 nm": Tip(10.0, 0.3), "100 nm": Tip(20.0, 0.3)}
    if quick:
        tips = {"25 nm": tips["25 nm"]}

    def call(tip: Tip) -> int:
        wide_tip_map(potential, tip)
        return 1

    times = interleaved({k: lambda tip=tip: call(tip) for k, tip in tips.items()}, 1)
    text = ", ".join(f"{name} {median:.2f} s" for name, (median, _, _) in times.items())
    return f"sgm Gaussian tips, a raster of 64 × 48 places: {text}"


def gradient(potential: RealArray) -> str:
    """Seconds a gradient of a map."""
    linear = linearise(potential, tip_strength=1.0)
    weight = np.random.default_rng(0).normal(size=potential.shape)

    def prepare() -> int:
        linearise(potential, tip_strength=1.0)
        return 1

    def adjoint() -> int:
        linear.adjoint(weight)
        return 1

    def product() -> int:
        linear.product(weight)
        return 1

    times = interleaved({"factors": prepare, "gradient": adjoint, "product": product}, 3)
    text = ", ".join(f"{name} {median:.2f} s" for name, (median, _, _) in times.items())
    return f"sgm derivatives: {text}"


def errors(potential: RealArray, count: int) -> str:
    """Return the largest difference from kwant over places and strengths."""
    exact, fast = (
        conductance_map(potential, tip_strength=STRENGTHS, exact=e)[0] for e in (True, False)
    )
    worst = [0.0, 0.0]
    for number, place in enumerate(_places(count)):
        which = number % len(STRENGTHS)
        wanted = transport(_with_tip(potential, place, STRENGTHS[which]), solver="kwant")
        for k, maps in enumerate((exact, fast)):
            worst[k] = max(worst[k], abs(float(maps[which][place] - wanted.transmission[0])))
    return (
        f"sgm errors of G against kwant with the tip put in, {count} places, tips of "
        f"{', '.join(f'{u:g}' for u in STRENGTHS)} t: every mode {worst[0]:.1e}, "
        f"default {worst[1]:.1e}"
    )
