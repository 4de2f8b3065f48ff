"""Errors of predicted Fourier coefficients of a landscape, through the landscape that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.zoo.metrics.families.landscape import compare_maps
from mesoinv.zoo.metrics.families.pldos.potentials import Potentials, misfit_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.zoo.metrics.bootstrap import Table
    from mesoinv.zoo.metrics.family import Batch, Target

RealArray = NDArray[np.float64]


class Coefficients(Potentials):
    """Fourier coefficients (n, 2), compared as the landscapes that they make.

    Coefficients of short waves hardly matter to a landscape; the sum weighs them rightly.
    """

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the map and the distance of the donors, which enters the sum."""
        return ("potential", "s")

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Sum the landscapes, then compare them and their densities."""
        made = landscapes_of(predicted[targets[0].column], true["s"])
        return compare_maps(made, true["potential"]) | misfit_column(made, true)


def landscapes_of(fourier: NDArray[np.floating], s: NDArray[np.floating]) -> RealArray:
    """Return the landscapes (B, L, W) [t] of coefficients (B, n, 2) for donors at s [nm]."""
    from mesoinv.generators.solvers.pldos import (  # noqa: PLC0415  (loaded where it is needed)
        coulomb,
    )

    coefficients = fourier[..., 0].astype(np.float64) + 1j * fourier[..., 1]
    return coulomb.landscape(coefficients, s)


FAMILY = Coefficients()
