"""How like a predicted diffraction pattern is to the true one: the index R of Bayo et al. (2025).

R = 1/2 + r/2 with Pearson's r over all pixels: 1 for equal patterns up to scale and offset, 1/2 for
unrelated pixels. Patterns of different crystals are alike: unrelated ones have R above 1/2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.families.landscape import compare_maps
from mesoinv.zoo.metrics.family import Family, Target, only_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mesoinv.zoo.metrics.family import Batch


class Patterns(Family):
    """One map (L, W) a sample.

    The table holds R, the mean squared error and the mean square of the true map.
    """

    error = "R"
    error_better = "high"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the map."""
        return (only_target(targets).column,)

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Correlate and subtract."""
        name = only_target(targets).column
        return correlation_table(predicted[name], true[name])

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return mean, median, worst and share of R, and the relative error."""
        return correlation_statistics("R") | {
            "relative rms error": Statistic(
                ("mean squared error", "mean square"),
                lambda error, size: np.sqrt(error.mean(axis=-1) / size.mean(axis=-1)),
                better="low",
            ),
        }


def correlation_table(predicted: NDArray[Any], true: NDArray[Any]) -> Table:
    """Return R, the mean squared error and the mean square of maps (B, L, W)."""
    compared = dict(compare_maps(predicted, true))
    r = compared.pop("pearson r")
    return {"R": (1 + r) / 2, **compared}


def correlation_statistics(name: str) -> dict[str, Statistic]:
    """Return mean, median, worst and share above 0.99 of a column of the table."""
    return {
        f"{name} mean": Statistic((name,), lambda x: x.mean(axis=-1)),
        f"{name} median": Statistic((name,), lambda x: np.median(x, axis=-1)),
        f"{name} worst": Statistic((name,), lambda x: x.min(axis=-1)),
        f"{name} above 0.99": Statistic((name,), lambda x: (x > 0.99).mean(axis=-1)),
    }


FAMILY = Patterns()
