"""What the numbers say, in sentences that are made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.eval.reports.conductance.scores import SYMBOLS, UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.reports.conductance.scores import Scored

#: Two errors that differ by less than this share are about equal: the paper gives two digits.
CLOSE = 0.1


def against_the_mean(found: Sequence[Scored]) -> list[str]:
    """Compare the paper's errors for model I with those of always answering the mean."""
    said = []
    for x in found:
        quoted = x.published()
        if not x.task.config.startswith("model1") or quoted is None:
            continue
        if x.mean_answer is None:
            said.append(f"{_where(x)}: no model is here, so nothing can be compared.")
            continue
        ours, theirs = x.mean_answer.value, quoted[1]
        text = (
            f"{_where(x)}: the paper's {theirs:g} is {_relation(theirs, ours)} the {ours:.3f} of "
            f"always answering the mean."
        )
        said.append(f"{text} {_mean_verdict(theirs, ours)}")
    return said


def against_counting(found: Sequence[Scored]) -> list[str]:
    """Compare the paper's errors for impurities with the median at the same number of them."""
    said = []
    for x in found:
        quoted = x.published()
        if x.task.config.startswith("model1") or quoted is None:
            continue
        counted = x.of("impurity_count")
        if counted is None:
            said.append(f"{_where(x)}: the baseline that counts impurities is not here.")
            continue
        ours, theirs = x.mae(counted).value, quoted[1]
        text = (
            f"{_where(x)}: the median answer at the same number of impurities has an error of "
            f"{ours:.3g}, {_relation(ours, theirs)} the paper's {theirs:g}. "
            f"{_count_verdict(theirs, ours)}"
        )
        said.append(f"{text} {_gain(x, ours)}".rstrip())
    return said


def against_the_paper(found: Sequence[Scored]) -> list[str]:
    """Compare our best model of each task with the paper."""
    said = []
    for x in found:
        best, quoted = x.best(), x.published()
        if best is None or quoted is None:
            continue
        cell, theirs = x.mae(best), quoted[1]
        high = cell.value if cell.high is None else cell.high
        relation = "below" if high < theirs else "not below"
        trivial = " It is a trivial baseline." if best.row.kind == "trivial" else ""
        said.append(
            f"{_where(x)}: `{best.row.id}` reaches {cell.value:.3g} {UNIT}, {relation} the "
            f"paper's {theirs:g}.{trivial}"
        )
    return said


def _where(x: Scored) -> str:
    return f"**{x.sites}, {SYMBOLS[x.column]}**"


def _relation(a: float, b: float) -> str:
    if abs(a / b - 1) < CLOSE:
        return "about equal to"
    return "larger than" if a > b else "smaller than"


def _mean_verdict(network: float, mean: float) -> str:
    removed = f"It removes {100 * (1 - network / mean):.0f} % of that error"
    if network > mean:
        return "It is worse than no network at all."
    return f"{removed}: next to nothing." if network > (1 - CLOSE) * mean else f"{removed}."


def _count_verdict(network: float, count: float) -> str:
    if count < (1 + CLOSE) * network:
        return "The number of impurities alone is enough for the paper's error."
    return f"The paper's network removes {100 * (1 - network / count):.0f} % of that error."


def beyond_counting(found: Sequence[Scored]) -> list[str]:
    """Say how much of what counting leaves open the networks that are here foresee."""
    said = []
    for x in found:
        counted, best = x.of("impurity_count"), x.best()
        networks = [x.paper_network(), best if best and best.row.kind == "baseline" else None]
        if counted is not None:
            said += [
                f"{_where(x)}: `{entry.row.id}` foresees {100 * explained(x, counted, entry):.0f} "
                f"% of the variance that counting leaves."
                for entry in networks
                if entry is not None
            ]
    return said


def explained(x: Scored, counted: Entry, network: Entry) -> float:
    """Return the share of the variance around the answer of counting that a network foresees.

    It is r², r the correlation of (network - count) with (true - count): the best that a multiple
    of the network's deviation could do, so that an error of its own scale does not matter. 0 where
    r is negative.
    """
    true, count = x.arrays(counted)
    deviation = x.arrays(network)[1] - count
    if not deviation.std() > 0 or not (true - count).std() > 0:
        return 0.0
    r = float(np.corrcoef(deviation, true - count)[0, 1])
    return max(r, 0.0) ** 2


def _gain(x: Scored, count: float) -> str:
    """Say what our best network knows beyond the number of impurities."""
    best = x.best()
    if best is None or best.row.kind == "trivial":
        return ""
    gain = 100 * (1 - x.mae(best).value / count)
    verb = "removes" if gain >= 0 else "adds"
    return f"Our best, `{best.row.id}`, {verb} {abs(gain):.0f} %."
