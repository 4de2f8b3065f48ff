"""Cells of known crystals, from light to gold, and the wave vectors of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.lacbed import Crystal

if TYPE_CHECKING:
    from numpy.typing import NDArray

FACE = ((0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0))
BODY = ((0, 0, 0), (0.5, 0.5, 0.5))
QUARTER, HALF = (0.25, 0.25, 0.25), (0.5, 0.5, 0.5)


def cell(side: float, centring: tuple, **sites: tuple) -> Crystal:
    """Return a cell of sites: element or element_1 = (position, B)."""
    atoms = [
        (name.split("_")[0], np.add(position, shift) % 1, b)
        for name, (position, b) in sites.items()
        for shift in centring
    ]
    symbols, positions, b_factors = zip(*atoms, strict=True)
    return Crystal(side, list(symbols), np.array(positions), list(b_factors))


#: [Å], [Å²]; Be is its phase near the melting point
CRYSTALS = {
    "Be": cell(2.551, BODY, Be=((0, 0, 0), 0.5)),
    "diamond": cell(3.567, FACE, C=((0, 0, 0), 0.2), C_1=(QUARTER, 0.2)),
    "Si": cell(5.431, FACE, Si=((0, 0, 0), 0.5), Si_1=(QUARTER, 0.5)),
    "NaCl": cell(5.64, FACE, Na=((0, 0, 0), 1.7), Cl=(HALF, 1.4)),
    "GaAs": cell(5.653, FACE, Ga=((0, 0, 0), 0.6), As=(QUARTER, 0.6)),
    "Cu": cell(3.615, FACE, Cu=((0, 0, 0), 0.55)),
    "SrTiO3": Crystal(
        3.905,
        ["Sr", "Ti", "O", "O", "O"],
        [(0, 0, 0), HALF, (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
        [0.6, 0.4, 0.7, 0.7, 0.7],
    ),
    "Au": cell(4.078, FACE, Au=((0, 0, 0), 0.6)),
}
#: |g|/2π [1/Å] at which 600 Å are converged to 2e-4 or better, by 1.2 times as much
CONVERGED = {
    "Be": 3.6, "diamond": 4.5, "Si": 3.5, "NaCl": 3.0, "GaAs": 3.5, "Cu": 4.4, "SrTiO3": 4.2,
    "Au": 5.6,
}  # fmt: skip


def wave_vectors(pixels: int, half_width: float = 0.891) -> NDArray[np.float64]:
    """Return the transverse wave vectors of all pixels, (n, n, 2) [1/Å]."""
    along = 2 * np.pi * (np.arange(pixels) - pixels / 2 + 0.5) * (2 * half_width / pixels)
    return np.stack(np.meshgrid(along, along, indexing="ij"), axis=-1)


def with_odd_atom(crystal: Crystal) -> Crystal:
    """Return a crystal with one more atom, which leaves no symmetry."""
    return Crystal(
        crystal.lattice_parameter,
        [*crystal.symbols, "Li"],
        np.concatenate([crystal.positions, [(0.21, 0.33, 0.13)]]),
        [*crystal.b_factors, 0.9],
    )


def moved(crystal: Crystal, operation: object, shift: object = (0, 0, 0)) -> Crystal:
    """Return a crystal after an operation and a shift in units of a."""
    positions = crystal.positions @ np.transpose(operation) + np.asarray(shift)
    return Crystal(
        crystal.lattice_parameter, crystal.symbols, positions, crystal.b_factors,
        crystal.occupancies,
    )  # fmt: skip
