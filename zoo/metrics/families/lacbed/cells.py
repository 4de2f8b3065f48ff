"""How like a predicted potential of a cell is to the true one, wherever its origin is.

A crystal that is shifted, or mirrored in a plane through the beam, has the same pattern, so that no
pattern tells which of them it was. R is therefore also given for the best of all shifts of the
predicted cell and of its mirror image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.zoo.metrics.families.lacbed.patterns import (
    Patterns,
    correlation_statistics,
    correlation_table,
)
from mesoinv.zoo.metrics.family import Target, only_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mesoinv.zoo.metrics.bootstrap import Statistic, Table
    from mesoinv.zoo.metrics.family import Batch

_ALIGNED = "aligned R"


class Cells(Patterns):
    """One periodic map (L, L) a sample.

    The table holds R, that of the best shift and mirror image, and the two squares of `Patterns`.
    """

    error = _ALIGNED

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Correlate, also with every shift and mirror image."""
        name = only_target(targets).column
        table = dict(correlation_table(predicted[name], true[name]))
        aligned = [_aligned(a, b) for a, b in zip(predicted[name], true[name], strict=True)]
        return {_ALIGNED: (1 + np.array(aligned)) / 2, **table}

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return the scores of `Patterns` and those of the aligned R."""
        return correlation_statistics(_ALIGNED) | super().statistics(targets)


def _aligned(predicted: NDArray[Any], true: NDArray[Any]) -> float:
    """Return the largest Pearson's r of the true map with any image of the predicted one."""
    a, b = (x.astype(np.float64) - x.mean(dtype=np.float64) for x in (predicted, true))
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    if not norm > 0:
        return 0.0
    target = np.fft.rfft2(b)
    images = (a, a[::-1])  # the other mirror is this one, turned; patterns have a twofold axis
    turned = (*images, *(image[::-1, ::-1] for image in images))
    return max(
        float(np.fft.irfft2(target * np.fft.rfft2(image).conj(), s=a.shape).max()) / norm
        for image in turned
    )


FAMILY = Cells()
