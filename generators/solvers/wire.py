"""Transmission through a disordered wire between two ideal leads of the same width.

Square lattice, L × W sites, hopping -1, leads with on-site energy 0. A slice obeys
ψ_{i+1} = (H_i - E) ψ_i - ψ_{i-1}. Solutions that leave through the left lead satisfy
ψ_{i-1} = g_i ψ_i with a symmetric matrix g, which begins as the lead's and is carried to the right
end over several slices at a time: ψ_i = 1 is applied forward, one linear system gives the next g.
In the modes of the right lead the reflected waves follow, and T = N - Tr r r† from them.

The number of slices in one stride follows from a bound on the growth of ψ: growth G costs log10 G
digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers import wire_sweep

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: No lead has a mode at |E| of this size [t].
BAND = 4.0
#: |cos κ| this close to 1 is a mode at the edge of its band: energies are not known better.
EDGE = 4 * np.finfo(float).eps
#: How far outside 0 … N rounding may leave a transmission.
ROUNDING = 1e-10


@dataclass(frozen=True)
class Lead:
    """The modes of an ideal lead at one energy.

    Attributes
    ----------
    basis : (W, W) array
        Transverse sine modes, one a column; symmetric.
    factor : (W,) complex array
        λ of each mode: an outgoing wave is λⁿ at the n-th slice, |λ| ≤ 1.
    velocity : (W,) array
        sin κ of an open mode with λ = e^{iκ}; 0 for a closed one.
    """

    basis: RealArray
    factor: ComplexArray
    velocity: RealArray

    @property
    def num_open(self) -> int:
        """How many modes carry current."""
        return int((self.velocity > 0).sum())

    @property
    def surface(self) -> ComplexArray:
        """ψ of a slice from ψ of the slice before it, going outwards: U λ Uᵀ, shape (W, W)."""
        return (self.basis * self.factor) @ self.basis


def lead(width: int, energy: float) -> Lead:
    """Return the modes of a lead.

    A mode n of the transverse energy ε_n = -2 cos(πn/(W+1)) has the band ε_n - 2 … ε_n + 2. One
    exactly at an end of its band does not move: it counts as closed.

    Parameters
    ----------
    width : int
        Sites across.
    energy : float
        Fermi energy [t].

    Returns
    -------
    Lead
    """
    number = np.arange(1, width + 1)
    angle = np.pi * number / (width + 1)
    basis = np.sqrt(2 / (width + 1)) * np.sin(np.outer(number, angle))
    # sin, not cos: its zeros are where they belong, also that of the middle mode
    cosine = -np.sin(np.pi / 2 - angle) - energy / 2
    size = abs(cosine)
    is_open = size < 1 - EDGE
    velocity = np.sqrt(np.where(is_open, (1 - size) * (1 + size), 0))
    # x - √(x² - 1), but without the difference
    outside = np.maximum(size, 1)
    closed = np.copysign(1 / (outside + np.sqrt((outside - 1) * (outside + 1))), cosine)
    factor = np.where(is_open, cosine + 1j * velocity, closed)
    return Lead(basis, factor, velocity)


def transmission(
    onsite_energy: RealArray, energies: RealArray, *, device: str = "cpu"
) -> RealArray:
    """Compute the transmission of wires at several energies.

    Parameters
    ----------
    onsite_energy : (B, L, W) array
        On-site energies [t].
    energies : (E,) array
        Fermi energies [t].
    device : str
        ``"cpu"`` takes the compiled method, anything else is a torch device.

    Returns
    -------
    (B, E) array
        Transmission, between 0 and the number of open modes. Its error is absolute, about 1e-13 and
        rarely above 1e-11.

    Raises
    ------
    ArithmeticError
        If so many digits were lost that a transmission is outside that range.
    """
    found = np.zeros((len(onsite_energy), len(energies)))
    for column, energy in enumerate(energies.tolist()):
        if abs(energy) >= BAND:
            continue
        modes = lead(onsite_energy.shape[2], energy)
        if modes.num_open:
            values = _transmission(onsite_energy, energy, modes, device)
            outside = _outside(values, modes)
            if outside.any():  # digits were lost: then each slice by itself
                again = onsite_energy[outside]
                values[outside] = wire_sweep.transmission(again, energy, modes, growth=1.0)
            found[:, column] = _in_range(values, energy, modes)
    return found


def _transmission(onsite_energy: RealArray, energy: float, modes: Lead, device: str) -> RealArray:
    if device == "cpu":
        return wire_sweep.transmission(onsite_energy, energy, modes)
    from mesoinv.generators.solvers import wire_torch  # noqa: PLC0415  (torch is heavy)

    values, doubtful = wire_torch.transmission(onsite_energy, energy, modes, device)
    if doubtful.any():
        values[doubtful] = wire_sweep.transmission(onsite_energy[doubtful], energy, modes)
    return values


def _outside(values: RealArray, modes: Lead) -> NDArray[np.bool_]:
    return ~((values > -ROUNDING) & (values < modes.num_open + ROUNDING))  # NaN is outside


def _in_range(values: RealArray, energy: float, modes: Lead) -> RealArray:
    """Refuse what is not a transmission; take away what only rounding has added."""
    outside, num_open = _outside(values, modes), modes.num_open
    if outside.any():
        row = int(np.argmax(outside))
        raise ArithmeticError(
            f"The transmission of sample {row} at E = {energy:g} came out as {values[row]:.12g}, "
            f"not between 0 and {num_open}: digits were lost."
        )
    return np.clip(values, 0, num_open)
