"""What a task declares: what is given, what is wanted, how it is scored. Nothing runs here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.common.records import digest_of
from mesoinv.generators.pipeline.base import Column
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.metrics import FAMILIES, Family, Target

if TYPE_CHECKING:
    from mesoinv.zoo.metrics import Statistic


@dataclass(frozen=True)
class Noise:
    """The same samples, measured with noise.

    Gaussian noise of a standard deviation `level` times the sample's mean is added to every value
    of the inputs; readings below zero are recorded as zero. It is a function of the sample's index,
    so everybody's noise is the same.
    """

    level: float
    description: str
    samples: int
    kind: Literal["noise"] = "noise"

    def samples_alone(self) -> Noise:
        """Return the same without its words."""
        return replace(self, description="")


@dataclass(frozen=True)
class OtherConfig:
    """Samples of another configuration, with parameters that the training set does not hold.

    `metrics` are the scores that have a meaning there; all of the task's by default. `references`
    are the best constants there, target -> value, so that always answering the same has no skill.
    A model that does not take such samples has no scores there.
    """

    config: str
    description: str
    samples: int
    split: str = "test"
    metrics: tuple[str, ...] = ()
    references: dict[str, float] = field(default_factory=dict)
    kind: Literal["config"] = "config"

    def samples_alone(self) -> OtherConfig:
        """Return the same without its words, and without which scores are shown."""
        return replace(self, description="", metrics=())


@dataclass(frozen=True)
class Quoted:
    """A number of a paper: `text` is what it says where that is not a plain number."""

    value: float
    where: str
    text: str | None = None


@dataclass(frozen=True)
class Published:
    """What a paper reached, on its own samples.

    Attributes
    ----------
    name, reference : str
        How it is called on the board, and where it is published.
    link : str
    scores : dict of str to Quoted
        Metric -> number.
    parameters, training_samples : int or None
    notes : str
    """

    name: str
    reference: str
    link: str
    scores: dict[str, Quoted]
    parameters: int | None = None
    training_samples: int | None = None
    notes: str = ""


@dataclass(frozen=True)
class Task:
    """One leaderboard.

    Attributes
    ----------
    id, title, description : str
    dataset, dataset_version, config, split : str
        The samples that are scored: all of the split.
    inputs : tuple of str
        Columns that may be used.
    targets : tuple of Target
        Columns that are wanted.
    family : str
        Metrics, one of `mesoinv.zoo.metrics.FAMILIES`.
    metrics : tuple of str
        Scores in the order of the board's columns; the first is the headline, and higher is better.
    why : str
        Why that headline.
    computed_by : str
        How anybody can compute the answers from the inputs alone; empty where nobody is known to.
        Then a hidden split hides nothing, and authors say whether their answers were learnt.
    published : tuple of Published
    licence, citation : str
        Of the samples; how to cite the task.
    variants : dict of str to Noise or OtherConfig
        Robustness, as secondary scores.
    superseded_by : str or None
        Id of a newer task.
    shown : str
        The score that a front page shows, on a scale that people know; the headline by default.
    limit : Quoted or None
        What no observer of the inputs can do better than, in the score that is shown.
    hints : tuple of str
        What is known to help or was tried, for those who want to do better.
    """

    id: str
    title: str
    description: str
    dataset: str
    dataset_version: str
    config: str
    split: str
    inputs: tuple[str, ...]
    targets: tuple[Target, ...]
    family: str
    metrics: tuple[str, ...]
    why: str
    computed_by: str
    published: tuple[Published, ...]
    licence: str
    citation: str
    variants: dict[str, Noise | OtherConfig] = field(default_factory=dict)
    superseded_by: str | None = None
    shown: str = ""
    limit: Quoted | None = None
    hints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise unknown_name(f"family of {self.id}", self.family, FAMILIES)
        statistics = self.measures.statistics(self.targets)
        quoted = [name for paper in self.published for name in paper.scores]
        others = [v for v in self.variants.values() if isinstance(v, OtherConfig)]
        shown = [self.shown] if self.shown else []
        for name in (*self.metrics, *shown, *quoted, *(name for v in others for name in v.metrics)):
            if name not in statistics:
                raise unknown_name(f"metric of {self.id}", name, statistics)
        if not self.metrics or statistics[self.headline].better != "high":
            raise UsageError(f"{self.id}: the first metric ranks, so higher must be better.")
        columns = [target.column for target in self.targets]
        for name in (name for v in others for name in v.references):
            if name not in columns:
                raise unknown_name(f"target of {self.id}", name, columns)

    @property
    def headline(self) -> str:
        """The score that ranks."""
        return self.metrics[0]

    @property
    def digest(self) -> str:
        """SHA-256 of all that scores depend on, words left out: others cannot be compared."""
        samples = (self.id, self.dataset, self.dataset_version, self.config, self.split)
        variants = {name: variant.samples_alone() for name, variant in self.variants.items()}
        return digest_of((samples, self.inputs, self.targets, self.family, variants))

    @property
    def measures(self) -> Family:
        """The family of metrics."""
        return FAMILIES[self.family]

    def targets_of(self, variant: str | None = None) -> tuple[Target, ...]:
        """Return the targets with their references, by default those of the task's own samples."""
        chosen = self.variants[variant] if variant else None
        other = chosen if isinstance(chosen, OtherConfig) else None
        if parameter := self.measures.parameter:
            config = resolve_dataset(self.dataset).config(other.config if other else self.config)
            reference = float(getattr(config, parameter))
            return tuple(replace(target, reference=reference) for target in self.targets)
        own = other.references if other else {}
        return tuple(replace(t, reference=own.get(t.column, t.reference)) for t in self.targets)

    @property
    def samples(self) -> int:
        """How many samples the whole split has."""
        return resolve_dataset(self.dataset).num_samples(self.config, "full", self.split)

    @property
    def truth(self) -> tuple[str, ...]:
        """Columns that scoring needs."""
        return self.truth_of()

    def truth_of(self, variant: str | None = None) -> tuple[str, ...]:
        """Return the columns that scoring needs, of the task's own samples or of a variant's."""
        return self.measures.truth(self.targets_of(variant))

    def statistics(self, variant: str | None = None) -> dict[str, Statistic]:
        """Return the scores of the task or of a variant, in the order of the board's columns."""
        all_statistics = self.measures.statistics(self.targets_of(variant))
        chosen = self.variants[variant] if variant else None
        names = chosen.metrics if isinstance(chosen, OtherConfig) else ()
        return {name: all_statistics[name] for name in names or self.metrics}

    def headline_of(self, variant: str) -> str:
        """Return the score of a variant that stands for it: its first."""
        return next(iter(self.statistics(variant)))

    def columns(self) -> dict[str, Column]:
        """Return the dataset's declarations of inputs and targets."""
        return dict(self._columns)

    @cached_property
    def _columns(self) -> dict[str, Column]:
        # lists ask for each model of a task
        declared = {c.name: c for c in resolve_dataset(self.dataset).columns(self.config)}
        for target in self.targets:
            if target.shape is not None:
                declared[target.column] = Column(
                    target.column, "float32", target.shape, target.unit, "predicted"
                )
        wanted = (*self.inputs, *(t.column for t in self.targets))
        for name in wanted:
            if name not in declared:
                raise unknown_name(f"column of {self.dataset}/{self.config}", name, declared)
        return {name: declared[name] for name in wanted}
