"""The transmission of wires together with its derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.solvers.conductance.lead import lead
from mesoinv.generators.solvers.conductance.transmission import BAND, in_range, is_outside

if TYPE_CHECKING:
    from mesoinv.generators.solvers.conductance.lead import Lead

RealArray = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Linearised(ArrayResult):
    """Conductances of some wires, and how they follow the on-site energies.

    Attributes
    ----------
    value : (B, E) array
        [2e²/h].
    gradient : (B, E, L, W) array
        Derivatives with respect to every on-site energy [2e²/(h t)].
    """

    value: RealArray
    gradient: RealArray

    def product(self, change: RealArray) -> RealArray:
        """Return what a change (B, L, W) [t] does to the conductances, to first order, (B, E)."""
        made: RealArray = np.einsum("belw,blw->be", self.gradient, change, optimize=True)
        return made

    def adjoint(self, weight: RealArray) -> RealArray:
        """Return the gradient (B, L, W) of Σ w G, for weights w (B, E)."""
        made: RealArray = np.einsum("belw,be->blw", self.gradient, weight, optimize=True)
        return made


def linearise(onsite_energy: RealArray, energies: RealArray, *, device: str) -> Linearised:
    """Compute the transmission of wires at several energies, and its derivatives.

    Parameters
    ----------
    onsite_energy, energies, device
        As for `transmission.transmission`.

    Raises
    ------
    ArithmeticError
        If so many digits were lost that a transmission is outside its range.
    """
    batch, *sides = onsite_energy.shape
    value = np.zeros((batch, len(energies)))
    gradient = np.zeros((batch, len(energies), *sides))
    for column, energy in enumerate(energies.tolist()):
        if abs(energy) >= BAND:
            continue
        modes = lead(sides[1], energy)
        if modes.num_open:
            solved = _at_energy(onsite_energy, energy, modes, device)
            value[:, column], gradient[:, column] = solved
    return Linearised(value, gradient)


def _at_energy(
    onsite_energy: RealArray, energy: float, modes: Lead, device: str
) -> tuple[RealArray, RealArray]:
    from mesoinv.generators.solvers.conductance import (  # noqa: PLC0415  (numba is slow to import)
        gradient_sweep,
    )

    if device == "cpu":
        value, gradient = gradient_sweep.gradient(onsite_energy, energy, modes)
    else:
        from mesoinv.generators.solvers.conductance import torch_sweep  # noqa: PLC0415

        value, gradient, doubtful = torch_sweep.gradient(onsite_energy, energy, modes, device)
        if doubtful.any():
            again = gradient_sweep.gradient(onsite_energy[doubtful], energy, modes)
            value[doubtful], gradient[doubtful] = again
    outside = is_outside(value, modes)
    if outside.any():  # digits were lost
        again = gradient_sweep.gradient(onsite_energy[outside], energy, modes, growth=1.0)
        value[outside], gradient[outside] = again
    return in_range(value, energy, modes), gradient
