"""What a landscape is made of: independent standard normal numbers, one for each wave.

The landscapes of `coulomb` are Fourier series whose coefficients are normal with known variances;
over their standard deviations they are the unknowns z of an inversion, with the prior N(0, 1).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos import coulomb

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]


@dataclass(frozen=True)
class Waves:
    """The map V = Φ z of one kind of disorder.

    Attributes
    ----------
    strip : Strip
        Geometry.
    s, n_d : float
        Distance [nm] and density [1e12 cm⁻²] of the donors.
    smallest_s : float, optional
        There is room for the waves of this distance [nm], no larger than s; those that s does not
        have, have the amplitude 0.
    """

    strip: Strip
    s: float
    n_d: float
    smallest_s: float | None = None

    @functools.cached_property
    def numbers(self) -> NDArray[np.int64]:
        """(j_x, j_y) of the waves, as `coulomb.wave_vectors` orders them, (n, 2)."""
        return coulomb.wave_vectors(self.smallest_s or self.s, self.strip).numbers

    @property
    def count(self) -> int:
        """How many unknowns there are: 2n, real parts and imaginary parts."""
        return 2 * len(self.numbers)

    @property
    def standard_deviation(self) -> float:
        """That of Re C and Im C of the dataset: the unit of z."""
        return float(coulomb.standard_deviation(self.n_d, self.strip))

    @functools.cached_property
    def amplitude(self) -> RealArray:
        """By what a unit of z multiplies cos θ and sin θ of its wave, (n,) [t]."""
        sites = self.strip.length * self.strip.width
        distances = np.array([self.s, self.smallest_s or self.s])
        factor = coulomb.spectral_factor(distances, self.strip)[0]
        return 2 * self.standard_deviation * factor / sites

    def potential(self, z: RealArray) -> RealArray:
        """Return Φ z.

        Parameters
        ----------
        z : (2n,) array
            Real parts, then imaginary parts.

        Returns
        -------
        (L, W) array
            V [t].
        """
        sites = self.strip.length * self.strip.width
        real, imaginary = z.reshape(2, -1)
        scaled = (real - 1j * imaginary) * self.amplitude * sites / 2
        spectrum = np.zeros((self.strip.length, self.strip.width // 2 + 1), dtype=complex)
        jx, jy = self.numbers.T
        spectrum[jx, jy] = scaled
        axis = jy == 0
        spectrum[-jx[axis], 0] = scaled[axis].conj()
        return np.fft.irfft2(spectrum, s=(self.strip.length, self.strip.width))

    def adjoint(self, gradient: RealArray) -> RealArray:
        """Return Φᵀ g, (2n,), for g (L, W)."""
        jx, jy = self.numbers.T
        transformed = np.fft.rfft2(gradient)[jx, jy] * self.amplitude
        return np.concatenate([transformed.real, -transformed.imag])

    def project(self, potential: RealArray) -> RealArray:
        """Return the z whose landscape is nearest to a potential (L, W)."""
        sites = self.strip.length * self.strip.width
        square = np.tile(self.amplitude, 2) ** 2
        there = square > 0
        made = self.adjoint(potential) * 2 / (sites * np.where(there, square, 1))
        return np.where(there, made, 0.0)

    def coefficients(self, z: RealArray) -> NDArray[np.complex128]:
        """Return the Fourier coefficients C(q) of the dataset, (n,)."""
        real, imaginary = z.reshape(2, -1)
        return np.asarray(self.standard_deviation * (real + 1j * imaginary), dtype=np.complex128)
