"""The conductance under tips of a finite size, against strips into which the tip is put."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pldos import Strip, transport
from mesoinv.generators.sgm import Tip, wide_tip_map

STRIP = Strip(40, 30, 16, fermi_energy=11.0)
ALONG, ACROSS = [0.0, 1.5, 20.0, 39.0], [0.0, 3.0, 14.5, 29.0]


def potential() -> np.ndarray:
    return 0.2 * np.random.default_rng(0).normal(size=(1, 40, 30))


def put_in(sample: np.ndarray, tip: Tip, place: tuple[float, float]) -> np.ndarray:
    x, y = (np.arange(n) for n in sample.shape)
    return sample + tip.potential(x[:, None] - place[0], y - place[1])


@pytest.mark.parametrize(
    "tip", [Tip(3.0, 0.7), Tip(2.0, -0.5), Tip(3.0, 0.4, "lorentzian"), Tip(1.0, 5.0, cut=4.0)]
)
def test_every_place_equals_a_solve_with_the_tip_put_in(tip: Tip) -> None:
    sample = potential()
    maps = wide_tip_map(sample, tip, along=ALONG, across=ACROSS, strip=STRIP, exact=True)
    for row, x in enumerate(ALONG):
        tips = np.stack([put_in(sample[0], tip, (x, y)) for y in ACROSS])
        expected = transport(tips, strip=STRIP, solver="complex").transmission
        np.testing.assert_allclose(maps[0, row], expected, atol=1e-10)


def test_a_place_equals_kwant() -> None:
    sample, tip = potential(), Tip(3.0, 0.7)
    made = wide_tip_map(sample, tip, along=[11.5], across=[9.0], strip=STRIP, exact=True)
    expected = transport(put_in(sample[0], tip, (11.5, 9.0))[None], strip=STRIP, solver="kwant")
    assert made[0, 0, 0] == pytest.approx(expected.transmission[0], abs=1e-8)


def test_fewer_modes_are_enough() -> None:
    rng = np.random.default_rng(1)
    smooth = np.cumsum(np.cumsum(rng.normal(size=(256, 192)), axis=0), axis=1)
    sample = 0.1 * (smooth - smooth.mean())[None] / smooth.std()
    for tip in (Tip(5.0, 0.5), Tip(5.0, -0.3)):
        fast, exact = (
            wide_tip_map(sample, tip, along=[60, 160], across=[50, 95.5], exact=e)
            for e in (False, True)
        )
        assert abs(fast - exact).max() < 3e-3


def test_the_raster_is_in_the_middle_of_four_sites() -> None:
    made = wide_tip_map(np.zeros((1, 40, 30)), Tip(2.0, 0.1), strip=STRIP)
    assert made.shape == (1, 10, 7)
    same = wide_tip_map(np.zeros((1, 40, 30)), Tip(2.0, 0.1), strip=STRIP, along=[1.5, 5.5],
                        across=[1.5])  # fmt: skip
    np.testing.assert_allclose(made[:, :2, :1], same)


def test_the_thermal_average_weighs_energies() -> None:
    hot = wide_tip_map(potential(), Tip(3, 0.4), along=[9], across=[9], strip=STRIP,
                       temperature=0.5, energies=5)  # fmt: skip
    cold = wide_tip_map(potential(), Tip(3, 0.4), along=[9], across=[9], strip=STRIP)
    assert 0 < abs(hot - cold).max() < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0.0}, "positive number"),
        ({"width": math.nan}, "positive number"),
        ({"cut": -1.0}, "positive number"),
        ({"strength": math.inf}, "finite number"),
        ({"shape": "cube"}, "gaussian"),
    ],
)
def test_impossible_tips(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Tip(**{"width": 2.0, "strength": 0.1} | arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tip": Tip(6.0, 0.1)}, "36 sites wide"),
        ({"along": [-1.0]}, "along the strip are numbers from 0 to 39"),
        ({"across": [30.0]}, "across the strip are numbers from 0 to 29"),
        ({"across": []}, "a list of them"),
        ({"along": [math.nan]}, "numbers from 0"),
        ({"temperature": -0.1}, "0 K or more"),
    ],
)
def test_impossible_rasters(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        wide_tip_map(potential(), strip=STRIP, **({"tip": Tip(2.0, 0.1)} | arguments))  # type: ignore[arg-type]
