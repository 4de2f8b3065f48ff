"""What a board is, as plain records that become JSON and come back strictly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Cell:
    """A number on the board: ours have an interval, a paper's usually have none.

    `text` is what is shown in place of the number (``"> 0.99"``), `where` its place in a paper.
    """

    value: float
    low: float | None = None
    high: float | None = None
    text: str | None = None
    where: str | None = None


@dataclass
class Row:
    """One line of a task's table.

    Attributes
    ----------
    id : str
        Unique in the table.
    name : str
        Shown; whatever a submission says, so it must be escaped.
    kind : str
        ``submission``; ``computed``, whose answers were not learnt; ``baseline`` of the zoo;
        ``trivial`` baseline; ``paper``.
    rank : int or None
        1 + the number of rows that are significantly better at 95 %: the paired interval of the
        difference in the headline does not contain zero. Equal ranks are shared. None for a paper,
        whose samples were others, and for what was computed.
    scores : dict of str to Cell
        Metric -> number; one that is missing was not measured.
    variants : dict of str to dict of str to Cell
        Variant -> metric -> number.
    authors : list of str
    links : dict of str to str
        ``model``, ``paper``, ``code`` -> https address.
    parameters, training_samples : int or None
    samples : int or None
        How many it is scored on: what is computed may have the first ones alone.
    training_data : str
        As declared.
    samples_per_second : float or None
    machine : str
        Where the speed was measured.
    licence : str
        Of the weights.
    date : str
        ISO date of the submission, or empty.
    notes : str
    quantiles : list of float
        101 quantiles (0, 1, … 100 %) of the per-sample error named by `TaskBoard.error`; empty for
        a paper.
    """

    id: str
    name: str
    kind: Literal["submission", "computed", "baseline", "trivial", "paper"]
    rank: int | None
    scores: dict[str, Cell]
    variants: dict[str, dict[str, Cell]] = field(default_factory=dict)
    authors: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    parameters: int | None = None
    training_samples: int | None = None
    samples: int | None = None
    training_data: str = ""
    samples_per_second: float | None = None
    machine: str = ""
    licence: str = ""
    date: str = ""
    notes: str = ""
    quantiles: list[float] = field(default_factory=list)


@dataclass
class Metric:
    """A column of scores: its unit (``"1"`` for a pure number) and which way is better."""

    name: str
    unit: str
    better: Literal["high", "low", "zero"]


@dataclass
class Rejected:
    """A submission that is not on the board, and why."""

    submission: str
    reason: str


@dataclass
class TaskBoard:
    """One leaderboard.

    Attributes
    ----------
    id, title, description : str
    headline, why : str
        The metric that ranks (always higher is better), and why that one.
    computed_by : str
        How anybody can compute the answers from the inputs; empty where nobody is known to.
    dataset, dataset_version, config, split : str
    samples : int
        How many samples all rows are scored on, but a paper's and what is computed.
    inputs, targets : dict of str to str
        Column -> unit.
    metrics : list of Metric
        In the order of the columns; the headline is the first.
    variants : dict of str to str
        Variant -> description.
    error : Metric
        The per-sample error whose distribution is shown.
    paper, citation, licence : str
    superseded_by : str or None
    rows : list of Row
        Best first; papers where their number belongs.
    rejected : list of Rejected
    system : str
        What the dataset is called in words.
    shown : str
        The score of the front page; the headline if empty.
    limit : Cell or None
        What no observer can do better than, in that score.
    hints : list of str
        What is known to help or was tried.
    """

    id: str
    title: str
    description: str
    headline: str
    why: str
    computed_by: str
    dataset: str
    dataset_version: str
    config: str
    split: str
    samples: int
    inputs: dict[str, str]
    targets: dict[str, str]
    metrics: list[Metric]
    variants: dict[str, str]
    error: Metric
    paper: str
    citation: str
    licence: str
    superseded_by: str | None
    rows: list[Row]
    rejected: list[Rejected] = field(default_factory=list)
    system: str = ""
    shown: str = ""
    limit: Cell | None = None
    hints: list[str] = field(default_factory=list)


@dataclass
class RoundBoard:
    """One round: a held-out split with dates.

    Attributes
    ----------
    name, task, config : str
    state : str
        ``announced``, ``open``, ``closed`` (until the key is known), ``revealed``.
    opens, closes : str
        ISO times with their zone.
    samples : int
    commitment : str
        Digest of the key.
    inputs : str
        Where they are published.
    submissions : int
        How many were taken in.
    table : TaskBoard or None
        Scores, once the key is revealed.
    problem : str
        Why there is no table although it is.
    """

    name: str
    task: str
    config: str
    state: Literal["announced", "open", "closed", "revealed"]
    opens: str
    closes: str
    samples: int
    commitment: str
    inputs: str
    submissions: int
    table: TaskBoard | None = None
    problem: str = ""


@dataclass
class Board:
    """All leaderboards, and how they were computed."""

    mesoinv: str
    built: str
    command: str
    resamples: int
    seed: int
    tasks: list[TaskBoard]
    rounds: list[RoundBoard] = field(default_factory=list)
    format: Literal[1] = 1
