"""The same strip solved by kwant: the independent reference, slow and general.

kwant [1]_ is an optional extra; `make kwant` builds it.

References
----------
.. [1] C. W. Groth, M. Wimmer, A. R. Akhmerov, X. Waintal, "Kwant: a software package for quantum
   transport", New J. Phys. 16, 063065 (2014).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.generators.solvers.pldos.transport import SolvedBy, Transport

RealArray = NDArray[np.float64]


@functools.lru_cache(maxsize=2)
def _system(strip: Strip) -> Any:
    import kwant  # noqa: PLC0415  (optional, and slow to import)

    lattice = kwant.lattice.square(norbs=1)
    builder = kwant.Builder()
    columns, rows = range(strip.length), range(strip.width)

    def onsite(site: Any, potential: RealArray) -> float:
        return 4.0 + float(potential[site.tag[0], site.tag[1]])

    builder[(lattice(x, y) for x in columns for y in rows)] = onsite
    builder[lattice.neighbors()] = -1.0
    start = strip.source_start
    source = range(start, start + strip.source_width)
    for direction, sites in ((-1, source), (1, rows)):
        lead = kwant.Builder(kwant.TranslationalSymmetry((direction, 0)))
        lead[(lattice(0, y) for y in sites)] = 4.0
        lead[lattice.neighbors()] = -1.0
        builder.attach_lead(lead)
    return builder.finalized()


@functools.lru_cache(maxsize=2)
def _site_order(strip: Strip) -> NDArray[np.int64]:
    tags = np.array([site.tag for site in _system(strip).sites])
    return tags[:, 0] * strip.width + tags[:, 1]


def scatter_kwant(potential: RealArray, strip: Strip | None = None) -> Transport:
    """Solve the scattering problem for a batch of potentials with kwant.

    Parameters
    ----------
    potential : (B, L, W) array
        Potential on the sites [t].
    strip : Strip, optional
        Geometry; the paper's by default.

    Returns
    -------
    Transport
        ``error_estimate`` is 0: kwant keeps every site.

    Raises
    ------
    ImportError
        If kwant is not installed.
    """
    import kwant  # noqa: PLC0415

    strip = strip or Strip()
    system, order = _system(strip), _site_order(strip)
    out = Transport.unfilled(potential.shape, SolvedBy.KWANT)
    for row, sample in enumerate(potential):
        parameters = {"potential": sample}
        states = kwant.wave_function(system, strip.energy, params=parameters)(0)
        density = np.empty(strip.length * strip.width)
        density[order] = (np.abs(states) ** 2).sum(axis=0)
        out.partial_ldos[row] = 2 * np.pi * density.reshape(strip.length, strip.width)
        out.transmission[row], out.reflection[row] = _fluxes(states, order, strip)
    return out


def _fluxes(
    states: NDArray[np.complex128], order: NDArray[np.int64], strip: Strip
) -> tuple[float, float]:
    """Transmission as the current through the last bond column, from the same states."""
    flat = np.empty((states.shape[0], strip.length * strip.width), dtype=complex)
    flat[:, order] = states
    sites = flat.reshape(-1, strip.length, strip.width)
    current = 2 * (sites[:, -2].conj() * sites[:, -1]).imag.sum()
    return float(current), float(states.shape[0] - current)
