"""Disordered wires by kwant: the independent reference, slow and general.

See `mesoinv.generators.solvers.pldos.kwant_reference` for the package.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]


@functools.lru_cache(maxsize=8)
def _system(length: int, width: int) -> Any:
    import kwant  # noqa: PLC0415  (optional, and slow to import)

    lattice = kwant.lattice.square(norbs=1)
    builder = kwant.Builder()

    def onsite(site: Any, onsite_energy: RealArray) -> float:
        return float(onsite_energy[site.tag[0], site.tag[1]])

    builder[(lattice(x, y) for x in range(length) for y in range(width))] = onsite
    builder[lattice.neighbors()] = -1.0
    for direction in (-1, 1):
        lead = kwant.Builder(kwant.TranslationalSymmetry((direction, 0)))
        lead[(lattice(0, y) for y in range(width))] = 0.0
        lead[lattice.neighbors()] = -1.0
        builder.attach_lead(lead)
    return builder.finalized()


def transmission_kwant(onsite_energy: RealArray, energies: RealArray) -> RealArray:
    """Compute the transmission of wires at several energies with kwant.

    Parameters
    ----------
    onsite_energy : (B, L, W) array
        On-site energies [t].
    energies : (E,) array
        Fermi energies [t].

    Returns
    -------
    (B, E) array

    Raises
    ------
    ImportError
        If kwant is not installed.
    """
    import kwant  # noqa: PLC0415

    system = _system(*onsite_energy.shape[1:])
    values = np.empty((len(onsite_energy), len(energies)))
    for row, sample in enumerate(onsite_energy):
        parameters = {"onsite_energy": sample}
        for column, energy in enumerate(energies.tolist()):
            matrix = kwant.smatrix(system, energy, params=parameters)
            values[row, column] = matrix.transmission(1, 0)
    return values
