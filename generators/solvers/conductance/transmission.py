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
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.solvers.conductance.lead import lead

if TYPE_CHECKING:
    from mesoinv.generators.solvers.conductance.lead import Lead

RealArray = NDArray[np.float64]

#: No lead has a mode at |E| of this size [t].
BAND = 4.0
#: How far outside 0 … N rounding may leave a transmission.
ROUNDING = 1e-10


class Steps(IntEnum):
    """How a value was computed."""

    #: not at all: no mode of the leads is open at this energy, nothing passes
    NONE = 0
    #: in strides, on the device that was asked for
    STRIDES = 1
    #: in strides by the compiled method, since the device's result was doubtful
    COMPILED = 2
    #: each slice by itself, since strides had lost too many digits
    SLICES = 3


@dataclass(frozen=True, repr=False)
class Transmission(ArrayResult):
    """Transmission of wires, and how it was computed.

    Attributes
    ----------
    values : (B, E) array
        Between 0 and the number of open modes. The error is absolute, about 1e-13 and rarely above
        1e-11.
    steps : (B, E) array of uint8
        A `Steps` for each value.
    """

    values: RealArray
    steps: NDArray[np.uint8]


def transmission(
    onsite_energy: RealArray, energies: RealArray, *, device: str = "cpu"
) -> Transmission:
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
    Transmission

    Raises
    ------
    ArithmeticError
        If so many digits were lost that a transmission is outside its range.
    """
    shape = len(onsite_energy), len(energies)
    out = Transmission(np.zeros(shape), np.full(shape, Steps.NONE, np.uint8))
    for column, energy in enumerate(energies.tolist()):
        if abs(energy) >= BAND:
            continue
        modes = lead(onsite_energy.shape[2], energy)
        if modes.num_open:
            solved = _at_energy(onsite_energy, energy, modes, device)
            out.values[:, column], out.steps[:, column] = solved
    return out


def _at_energy(
    onsite_energy: RealArray, energy: float, modes: Lead, device: str
) -> tuple[RealArray, NDArray[np.uint8]]:
    """Return transmission (B,) and steps (B,)."""
    values, steps = _in_strides(onsite_energy, energy, modes, device)
    outside = is_outside(values, modes)
    if outside.any():  # digits were lost
        again = onsite_energy[outside]
        values[outside] = _in_slices(again, energy, modes, growth=1.0)
        steps[outside] = Steps.SLICES
    return in_range(values, energy, modes), steps


def _in_strides(
    onsite_energy: RealArray, energy: float, modes: Lead, device: str
) -> tuple[RealArray, NDArray[np.uint8]]:
    steps = np.full(len(onsite_energy), Steps.STRIDES, np.uint8)
    if device == "cpu":
        return _in_slices(onsite_energy, energy, modes), steps
    from mesoinv.generators.solvers.conductance import torch_sweep  # noqa: PLC0415  (torch is heavy)

    values, doubtful = torch_sweep.transmission(onsite_energy, energy, modes, device)
    if doubtful.any():
        values[doubtful] = _in_slices(onsite_energy[doubtful], energy, modes)
        steps[doubtful] = Steps.COMPILED
    return values, steps


def _in_slices(
    onsite_energy: RealArray, energy: float, modes: Lead, **settings: float
) -> RealArray:
    from mesoinv.generators.solvers.conductance import (  # noqa: PLC0415  (numba is slow to import)
        cpu_sweep,
    )

    return cpu_sweep.transmission(onsite_energy, energy, modes, **settings)


def is_outside(values: RealArray, modes: Lead) -> NDArray[np.bool_]:
    """Return which values are not between 0 and the number of open modes: digits were lost."""
    return ~((values > -ROUNDING) & (values < modes.num_open + ROUNDING))  # NaN is outside


def in_range(values: RealArray, energy: float, modes: Lead) -> RealArray:
    """Refuse what is not a transmission; take away what only rounding has added."""
    outside, num_open = is_outside(values, modes), modes.num_open
    if outside.any():
        row = int(np.argmax(outside))
        raise ArithmeticError(
            f"The transmission of sample {row} at E = {energy:g} came out as {values[row]:.12g}, "
            f"not between 0 and {num_open}: digits were lost."
        )
    return np.clip(values, 0, num_open)
