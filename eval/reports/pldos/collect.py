"""Runs models over a split in pieces and keeps what the report needs: errors, not predictions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.pipeline.loading.samples import Request
from mesoinv.generators.pipeline.loading.sources import load_samples
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.zoo import metrics

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mesoinv.zoo.declared.config import ModelConfig
    from mesoinv.zoo.declared.evaluation import Score
    from mesoinv.zoo.model.model import Model

    RealArray = NDArray[np.float64]

PIECE = 200


@dataclass
class Numbers:
    """What a model that predicts numbers did.

    Attributes
    ----------
    config : ModelConfig
    predicted, true : dict of str to (B,) array
    scores : dict of str to Score
    """

    config: ModelConfig
    predicted: dict[str, RealArray]
    true: dict[str, RealArray]
    scores: dict[str, Score]


@dataclass
class Example:
    """One sample: its number, Pearson's r, and the maps (L, W)."""

    row: int
    r: float
    density: NDArray[Any]
    true: NDArray[Any]
    predicted: NDArray[Any]


@dataclass
class Landscapes:
    """What a model that predicts landscapes, or their Fourier coefficients, did.

    Attributes
    ----------
    config : ModelConfig
    r : (B,) array
        Pearson's r of each sample.
    scores : dict of str to Score
    error_map : (L, W) array
        Root mean square of the error at a site, over the samples [t].
    coefficient_error : (n, 2) array or None
        Mean squared error of Re C and Im C in units of their variance, if these are predicted.
    examples : dict of str to Example
        The best, the median and the worst sample.
    """

    config: ModelConfig
    r: RealArray
    scores: dict[str, Score]
    error_map: RealArray
    coefficient_error: RealArray | None
    examples: dict[str, Example] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``fourier`` or ``landscape``."""
        return "landscape" if self.coefficient_error is None else "fourier"


def samples_for(configs: list[ModelConfig], split: str, count: int, cache: Path) -> dict[str, Any]:
    """Load all columns that models of one configuration of a dataset need."""
    names = [q.name for c in configs for q in (*c.inputs, *c.outputs)]
    extra = ["potential", "s", "n_d"] if {"potential", "fourier"} & set(names) else []
    columns = tuple(dict.fromkeys([*names, *extra]))
    return load_samples(
        Request(configs[0].dataset, configs[0].config, split, count, columns), cache=cache
    )


def collect(model: Model, samples: dict[str, Any]) -> Numbers | Landscapes:
    """Run a model over samples."""
    columns = [q.name for q in model.config.outputs]
    if columns[0] in {"potential", "fourier"}:
        return _landscapes(model, samples)
    pieces = [_by_column(model.predict(piece), columns) for _, piece in _pieces(samples)]
    predicted = {name: np.concatenate([p[name] for p in pieces]) for name in columns}
    true = {name: samples[name] for name in columns}
    targets = [metrics.Target(q.name, q.unit) for q in model.config.outputs]
    family = metrics.FAMILIES["numbers"]
    table = family.errors(predicted, true, targets)
    return Numbers(model.config, predicted, true, metrics.scores(table, family.statistics(targets)))


def _pieces(samples: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    count = len(next(iter(samples.values())))
    return [
        (first, {name: values[first : first + PIECE] for name, values in samples.items()})
        for first in range(0, count, PIECE)
    ]


def _by_column(predicted: Any, columns: list[str]) -> dict[str, RealArray]:
    found = predicted if isinstance(predicted, dict) else {columns[0]: predicted}
    return {name: values.astype(np.float64) for name, values in found.items()}


def _landscapes(model: Model, samples: dict[str, Any]) -> Landscapes:
    is_fourier = model.config.outputs[0].name == "fourier"
    tables = []
    coefficients = np.zeros(())
    total = np.zeros(samples["potential"].shape[1:])
    for _, piece in _pieces(samples):
        predicted = model.predict(piece)
        if is_fourier:
            assert not isinstance(predicted, dict)
            sigma = coulomb.standard_deviation(piece["n_d"], Strip())[:, None, None]
            coefficients = coefficients + (((predicted - piece["fourier"]) / sigma) ** 2).sum(
                axis=0
            )
        landscapes, true = _potential(predicted, piece), piece["potential"].astype(np.float64)
        tables.append(metrics.compare_maps(landscapes, true))
        total += ((landscapes - true) ** 2).sum(axis=0)
    count, table = len(samples["potential"]), metrics.joined(tables)
    found = table["pearson r"]
    statistics = metrics.FAMILIES["landscape"].statistics(())
    return Landscapes(
        model.config, found, metrics.scores(table, statistics),
        np.sqrt(total / count), coefficients / count if is_fourier else None,
        _examples(model, samples, found),
    )  # fmt: skip


def _potential(predicted: Any, samples: dict[str, Any]) -> Any:
    if predicted.shape[1:] == samples["potential"].shape[1:]:
        return predicted.astype(np.float64)
    return metrics.landscapes_of(predicted, samples["s"])


def _examples(model: Model, samples: dict[str, Any], r: RealArray) -> dict[str, Example]:
    order = np.argsort(r)
    rows = {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}
    found = {}
    for name, row in rows.items():
        one = {k: v[row : row + 1] for k, v in samples.items()}
        predicted = _potential(model.predict(one), one)[0]
        found[name] = Example(
            int(row), float(r[row]), one["pldos"][0], one["potential"][0], predicted
        )
    return found
