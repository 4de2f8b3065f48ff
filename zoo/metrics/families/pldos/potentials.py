"""Errors of predicted landscapes, and whether they explain the map that was given.

The second needs no truth: the exact solver makes the density, or another map, of the predicted
landscape.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.metrics.bootstrap import Statistic
from mesoinv.zoo.metrics.families.landscape import Landscapes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mesoinv.zoo.metrics.bootstrap import Table
    from mesoinv.zoo.metrics.family import Batch, Target

RealArray = NDArray[np.float64]

#: The column of the table, and the input that it is about.
MISFIT, GIVEN = "data misfit", "pldos"
#: One sample in so many goes through the solver: that takes longer than most predictions.
EVERY = 16
#: What is farther off is not told apart.
LARGEST = 10.0
#: Samples in the solver at a time.
_BATCH = 32


def density(potential: RealArray) -> RealArray:
    """Return the partial local density of states of landscapes, (B, L, W) [1/t]."""
    from mesoinv.generators.pldos import partial_ldos  # noqa: PLC0415  (loaded where it is needed)

    made: RealArray = partial_ldos(potential)
    return made


class Potentials(Landscapes):
    """Landscapes (L, W) [t], beside the truth, and through a solver beside the map that was given.

    Attributes
    ----------
    given : tuple of str
        The input that the solver makes again.
    solve : callable
        Landscapes -> that input.
    """

    given = (GIVEN,)
    solve: Callable[[RealArray], RealArray] = staticmethod(density)

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Compare landscapes, then the maps that they make."""
        table = super().errors(predicted, true, targets)
        potential = predicted[targets[0].column]
        return table | misfit_column(potential, true, self.given[0], self.solve)

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return the scores of landscapes, and the misfit of what was given."""
        return super().statistics(targets) | {
            "data misfit median": Statistic((MISFIT,), _median_of_some, better="low")
        }


def _median_of_some(x: RealArray) -> RealArray:
    """Return the median of what is not NaN along the last axis; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nothing but NaN
        middle: RealArray = np.nanmedian(x, axis=-1)
    return middle


def misfit_column(
    potential: NDArray[Any],
    true: Batch,
    given: str = GIVEN,
    solve: Callable[[RealArray], RealArray] = density,
) -> dict[str, RealArray]:
    """Return the relative L2 misfit of maps, for every sixteenth sample; others have NaN.

    Parameters
    ----------
    potential : (B, L, W) array
        Predicted landscapes [t].
    true : mapping of str to (B, …) array
        ``index``, by default 0, 1 …; and the map that was given: without it there is no misfit.
    given : str
        The column of that map.
    solve : callable
        Makes it of landscapes.

    Returns
    -------
    dict of str to (B,) array
    """
    misfit = np.full(len(potential), np.nan)
    if given not in true:
        return {MISFIT: misfit}
    chosen = np.flatnonzero(np.asarray(true.get("index", np.arange(len(potential)))) % EVERY == 0)
    for first in range(0, len(chosen), _BATCH):
        rows = chosen[first : first + _BATCH]
        misfit[rows] = _misfit(potential[rows], np.asarray(true[given][rows], np.float64), solve)
    return {MISFIT: misfit}


def _misfit(
    potential: NDArray[Any], seen: RealArray, solve: Callable[[RealArray], RealArray]
) -> RealArray:
    try:
        made = solve(np.asarray(potential, np.float64))
    except MesoinvError:  # such as a potential of 1e30: its neighbours are tried without it
        if len(potential) == 1:
            return np.array([LARGEST])
        each = [
            _misfit(potential[n : n + 1], seen[n : n + 1], solve) for n in range(len(potential))
        ]
        return np.concatenate(each)
    error, size = (np.linalg.norm(x.reshape(len(x), -1), axis=1) for x in (made - seen, seen))
    relative = error / np.maximum(size, np.finfo(np.float64).tiny)
    return np.where(np.isfinite(relative), np.minimum(relative, LARGEST), LARGEST)


FAMILY = Potentials()
