"""Scores of the zoo's models on the tasks of the wires, and which models are missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.eval.tasks import tasks_of
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo import metrics
from mesoinv.zoo.declared.config import read_config
from mesoinv.zoo.declared.models import list_models, local_folder
from mesoinv.zoo.declared.recipe import read_recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.eval.board.records import Cell
    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.tasks.task import Published, Task
    from mesoinv.zoo.declared.config import ModelConfig
    from mesoinv.zoo.declared.evaluation import Score

    RealArray = NDArray[np.float64]

#: What the names of networks of the paper, trained on as many samples as there, end in.
PAPER = ".paper"
SYMBOLS = {"conductance": "G", "mean_conductance": "Ḡ"}
DATASET, SKILL = "conductance", "mae skill"
UNIT = "2e²/h"


@dataclass(frozen=True)
class Scored:
    """What the models that are here do on one task.

    Attributes
    ----------
    task : Task
    entries : tuple of Entry
        Largest mean absolute error first.
    missing : tuple of str
        Models of the zoo for this task whose weights are not here.
    mean_answer : Score or None
        Mean absolute error of always answering the mean of the training samples; None without any
        entry, which holds the true values.
    """

    task: Task
    entries: tuple[Entry, ...]
    missing: tuple[str, ...] = ()
    mean_answer: Score | None = None
    configs: dict[str, ModelConfig] = field(default_factory=dict)

    @property
    def column(self) -> str:
        """The column that is predicted."""
        return self.task.targets[0].column

    @property
    def symbol(self) -> str:
        """How it is written."""
        return SYMBOLS[self.column]

    @property
    def sites(self) -> str:
        """Sites along and across, and the model of disorder."""
        length, width = self.task.columns()["onsite_energy"].shape
        number = self.task.config.removeprefix("model")[0]
        roman = ("", "I", "II", "III", "IV")[int(number)]
        return f"model {roman}, {length} × {width}"

    def mae(self, entry: Entry) -> Cell:
        """Return the mean absolute error [2e²/h]."""
        return entry.row.scores[f"{self.column} mae"]

    def of(self, architecture: str) -> Entry | None:
        """Return the best model of an architecture."""
        return next((e for e in self.entries[::-1] if self.kind(e) == architecture), None)

    def kind(self, entry: Entry) -> str:
        """Return the architecture of a model."""
        return self.configs[entry.row.id].architecture

    def paper_network(self) -> Entry | None:
        """Return the better of the paper's networks as they were trained here."""
        return next((e for e in self.entries[::-1] if e.row.id.endswith(PAPER)), None)

    def best(self) -> Entry | None:
        """Return the model with the smallest error that is not the paper's."""
        ours = [e for e in self.entries if not e.row.id.endswith(PAPER)]
        return ours[-1] if ours else None

    def published(self) -> tuple[Published, float] | None:
        """Return the paper's best network, and its mean absolute error [2e²/h]."""
        name = f"{self.column} mae"
        quoted = [(p, p.scores[name].value) for p in self.task.published if name in p.scores]
        return min(quoted, key=lambda pair: pair[1], default=None)

    def arrays(self, entry: Entry) -> tuple[RealArray, RealArray]:
        """Return true and predicted values of the samples [2e²/h]."""
        true = np.asarray(entry.result.table[f"{self.column} true"])
        return true, true + entry.result.table[f"{self.column} error"]


def wire_tasks() -> list[Task]:
    """Return the tasks in the paper's order: model by model, small wires first."""
    dataset = resolve_dataset(DATASET)

    def key(task: Task) -> tuple[str, int, str]:
        sites = dataset.columns(task.config)[1].shape
        return task.config.partition("_")[0], sites[0], task.id

    return sorted(tasks_of(DATASET), key=key)


def scored(task: Task, entries: list[Entry]) -> Scored:
    """Return what the models of a task do, from their stored evaluations."""
    name = f"{task.targets[0].column} mae"
    worst_first = tuple(sorted(entries, key=lambda entry: -entry.row.scores[name].value))
    here = {entry.row.id for entry in entries}
    configs = {x: read_config(local_folder(x)) for x in here}
    missing = tuple(x for x in models_of(task) if x not in here)
    answer = _mean_answer(task, worst_first[0]) if entries else None
    return Scored(task, worst_first, missing, answer, configs)


def models_of(task: Task) -> list[str]:
    """Return the names of the zoo's models for a task, trained or not."""
    recipes = [read_recipe(name) for name in list_models(f"{DATASET}-*")]
    return [recipe.name for recipe in recipes if recipe.task == task.id]


def _mean_answer(task: Task, entry: Entry) -> Score:
    """Score the constant that the task declares, with the interval of the same resamples."""
    target = task.targets[0]
    name = f"{target.column} mae"
    assert target.reference is not None
    error = target.reference - np.asarray(entry.result.table[f"{target.column} true"])
    table = {f"{target.column} error": error}
    return metrics.scores(table, {name: task.statistics()[name]})[name]


def explained(x: Scored, counted: Entry, network: Entry) -> float:
    """Return the share of the variance around the answer of counting that a network foresees.

    It is r², r the correlation of (network - count) with (true - count): the best that a multiple
    of the network's departure from counting takes off.
    """
    true, count = x.arrays(counted)
    deviation = x.arrays(network)[1] - count
    if not deviation.any():
        return 0.0
    r = float(np.corrcoef(deviation, true - count)[0, 1])
    return r**2
