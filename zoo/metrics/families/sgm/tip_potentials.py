"""Errors of predicted landscapes, and whether they explain the map of the conductance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mesoinv.zoo.metrics.families.pldos.potentials import Potentials

RealArray = NDArray[np.float64]

#: The map that the solver makes again.
GIVEN = "conductance_change"


def conductance_change(potential: RealArray) -> RealArray:
    """Return G(r) - G₀ under a tip of 1 t, (B, L, W) [2e²/h]."""
    from mesoinv.generators.sgm import POINT_TIPS  # noqa: PLC0415  (loaded where it is needed)
    from mesoinv.generators.solvers.sgm.conductance_map import scan  # noqa: PLC0415

    return scan(potential, np.array([POINT_TIPS[GIVEN][0]])).change[:, 0]


class TipPotentials(Potentials):
    """Landscapes (L, W) [t], beside the truth, and through the solver beside the map."""

    given = (GIVEN,)
    solve = staticmethod(conductance_change)


FAMILY = TipPotentials()
