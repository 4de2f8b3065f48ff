"""A disordered rectangular strip with a narrow source and a full-width drain, in transverse modes.

The lattice problem of Percebois & Weinmann (2021) [1]_: square lattice, nearest-neighbour hopping
-t, hard walls at top and bottom, on-site energy 4t + V, a lead of `source_width` sites on the
left edge and a lead over the whole right edge. Energies are in t, lengths in sites; the quantities
here do not depend on the disorder.

References
----------
.. [1] G. J. Percebois and D. Weinmann, Phys. Rev. B 104, 075422 (2021), arXiv:2106.11623.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: ħ [J s] and e [C]: exact in the SI, and without scipy, which a declaration is not to load.
HBAR, ELEMENTARY_CHARGE = 6.62607015e-34 / (2 * math.pi), 1.602176634e-19


@dataclass(frozen=True)
class Strip:
    """Geometry and material of the sample; the defaults are the paper's.

    Attributes
    ----------
    length, width : int
        Sites along and across the strip.
    source_width : int
        Sites of the source lead, centred on the left edge.
    lattice_constant : float
        Distance of neighbouring sites [nm].
    effective_mass : float
        Electron mass in the material [kg].
    fermi_energy : float
        Energy of the injected electrons above the band edge [meV].
    dielectric_constant : float
        Relative permittivity.
    """

    length: int = field(default=256, metadata={"unit": "sites"})
    width: int = field(default=192, metadata={"unit": "sites"})
    source_width: int = field(default=20, metadata={"unit": "sites"})
    lattice_constant: float = field(default=5.0, metadata={"unit": "nm"})
    effective_mass: float = field(default=5.74e-32, metadata={"unit": "kg"})
    fermi_energy: float = field(default=5.6, metadata={"unit": "meV"})
    dielectric_constant: float = field(default=12.9, metadata={"unit": "1"})

    def __post_init__(self) -> None:
        if self.length < 2 or not 1 <= self.source_width <= self.width:
            raise ValueError("A strip needs length ≥ 2 and 1 ≤ source_width ≤ width.")
        positive = (self.lattice_constant, self.effective_mass, self.dielectric_constant)
        if min(positive) <= 0:
            raise ValueError("Lattice constant, mass and dielectric constant must be positive.")
        if not 0 < self.energy < 8:
            raise ValueError(f"The energy {self.energy:.3f} t is outside the band, 0 to 8 t.")

    @property
    def hopping(self) -> float:
        """The hopping t = ħ²/(2 m a²) [meV]."""
        joule = HBAR**2 / (2 * self.effective_mass * (self.lattice_constant * 1e-9) ** 2)
        return joule / ELEMENTARY_CHARGE * 1e3

    @property
    def energy(self) -> float:
        """The Fermi energy [t]."""
        return self.fermi_energy / self.hopping

    @property
    def source_start(self) -> int:
        """The first site of the source lead across the strip."""
        return (self.width - self.source_width) // 2


@dataclass(frozen=True)
class StripModes:
    """Transverse modes of a strip and of its leads, as arrays.

    Mode m (from 1) of a width W is sqrt(2/(W+1)) sin(π m y/(W+1)), y = 1 … W.

    Attributes
    ----------
    kinetic : (W,) array
        Transverse kinetic energy 2 - 2 cos(π m/(W+1)) [t].
    basis : (W, W) array
        ``basis[y, m]``, orthonormal.
    cosines : (W, 2W+1) array
        cos(π k y/(W+1))/(W+1); potential @ cosines gives the c_k of `sine_block`.
    drain : (W,) complex array
        e^{ik} of the drain's modes; minus its self-energy [t].
    source : (W, n) array
        Open modes of the source lead expanded in the strip's modes.
    source_sin : (n,) array
        sin k of those; their velocity is 2 sin k [t a/ħ].
    source_real : (W, W) array
        Real part of Σ e^{ik} χ χᵀ over all modes χ of the source lead [t].
    closed_source : (W, W) array
        The part of that which the elimination takes, source_real - β U Uᵀ with U = source.
    coupling : (n,) complex array
        The rest, β + i sin k: what is put in after the elimination.
    """

    kinetic: RealArray
    basis: RealArray
    cosines: RealArray
    drain: ComplexArray
    source: RealArray
    source_sin: RealArray
    source_real: RealArray
    closed_source: RealArray
    coupling: ComplexArray


def hard_wall_modes(width: int) -> tuple[RealArray, RealArray]:
    """Return kinetic energies (W,) [t] and modes (W, W) [site, mode] between hard walls."""
    number = np.arange(1, width + 1)
    angle = np.pi * number / (width + 1)
    basis = np.sqrt(2 / (width + 1)) * np.sin(np.outer(number, angle))
    return 2 - 2 * np.cos(angle), basis


def lead_factor(kinetic: RealArray, energy: float) -> ComplexArray:
    """Return e^{ik} of a lead's modes: outgoing where open, decaying where closed.

    2 cos k = 2 + kinetic - energy. Minus this factor is the lead's retarded self-energy [t].
    """
    cos_k = ((2 + kinetic - energy) / 2).astype(np.complex128)
    root = np.sqrt(cos_k**2 - 1)
    # above the band edge (cos_k > 1) the decaying solution, below -1 the one that alternates
    closed = cos_k - np.where(cos_k.real > 0, 1, -1) * root
    return np.where(np.abs(cos_k.real) < 1, cos_k + 1j * np.sqrt(1 - cos_k**2), closed)


@functools.lru_cache(maxsize=8)
def strip_modes(strip: Strip, shift: float = 0.0) -> StripModes:
    """Return (and keep) the mode arrays of a strip.

    Parameters
    ----------
    strip : Strip
        Geometry.
    shift : float
        β of `StripModes` [t]. Results do not depend on it, rounding errors do.

    Returns
    -------
    StripModes

    Raises
    ------
    ValueError
        If no mode of the source lead is open at the Fermi energy.
    """
    kinetic, basis = hard_wall_modes(strip.width)
    lead_kinetic, lead_basis = hard_wall_modes(strip.source_width)
    factor = lead_factor(lead_kinetic, strip.energy)
    is_open = factor.imag > 0
    if not is_open.any():
        raise ValueError(f"The source lead has no open mode at E = {strip.energy:.4g} t.")
    start = strip.source_start
    overlap = basis[start : start + strip.source_width].T @ lead_basis
    angle = np.pi * np.arange(1, strip.width + 1) / (strip.width + 1)
    source = np.ascontiguousarray(overlap[:, is_open])
    source_real = (overlap * factor.real) @ overlap.T
    return StripModes(
        kinetic=kinetic,
        basis=basis,
        cosines=np.cos(np.outer(angle, np.arange(2 * strip.width + 1))) / (strip.width + 1),
        drain=lead_factor(kinetic, strip.energy),
        source=source,
        source_sin=factor.imag[is_open],
        source_real=source_real,
        closed_source=source_real - shift * source @ source.T,
        coupling=(shift + 1j * factor.imag[is_open]).astype(np.complex128),
    )
