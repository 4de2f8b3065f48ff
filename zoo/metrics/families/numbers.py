"""Errors of predicted numbers, such as the distance and density of the donors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesoinv.zoo.metrics.bootstrap import Statistic, Table
from mesoinv.zoo.metrics.family import Family, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mesoinv.zoo.metrics.family import Batch

RealArray = NDArray[np.float64]


class Numbers(Family):
    """One or more scalar columns.

    The table holds, for each column c, ``c true`` and ``c error`` (predicted - true), and
    ``error``, the root mean square over the columns of the error in units of the reference's.
    """

    error = "error"

    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the targets themselves."""
        return tuple(t.column for t in targets)

    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Subtract."""
        table: Table = {}
        for target in targets:
            values = true[target.column].astype(np.float64)
            error = predicted[target.column].reshape(len(values)).astype(np.float64) - values
            table |= {f"{target.column} true": values, f"{target.column} error": error}
        table[self.error] = _overall(table, targets)
        return table

    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return skill and, for each column, spread, size and bias of the error."""
        skilled = [t for t in targets if t.reference is not None]
        statistics = {}
        if skilled:
            columns = tuple(f"{t.column} {kind}" for t in skilled for kind in ("error", "true"))
            references = [float(t.reference or 0) for t in skilled]
            for name, size in (("skill", _rms), ("mae skill", _mae)):
                function = partial(_skill, references=references, size=size)
                statistics[name] = Statistic(columns, function)
        for target in targets:
            statistics |= _of_column(target)
        return statistics


def _overall(table: Table, targets: Sequence[Target]) -> RealArray:
    """Return one error a sample; the spread around the reference is the unit of each column."""
    parts = []
    for t in targets:
        unit = 1.0 if t.reference is None else t.reference
        parts.append((table[f"{t.column} error"] / unit) ** 2)
    return np.sqrt(np.mean(parts, axis=0))


def _of_column(target: Target) -> dict[str, Statistic]:
    name, unit = target.column, target.unit
    error, both = (f"{name} error",), (f"{name} error", f"{name} true")
    statistics = {
        f"{name} error std": Statistic(error, _std, unit, "low"),
        f"{name} error std relative": Statistic(both, _relative_std, "1", "low"),
        f"{name} rmse": Statistic(error, _rms, unit, "low"),
        f"{name} mse": Statistic(error, _mse, "1" if unit == "1" else f"({unit})²", "low"),
        f"{name} mae": Statistic(error, _mae, unit, "low"),
        f"{name} bias": Statistic(error, _mean, unit, "zero"),
    }
    if target.reference is not None:
        skill = partial(_skill, references=[target.reference], size=_rms)
        statistics[f"{name} skill"] = Statistic(both, skill)
    return statistics


def _mean(error: RealArray) -> RealArray:
    return error.mean(axis=-1)


def _std(error: RealArray) -> RealArray:
    return error.std(axis=-1)


def _relative_std(error: RealArray, true: RealArray) -> RealArray:
    return (error / true).std(axis=-1)


def _mse(error: RealArray) -> RealArray:
    return (error**2).mean(axis=-1)


def _rms(error: RealArray) -> RealArray:
    return np.sqrt(_mse(error))


def _mae(error: RealArray) -> RealArray:
    return np.abs(error).mean(axis=-1)


def _skill(
    *pairs: RealArray, references: Sequence[float], size: Callable[[RealArray], RealArray]
) -> RealArray:
    """Return 1 - size of the error/that of the reference, averaged over columns.

    `pairs` are error, true, error, true …
    """
    parts = [
        1 - size(error) / size(true - reference)
        for error, true, reference in zip(pairs[::2], pairs[1::2], references, strict=True)
    ]
    return np.mean(parts, axis=0)


FAMILY = Numbers()
