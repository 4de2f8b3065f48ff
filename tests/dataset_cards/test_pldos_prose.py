"""The numbers in the prose of the pldos card, computed again from constants of nature."""

import math
import re

import numpy as np
import pytest
from scipy.constants import e, epsilon_0, hbar
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import j0

from mesoinv.dataset_cards.prose import read_prose
from mesoinv.generators import get_dataset
from mesoinv.generators.pldos import transport
from mesoinv.generators.solvers.pldos.scattering import TOLERANCE
from mesoinv.generators.solvers.pldos.strip import Strip

MASS, EPSILON, ENERGY, SPACING = 5.74e-32, 12.9, 5.6e-3 * e, 5e-9  # [kg], [], [J], [m]
HOPPING = hbar**2 / (2 * MASS * SPACING**2)
COULOMB = e**2 / (4 * math.pi * EPSILON * epsilon_0)
BOHR = hbar**2 / (MASS * COULOMB)


@pytest.fixture(scope="module")
def physics():
    return read_prose(get_dataset("pldos")).sections["Physics"]


def test_declared_numbers():
    strip, head = Strip(), read_prose(get_dataset("pldos")).head
    sites, a = (strip.length, strip.width), strip.lattice_constant
    assert f"{sites[0]} × {sites[1]} sites of a square lattice, spacing {a:g} nm" in head.grid
    assert f"({sites[0] * a:g} nm × {sites[1] * a:g} nm)" in head.grid
    assert f"a {strip.source_width}-site source lead" in head.boundary
    departures = read_prose(get_dataset("pldos")).sections["Departures from the paper"]
    assert f"relative L2 error of {TOLERANCE:.0e}".replace("e-0", "e-") in departures


def test_transmission_without_disorder():
    clean = transport(np.zeros((1, 256, 192)), solver="complex").transmission[0]
    assert f"T is {clean:.3f}, not 3" in read_prose(get_dataset("pldos")).sections["Known limits"]


def correlation(distance, density, separation):
    """C(R) of the card [J²]; distance and separation [m], density [m⁻²]."""

    def integrand(x):  # x = q s, so that the numbers are of order one
        q = x / distance
        return q * math.exp(-2 * x) / (q + 1 / BOHR) ** 2 * j0(q * separation) / distance

    return 2 * math.pi * density * COULOMB**2 * quad(integrand, 0, 3.5)[0]


def test_table_of_ensemble_values(physics):
    rows = re.findall(
        r"^\| (\d+) \| ([\d.]+) \| ([\d.]+) .*?\| ([\d.]+) \|$", physics, re.MULTILINE
    )
    assert len(rows) == 5
    shares = sorted(float(row[2]) * HOPPING / ENERGY for row in rows)
    departures = read_prose(get_dataset("pldos")).sections["Departures from the paper"]
    assert f"rms is {shares[0]:.2f} E to {shares[-1]:.2f} E" in departures
    assert f"({shares[2]:.2f} E)" in physics
    ends = [(float(s), float(n_d)) for s, n_d, *_ in rows]
    for name, hard, weak in (("stronger", 0, 1), ("global", 1, 3), ("weaker", 3, 4)):
        parameters = get_dataset("pldos").parameters(name)
        assert (parameters.s[0], parameters.n_d[1]) == ends[hard]
        assert (parameters.s[1], parameters.n_d[0]) == ends[weak]
    for s, n_d, rms, length in (map(float, row) for row in rows):
        distance, density = s * 1e-9, n_d * 1e16
        variance = correlation(distance, density, 0.0)
        assert math.sqrt(variance) / HOPPING == pytest.approx(rms, abs=6e-6)
        half = brentq(lambda r: correlation(distance, density, r) / variance - 0.5, 1e-8, 3e-7)  # noqa: B023
        assert half * 1e9 == pytest.approx(length, abs=0.051)


def test_lattice_constants(physics):
    wave_length = 2 * math.pi * hbar / math.sqrt(2 * MASS * ENERGY)
    for text in (
        f"= {HOPPING / e * 1e3:.3f} meV",
        f"{ENERGY / HOPPING:.5f} t",
        f"= {BOHR * 1e9:.3f} nm",
        f"\nwavelength of {wave_length * 1e9:.1f} nm or {wave_length / SPACING:.0f} sites",
    ):
        assert text in physics


def test_open_modes(physics):
    def count(width):  # k real: E above the bottom of the mode's band, 2 − 2 cos(πn/(W+1)) [t]
        bottoms = (2 - 2 * math.cos(math.pi * n / (width + 1)) for n in range(1, width + 1))
        return sum(bottom < ENERGY / HOPPING for bottom in bottoms)

    assert f"source lead has {count(20)} open modes at E, the drain {count(192)}" in physics
