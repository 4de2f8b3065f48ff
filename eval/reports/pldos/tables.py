"""The tables of the report, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.reports.pldos import paper
from mesoinv.eval.reports.tables import sizes, table, with_interval
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.numbers import three_digits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.reports.pldos.limits import Limit
    from mesoinv.eval.reports.pldos.times import AllTimes


LANDSCAPE_SCORES = (
    "pearson r median", "pearson r worst", "pearson r above 0.99", "relative rms error",
)  # fmt: skip


def columns_of(task: str) -> list[str]:
    """Return the columns that a task wants."""
    return [target.column for target in get_task(task).targets]


def numbers_table(task: str, entries: list[Entry], limits: list[Limit]) -> str:
    """Return the table of the models that predict numbers, with bounds, paper and aim."""
    columns = columns_of(task)
    header = ["", "samples", "parameters"]
    for q in (paper.NUMBERS[c] for c in columns):
        header += [f"std of error of {q.symbol} [{q.unit}]", "relative [%]"]
    rows = []
    for entry in entries:
        scores, row = entry.result.evaluation.scores, [f"`{entry.row.id}`", *_size(entry)]
        for c in columns:
            row.append(with_interval(scores[f"{c} error std"]))
            row.append(with_interval(scores[f"{c} error std relative"], 100))
        rows.append(row)
    for limit in limits:
        cells = [x for c in columns for x in
                 (f"{limit.absolute[c]:.3g}", f"{100 * limit.relative[c]:.3g}")]  # fmt: skip
        rows.append([f"*{limit.observer}*", "–", "–", *cells])
    rows.append([_paper_label("Sec. III"), "72 000", "–", *_paper_cells(columns)])
    rows.append(["aim", "–", "–", *(x for c in columns for x in (paper.AIMS[c], ""))])
    return table(header, rows)


def landscapes_table(task: str, entries: list[Entry]) -> str:
    """Return the table of the models that predict landscapes one way, with paper and aim."""
    rows = [
        [f"`{e.row.id}`", *_size(e), *(with_interval(e.result.evaluation.scores[s])
                                       for s in LANDSCAPE_SCORES)]
        for e in entries
    ]  # fmt: skip
    kind = task.removeprefix("pldos-")
    rows.append(
        [_paper_label("Sec. IV C, Fig. 8"), "88 000", "–", *paper.LANDSCAPES[kind], "–", "–"]
    )
    rows.append(["aim", "–", "–", *paper.LANDSCAPE_AIMS[kind], "–", "–"])
    header = ["", "samples", "parameters", "r, median", "r, worst", "share with r > 0.99",
              "rms error / rms"]  # fmt: skip
    return table(header, rows)


def times_table(times: AllTimes) -> str:
    """Return the table of times on one core."""
    solver = times.solver
    rows = [
        [f"`{t.name}`", f"{t.load:.2f}", f"{1e3 * t.first:.0f}", f"{1e3 * t.single:.2f}",
         three_digits(1 / t.single), three_digits(1 / t.batch), f"{solver / t.batch:.3g}"]
        for t in times.models
    ]  # fmt: skip
    rows.append(["exact solver (potential → density)", "–", "–", f"{1e3 * solver:.1f}",
                 three_digits(1 / solver), "–", "1"])  # fmt: skip
    header = ["", "load [s]", "first prediction [ms]", "one sample [ms]",
              "samples/s, one by one", "samples/s, 32 at a time",
              "solver's time / model's"]  # fmt: skip
    return table(header, rows)


def limits_table(limits: list[Limit]) -> str:
    """Return the table of ideal observers."""
    names = list(paper.NUMBERS)
    header = ["observer"]
    for c in names:
        header += [f"{paper.NUMBERS[c].symbol} [{paper.NUMBERS[c].unit}]", "[%]"]
    rows = [
        [x.observer, *(cell for c in names
                       for cell in (f"{x.absolute[c]:.3g}", f"{100 * x.relative[c]:.3g}"))]
        for x in limits
    ]  # fmt: skip
    rows.append([_paper_label("Sec. III"), *_paper_cells(names)])
    return table(header, rows)


def _paper_cells(columns: Sequence[str]) -> list[str]:
    here, cells = paper.typical_here(), []
    for c in columns:
        q = paper.NUMBERS[c]
        both = dict.fromkeys(_percent(x) for x in (q.relative, q.value / here[c]))
        cells += [f"{q.value:g}", " or ".join(both)]
    return cells


def _percent(share: float) -> str:
    """Return two digits of a share in percent."""
    return f"{100 * share:#.2g}".rstrip(".")


def _paper_label(place: str) -> str:
    return f"**the paper**, {place}"


def _size(entry: Entry) -> list[str]:
    return sizes(entry.row.training_samples, entry.row.parameters)
