"""What stands on a board before it is ranked: models of the zoo, submissions, papers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.eval.board.records import Cell, Row
from mesoinv.eval.scoring.evaluate import score
from mesoinv.eval.scoring.fit import misfit
from mesoinv.eval.scoring.results import Result, read_result
from mesoinv.eval.scoring.selection import SampleSelection, select_samples
from mesoinv.generators.common import links
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo import metrics
from mesoinv.zoo.architectures import is_computed, is_trivial
from mesoinv.zoo.declared.config import CONFIG, read_config, weights_digest
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT
from mesoinv.zoo.declared.models import HUB_NAMESPACE, list_models, local_folder
from mesoinv.zoo.declared.recipe import read_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mesoinv.eval.tasks.task import Published, Quoted, Task
    from mesoinv.zoo.declared.config import ModelConfig
    from mesoinv.zoo.declared.evaluation import Score


@dataclass(frozen=True)
class Entry:
    """A row that is not ranked yet, and the errors of each sample to rank it by."""

    row: Row
    result: Result


@dataclass(frozen=True)
class BoardOptions:
    """How missing evaluations are made.

    Attributes
    ----------
    results : Path
        Folder that keeps those of submissions, and those of the zoo that are not in the models'
        own folders.
    source : SampleSource
        Gives the samples.
    samples : int or None
        The first so many of the split; all of them by default.
    seed : int
        Of the bootstrap.
    fresh : bool
        Make all of them again.
    split, key_file : str, Path; or None
        For the board of a held-out split.
    log : callable
        Told in words what is made.
    """

    results: Path = Path("data/results")
    source: SampleSource = field(default_factory=SampleSource)
    samples: int | None = None
    seed: int = 0
    fresh: bool = False
    split: str | None = None
    key_file: Path | None = None
    log: Callable[[str], object] = lambda _text: None

    def evaluate(self, subject: Path, task: Task) -> Result:
        """Evaluate on the task's split."""
        return score(subject, self.selection(task), seed=self.seed)

    def selection(self, task: Task) -> SampleSelection:
        """Return which samples all rows of a task are scored on."""
        return select_samples(task, self.source, self.split, self.samples, self.key_file)

    def path(self, task: Task, *names: str) -> Path:
        """Return where an evaluation is kept; those of other splits are apart."""
        return self.results.joinpath(self.split or task.split, *names[:-1], task.id, names[-1])


def trained_models() -> dict[str, ModelConfig]:
    """Return the models of the zoo that were trained: their record is here."""
    folders = {name: local_folder(name) for name in list_models()}
    return {n: read_config(folder) for n, folder in folders.items() if (folder / CONFIG).exists()}


def zoo_entries(
    task: Task, options: BoardOptions, models: Mapping[str, ModelConfig] | None = None
) -> Iterator[Entry]:
    """Yield the zoo's models, evaluating those whose stored evaluation is not of these samples.

    Weights that are on the Hub alone are not fetched: without a stored evaluation, the model is
    left out. So is one that computes its answers, which takes hours; its stored evaluation may be
    of fewer samples, the first ones.

    Parameters
    ----------
    task : Task
    options : BoardOptions
        Which samples, and where evaluations are kept.
    models : mapping of str to ModelConfig, optional
        `trained_models`, where they have been read already.
    """
    for name, config in (trained_models() if models is None else models).items():
        if config.task != task.id or misfit(config, task):
            continue
        folder = local_folder(name)
        subject = weights_digest(folder), config.interface
        places = (folder / EVALUATIONS / task.id, options.path(task, name))
        computed = is_computed(config.architecture)
        result = first_stored(places, task, options, subject, fewer=computed)
        if result is None:
            if computed or subject[0] is None:
                lacking = "scores" if computed else "weights"
                options.log(f"{task.id}: {name} is left out: its {lacking} are not here")
                continue
            options.log(f"{task.id}: {name}")
            options.evaluate(folder, task).save(places[1])
            result = read_result(places[1])  # rounded as it is kept
        yield Entry(_zoo_row(config, result), result)


def first_stored(
    places: tuple[Path, ...],
    task: Task,
    options: BoardOptions,
    subject: tuple[str | None, str] | None = None,
    *,
    fewer: bool = False,
) -> Result | None:
    """Return the first stored evaluation of the same task, samples and model.

    Parameters
    ----------
    places : tuple of Path
        Folders of evaluations.
    task : Task
    options : BoardOptions
        Which samples.
    subject : (str or None, str), optional
        Digest of the weights, None if they are not here, and the interface; any by default.
    fewer : bool
        Whether it may be of fewer samples, and is not made again if it is not there.
    """
    if options.fresh and not fewer:
        return None
    selection = options.selection(task)
    wanted = (task.digest, selection.split, options.seed, metrics.RESAMPLES)
    for place in places:
        if (place / RESULT).exists() and (result := _readable(place)):
            stored = result.evaluation
            same = wanted == (stored.task_digest, stored.split, stored.seed, stored.resamples)
            counted = stored.samples == selection.count
            fits = counted or (fewer and stored.samples < selection.count)
            if same and fits and (subject is None or stored.subject.is_of(*subject)):
                return result
    return None


def _readable(place: Path) -> Result | None:
    try:
        return read_result(place)
    except MesoinvError:  # damaged: made again
        return None


def measured_row(name: str, kind: str, result: Result) -> Row:
    """Return what an evaluation says about a row."""
    evaluation, subject = result.evaluation, result.evaluation.subject
    speed = evaluation.speed
    return Row(
        id=name,
        name=name,
        kind=kind,  # type: ignore[arg-type]
        rank=None,
        scores=_cells(evaluation.scores),
        variants={name: _cells(variant.scores) for name, variant in evaluation.variants.items()},
        parameters=subject.parameters,
        training_samples=subject.training_samples,
        samples=evaluation.samples,
        samples_per_second=speed.samples_per_second if speed else None,
        machine=f"{speed.device}: {speed.machine}" if speed else "",
        licence=subject.licence or "",
    )


def quantiles(task: Task, result: Result) -> list[float]:
    """Return 101 quantiles of the error of a sample, rounded to what a picture shows."""
    values = np.quantile(result.table[task.measures.error], np.linspace(0, 1, 101))
    return [float(f"{x:.6g}") for x in values]


def _zoo_row(config: ModelConfig, result: Result) -> Row:
    computed = is_computed(config.architecture)
    kind = "computed" if computed else "trivial" if is_trivial(config.architecture) else "baseline"
    row = measured_row(config.name, kind, result)
    row.authors = ["mesoinv"]
    row.links = {"model": f"{links.HUB}/{HUB_NAMESPACE}/{config.name}"}
    row.notes = read_recipe(config.name).description
    training = config.training
    if computed:
        row.training_samples = None
    elif training is not None:
        row.training_data = f"{training.samples} samples of {config.dataset}/{config.config}/train"
        if training.paper_samples:
            row.training_data += f"; the paper: {training.paper_samples}"
    return row


def published_rows(task: Task) -> list[Row]:
    """Return the papers' numbers, which are of other samples and so have no rank."""
    return [_published_row(paper) for paper in task.published]


def quoted_cell(quoted: Quoted, reference: str = "") -> Cell:
    """Return a number that was not measured here, with its place."""
    where = ", ".join(part for part in (reference, quoted.where) if part)
    return Cell(quoted.value, text=quoted.text, where=where)


def _published_row(paper: Published) -> Row:
    return Row(
        id=paper.name,
        name=paper.name,
        kind="paper",
        rank=None,
        scores={
            name: quoted_cell(quoted, paper.reference) for name, quoted in paper.scores.items()
        },
        authors=[],
        links={"paper": paper.link},
        parameters=paper.parameters,
        training_samples=paper.training_samples,
        notes=paper.notes,
    )


def _cells(scores: dict[str, Score]) -> dict[str, Cell]:
    return {name: Cell(s.value, s.low, s.high) for name, s in scores.items()}
