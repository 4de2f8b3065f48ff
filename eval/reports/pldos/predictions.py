"""Predicted landscapes of the test samples: what figures need and no table of scores holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.zoo import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.scoring.selection import SampleSelection
    from mesoinv.zoo.model.model import Model

    RealArray = NDArray[np.float64]

COLUMNS = ("pldos", "potential", "fourier", "s", "n_d")


@dataclass(frozen=True)
class Example:
    """One sample: its number, Pearson's r, and the maps (L, W)."""

    row: int
    r: float
    density: NDArray[Any]
    true: NDArray[Any]
    predicted: NDArray[Any]


@dataclass(frozen=True)
class Landscapes:
    """What a model makes of landscapes, or of their Fourier coefficients.

    Attributes
    ----------
    name : str
        Of the model.
    r : (B,) array
        Pearson's r of each sample.
    error_map : (L, W) array
        Root mean square of the error at a site, over the samples [t].
    coefficient_error : (n, 2) array or None
        Mean squared error of Re C and Im C in units of their variance, if these are predicted.
    examples : dict of str to Example
        The best, the median and the worst sample.
    """

    name: str
    r: RealArray
    error_map: RealArray
    coefficient_error: RealArray | None
    examples: dict[str, Example]


def predicted_landscapes(entry: Entry, model: Model, selection: SampleSelection) -> Landscapes:
    """Predict the samples that a stored evaluation is of.

    Parameters
    ----------
    entry : Entry
        Holds Pearson's r of each sample.
    model : Model
    selection : SampleSelection
        The same samples.
    """
    r = entry.result.table["pearson r"]
    order = np.argsort(r)
    wanted = {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}
    squares: list[RealArray] = []
    coefficients: list[RealArray] = []
    examples: dict[str, Example] = {}
    for rows, predicted, landscapes in _predicted(model, selection):
        true = rows["potential"].astype(np.float64)
        squares.append(((landscapes - true) ** 2).sum(axis=0))
        if predicted.shape == rows["fourier"].shape:
            sigma = coulomb.standard_deviation(rows["n_d"], Strip())[:, None, None]
            coefficients.append((((predicted - rows["fourier"]) / sigma) ** 2).sum(axis=0))
        for name, row in wanted.items():
            if (at := np.flatnonzero(rows["index"] == row)).size:
                maps = (x[at[0]] for x in (rows["pldos"], rows["potential"], landscapes))
                examples[name] = Example(int(row), float(r[row]), *maps)
    return Landscapes(
        entry.row.id, r, np.sqrt(np.sum(squares, axis=0) / len(r)),
        np.sum(coefficients, axis=0) / len(r) if coefficients else None,
        {name: examples[name] for name in wanted},
    )  # fmt: skip


def _predicted(model: Model, selection: SampleSelection) -> Iterator[tuple[Any, Any, RealArray]]:
    """Yield samples, what the model gives, and the landscapes that follow (B, L, W)."""
    for rows in selection.batches(COLUMNS):
        predicted: Any = model.predict(rows, check_range=False)
        if predicted.shape == rows["potential"].shape:
            yield rows, predicted, predicted.astype(np.float64)
        else:
            yield rows, predicted, metrics.landscapes_of(predicted, rows["s"])
