"""The scores of a model on a task: the one place where they are kept, beside the weights.

``<model>/evaluation/<task>/evaluation.json`` is of the task's own split; other splits are folders
of their name in it. Lists, cards and boards read them here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.records import from_dict
from mesoinv.zoo.declared.config import read_config, weights_digest

#: Folder of a model's evaluations, one folder for each task; file of one.
EVALUATIONS, RESULT = "evaluation", "evaluation.json"


@dataclass
class Score:
    """One number and its 95 % interval."""

    value: float
    low: float
    high: float
    unit: str


@dataclass
class Subject:
    """What was evaluated.

    Attributes
    ----------
    name : str
        Of the model, or of the submission.
    digest : str or None
        SHA-256 of the file of weights, or of predictions; None where neither was ever here.
    interface : str or None
        `mesoinv.zoo.declared.config.ModelConfig.interface` of a model.
    legacy : str or None
        Digest of an earlier format, where the weights are not here to take another one of.
    architecture : str or None
        Of a model that the package can build.
    parameters : int or None
        Numbers that were learnt.
    training_samples, paper_samples : int or None
        What it was trained on, and what the paper trained on.
    licence : str or None
        Of the weights.
    """

    name: str
    digest: str | None
    interface: str | None = None
    legacy: str | None = None
    architecture: str | None = None
    parameters: int | None = None
    training_samples: int | None = None
    paper_samples: int | None = None
    licence: str | None = None

    def is_of(self, digest: str | None, interface: str) -> bool:
        """Whether it is a model of this interface and weights; None for weights not here."""
        return digest in {None, self.digest} and interface == self.interface


@dataclass
class Speed:
    """Predicting alone, without loading or scoring: samples a second, and where."""

    samples_per_second: float
    device: str
    machine: str


@dataclass
class VariantScores:
    """Scores on a robustness variant of a task."""

    samples: int
    scores: dict[str, Score]


@dataclass
class Evaluation:
    """The scores of one model on one task, with everything that is needed to get them again.

    Attributes
    ----------
    task, task_digest : str
        Id of the task, and the SHA-256 of its declaration.
    dataset, dataset_version, config, split : str
        Of the samples.
    samples : int
        The first so many of the split.
    subject : Subject
    headline : str
        The score that ranks.
    scores : dict of str to Score
        Every score with its 95 % interval.
    variants : dict of str to VariantScores
        Secondary scores: noise, other parameters than in training.
    replicates : list of float
        The headline of each resample: to compare with others that had the same resamples.
    resamples, seed : int
        Of the bootstrap.
    speed : Speed or None
    mesoinv : str
        Version of the package.
    libraries : dict of str to str
    source : str
        Where the samples came from.
    command : str
        What gives the same scores again.
    """

    task: str
    task_digest: str
    dataset: str
    dataset_version: str
    config: str
    split: str
    samples: int
    subject: Subject
    headline: str
    scores: dict[str, Score]
    variants: dict[str, VariantScores]
    replicates: list[float]
    resamples: int
    seed: int
    speed: Speed | None
    mesoinv: str
    libraries: dict[str, str]
    source: str
    command: str
    format: Literal[2] = 2

    def public(self) -> Evaluation:
        """Return the same without where on this machine the samples were."""
        local = Path(self.source).is_dir()
        return replace(self, source="a built folder") if local else self


def read_evaluation(folder: Path) -> Evaluation:
    """Read ``evaluation.json``.

    Raises
    ------
    MesoinvError
        If it is missing, damaged or of another format.
    """
    try:
        return from_dict(Evaluation, json.loads((folder / RESULT).read_bytes()), RESULT)
    except FileNotFoundError:
        raise MesoinvError(f"{folder} holds no evaluation: run `mesoinv evaluate`.") from None
    except (ValueError, UsageError, OSError) as error:
        raise MesoinvError(f"The evaluation in {folder} is damaged: {error}") from None


def evaluation_files(model: Path) -> dict[Path, Evaluation]:
    """Return the evaluations of a model by their files in its folder, task by task.

    Those of weights that were there before, or of other transforms, are left out.
    """
    files = {path: read_evaluation(path.parent) for path in (model / EVALUATIONS).rglob(RESULT)}
    if not files:
        return {}
    now = weights_digest(model), read_config(model).interface
    return {path: files[path] for path in sorted(files) if files[path].subject.is_of(*now)}


def stored_evaluations(model: Path) -> list[Evaluation]:
    """Return the evaluations of a model as `evaluation_files` does."""
    return list(evaluation_files(model).values())
