"""The columns of a task's table: headings, what is shown, and by what each cell sorts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mesoinv.eval.board.site.figures import (
    MISSING,
    arrow,
    three_digits,
    unit_text,
    way,
    with_interval,
)
from mesoinv.eval.board.site.text import NAME_LENGTH, TEXT_LENGTH, line
from mesoinv.generators.common.numbers import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.eval.board.records import Cell, Metric, Row, TaskBoard

KINDS = {
    "submission": "Submission",
    "computed": "Computed",
    "baseline": "Baseline",
    "trivial": "Trivial",
    "paper": "Paper",
}


#: Scores beside the headline that are shown at first.
_FIRST = 2


@dataclass(frozen=True)
class Shown:
    """A cell: its text, by what it sorts (empty: last), the smaller part, the tooltip."""

    text: str = MISSING
    order: str = ""
    detail: str = ""
    title: str = ""


@dataclass(frozen=True)
class Column:
    """A column; `first` is the direction of the first click, `role` lets the page dress it."""

    heading: str
    cell: Callable[[Row], Shown]
    type: Literal["number", "text"] = "number"
    first: Literal["asc", "desc"] = "asc"
    unit: str = ""
    arrow: str = ""
    title: str = ""
    role: str = ""


def table_columns(task: TaskBoard) -> list[Column]:
    """Return the columns of a task's table, from left to right."""
    headline = next(m for m in task.metrics if m.name == task.headline)
    others = [m for m in task.metrics if m.name != task.headline]
    first, rest = others[:_FIRST], others[_FIRST:]
    return [
        Column("Rank", _rank, title="1 + rows that are significantly better at 95 %", role="rank"),
        Column("Name", lambda row: _name(row, task.samples), "text", role="name"),
        Column("Kind", lambda row: _words(KINDS[row.kind]), "text", role="kind"),
        _metric(headline, role="headline"),
        *map(_metric, first),
        *_facts(),
        *map(_later, map(_metric, rest)),
        *(_later(_variant(headline, name, text)) for name, text in task.variants.items()),
        *map(_later, _origin()),
    ]


def _later(column: Column) -> Column:
    """Return a column that is shown when all are asked for."""
    return replace(column, role=f"{column.role} rest".strip())


def _facts() -> list[Column]:
    return [
        Column("Parameters", lambda row: _whole(row.parameters)),
        Column("Samples/s", _speed, first="desc", arrow="↑",
               title="Prediction alone; the machine is in the cell's tooltip"),
    ]  # fmt: skip


def _origin() -> list[Column]:
    return [
        Column("Training samples", lambda row: _whole(row.training_samples, row.training_data),
               first="desc"),
        Column("Licence", lambda row: _words(row.licence, 30), "text"),
        Column("Date", lambda row: _words(row.date, 20), "text", "desc", role="date"),
        Column("Authors", _people, "text", role="authors"),
    ]  # fmt: skip


def _metric(metric: Metric, role: str = "") -> Column:
    first: Literal["asc", "desc"] = "desc" if metric.better == "high" else "asc"
    return Column(
        line(metric.name, 60),
        lambda row: _score(row.scores.get(metric.name)),
        first=first,
        unit=unit_text(metric.unit),
        arrow=arrow(metric),
        title=f"{way(metric)}; 95 % interval in brackets",
        role=role,
    )


def _variant(headline: Metric, name: str, description: str) -> Column:
    return Column(
        f"{line(headline.name, 60)}, {line(name, 40)}",
        lambda row: _score(row.variants.get(name, {}).get(headline.name)),
        first="desc" if headline.better == "high" else "asc",
        unit=unit_text(headline.unit),
        arrow=arrow(headline),
        title=line(description, TEXT_LENGTH),
        role="variant",
    )


def _score(cell: Cell | None) -> Shown:
    if cell is None:
        return Shown()
    text, interval = with_interval(cell)
    return Shown(text, repr(cell.value), interval, line(cell.where or "", TEXT_LENGTH))


def _name(row: Row, samples: int) -> Shown:
    """Return the name, and on how many samples it is scored where these are not all."""
    shown = _words(row.name)
    if row.samples is None or row.samples >= samples:
        return shown
    return replace(shown, detail=f"first {count(row.samples)} samples")


def _rank(row: Row) -> Shown:
    if row.rank is None:
        why = {"paper": "measured on other samples", "computed": "computed, not learnt"}
        return Shown(title=f"Not ranked: {why[row.kind]}" if row.kind in why else "")
    return Shown(str(row.rank), str(row.rank))


def _whole(number: int | None, title: str = "") -> Shown:
    return Shown() if number is None else Shown(count(number), str(number), "", line(title, 300))


def _speed(row: Row) -> Shown:
    rate = row.samples_per_second
    return Shown() if rate is None else Shown(three_digits(rate), repr(rate), "", line(row.machine))


def _words(text: str, limit: int = NAME_LENGTH, whole: str = "") -> Shown:
    short, title = line(text, limit), line(whole or text, TEXT_LENGTH)
    return Shown(short, short.casefold(), "", title if title != short else "") if short else Shown()


def _people(row: Row) -> Shown:
    people = [line(name, 40) for name in row.authors if line(name)]
    more = f" and {len(people) - 3} more" if len(people) > 3 else ""
    return _words(", ".join(people[:3]) + more, 80, ", ".join(people))
