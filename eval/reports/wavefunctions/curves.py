"""Mean probabilities against disorder, and probabilities of single states against their energy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from mesoinv.eval.scoring.evaluate import error_table
from mesoinv.eval.scoring.predictors import ModelPredictor
from mesoinv.generators.wavefunctions import DATASET
from mesoinv.zoo.declared.config import WEIGHTS, read_config
from mesoinv.zoo.declared.models import local_folder
from mesoinv.zoo.model.loading import load_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.reports.options import ReportOptions
    from mesoinv.eval.tasks.task import OtherConfig, Task
    from mesoinv.zoo.declared.config import ModelConfig
    from mesoinv.zoo.metrics import Table

    RealArray = NDArray[np.float64]

    #: Short name of a model -> its table.
    Tables = dict[str, Table]


@dataclass(frozen=True)
class Curve:
    """The mean probability of the samples of one disorder; `error` is that of the mean."""

    disorder: RealArray
    mean: RealArray
    error: RealArray


def mean_curve(table: Table) -> Curve:
    """Average the probabilities of the samples that have the same W.

    Parameters
    ----------
    table : Table
        Of the metrics `phases`.
    """
    disorder, place = np.unique(table["disorder"], return_inverse=True)
    count = np.bincount(place)
    mean = np.bincount(place, table["probability"]) / count
    square = np.bincount(place, table["probability"] ** 2) / count
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    return Curve(disorder, mean, spread / np.sqrt(np.maximum(count - 1, 1)))


def own_tables(task: Task, entries: list[Entry]) -> Tables:
    """Return the tables of the task's own samples, of all but the constants, best first."""
    return {short(task, e.row.id): e.result.table for e in entries if not _constant(e.row.id)}


def of_system(table: Table, number: int) -> Table:
    """Return the rows of one system, where several take turns."""
    rows = table["system"] == number
    return {name: values[rows] for name, values in table.items()}


def variant_tables(
    task: Task,
    name: str,
    entries: list[Entry],
    options: ReportOptions,
    *,
    systems: int | None = None,
) -> Tables:
    """Predict the samples of a variant with the models whose weights are here.

    Parameters
    ----------
    task : Task
    name : str
        Of a variant.
    entries : list of Entry
        Models, best first.
    options : ReportOptions
        Where samples come from.
    systems : int, optional
        All levels of so many realisations of the disorder, instead of as many samples as usual.
    """
    variant = cast("OtherConfig", task.variants[name])
    selection = options.board(task).selection(task).of_variant(name)
    if systems is not None:
        selection = replace(selection, count=systems * DATASET.parameters(variant.config).levels)
    tables: Tables = {}
    for entry in entries:
        folder = local_folder(entry.row.id)
        if _constant(entry.row.id) or not (folder / WEIGHTS).exists():
            continue
        predictor = ModelPredictor(load_model(folder), task)
        if predictor.accepts_config(selection.config):
            options.log(f"{task.id}, {name}: {entry.row.id}")
            tables[short(task, entry.row.id)] = error_table(predictor, selection)
    return tables


def short(task: Task, name: str) -> str:
    """Return a model's name without the task's."""
    return name.removeprefix(f"{task.id}-")


def _constant(name: str) -> bool:
    return _record(name).architecture == "constant"


def _record(name: str) -> ModelConfig:
    return read_config(local_folder(name))
