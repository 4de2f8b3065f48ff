"""Every number that the paper's text gives, and the same quantity of the models here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.eval.reports.tables import NOTHING, cell, table
from mesoinv.eval.reports.wavefunctions.curves import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.tasks.task import Task

SU2, CHERN = "wavefunctions-su2", "wavefunctions-chern"
FOUR, TWO, FEW = "lenet.paper", "twolayer.paper", "lenet.paper-2k"
#: Ours, of each task: on the density of sites, and on that of boxes (SU(2) alone).
SITES, BOXES = ("resnet10t.20k", "resnet10t.54k"), ("resnet10t.boxes-20k",)


@dataclass(frozen=True)
class Number:
    """A number of the paper.

    Attributes
    ----------
    quantity, text, where : str
        What it is, as the paper has it, and the page of the arXiv version.
    task, metric : str
        How it is measured here.
    network : str
        The paper's network that it is of, or that is put beside it.
    variant : str or None
        Of the task.
    """

    quantity: str
    text: str
    where: str
    task: str
    metric: str
    network: str = FOUR
    variant: str | None = None


def _crossing(system: str, critical: str, metric: str, variant: str | None = None) -> Number:
    return Number(
        f"{system}: error of W where P = 1/2 [%]", f"W_c = {critical} by finite-size scaling",
        "p. 2, Fig. 3", SU2, metric, variant=variant,
    )  # fmt: skip


#: Where models of SU(2) learn.
LEARNT = "E = 0"

NUMBERS = (
    Number("SU(2): accuracy, four layers", "98 % or more", "p. 6", SU2, "accuracy",
           variant=LEARNT),
    Number("Chern: accuracy, four layers, 54 000 samples", "97 %", "p. 7", CHERN, "accuracy"),
    Number("Chern: accuracy, two layers, 54 000 samples", "90 %", "p. 7", CHERN, "accuracy", TWO),
    Number("Chern: accuracy, four layers, 2000 samples", "93 %", "p. 6", CHERN, "accuracy", FEW),
    Number("SU(2): accuracy far from W_c", "0.99999…", "p. 7", SU2, "accuracy far from W_c",
           variant=LEARNT),
    Number("Chern: accuracy far from W_c", "0.99999…", "p. 7", CHERN, "accuracy far from W_c"),
    _crossing("SU(2), E = 0", "6.20", "crossing error", LEARNT),
    _crossing("SU(2), E = 1", "5.953", "crossing error, E = 1"),
    _crossing("SU(2), E = 2", "5.165", "crossing error, E = 2"),
    _crossing("SU(2), E = 3", "3.394", "crossing error, E = 3"),
    Number("Ando: error of W where P = 1/2 [%]", "slightly below 0 (W_c = 5.838)", "p. 8", SU2,
           "crossing error, Ando"),
    Number("Chern: W where P = 1/2", "W_c ≈ 3.2; 3.25 ± 0.1", "p. 6, Fig. 5", CHERN, "crossing"),
    Number("Chern: accuracy of states in the gap, W = 1", "“well distinguished”", "p. 7, Fig. 5(b)",
           CHERN, "accuracy in the gap", variant="gap at W = 1"),
    Number("Chern: accuracy of states in the gap, W = 6", "“well distinguished”", "p. 7, Fig. 5(b)",
           CHERN, "accuracy in the gap", variant="gap at W = 6"),
)  # fmt: skip


def numbers_table(scored: Mapping[str, list[Entry]], tasks: dict[str, Task]) -> str:
    """Return the paper's numbers beside its networks as trained here, and ours."""
    header = ["", "the paper", "where", "its network, trained here", "ours", "ours, of boxes"]
    rows = []
    for number in NUMBERS:
        models = {short(tasks[number.task], e.row.id): e for e in scored[number.task]}
        shown = [_score(models, names, number) for names in ((number.network,), SITES, BOXES)]
        rows.append([number.quantity, number.text, number.where, *shown])
    return table(header, rows)


def _score(models: dict[str, Entry], names: tuple[str, ...], number: Number) -> str:
    """Return the score of the one model of these names that there is."""
    row = next((models[name].row for name in names if name in models), None)
    if row is None:
        return NOTHING
    scores = row.variants.get(number.variant, {}) if number.variant else row.scores
    return cell(scores.get(number.metric))
