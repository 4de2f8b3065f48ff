"""The tables of the report, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.eval.reports.markdown import table, with_interval
from mesoinv.eval.reports.pldos import paper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.eval.reports.pldos.collect import Landscapes, Numbers
    from mesoinv.eval.reports.pldos.limits import Limit
    from mesoinv.eval.reports.pldos.speed import Speeds
    from mesoinv.zoo.declared.config import ModelConfig


LANDSCAPE_SCORES = (
    "pearson r median", "pearson r worst", "pearson r above 0.99", "relative rms error",
)  # fmt: skip


def numbers_table(columns: Sequence[str], found: list[Numbers], limits: list[Limit]) -> str:
    """Return the table of the models that predict `columns`, with bounds, paper and aim."""
    quoted = [paper.NUMBERS[c] for c in columns]
    header = ["", "samples", "parameters"]
    for q in quoted:
        header += [f"std of error of {q.symbol} [{q.unit}]", "relative [%]"]
    rows = []
    for model in found:
        row = [f"`{model.config.name}`", *_size(model.config)]
        for c in columns:
            row.append(with_interval(model.scores[f"{c} error std"]))
            row.append(with_interval(model.scores[f"{c} error std relative"], 100))
        rows.append(row)
    for limit in limits:
        cells = [x for c in columns for x in
                 (f"{limit.absolute[c]:.3g}", f"{100 * limit.relative[c]:.3g}")]  # fmt: skip
        rows.append([f"*{limit.observer}*", "–", "–", *cells])
    rows.append([_paper_label("Sec. III"), "72 000", "–", *_paper_cells(columns)])
    rows.append(["aim", "–", "–", *(x for c in columns for x in (paper.AIMS[c], ""))])
    return table(header, rows)


def landscapes_table(kind: str, found: list[Landscapes]) -> str:
    """Return the table of the models that predict landscapes one way, with paper and aim."""
    rows = [
        [f"`{m.config.name}`", *_size(m.config), *(with_interval(m.scores[s])
                                                   for s in LANDSCAPE_SCORES)]
        for m in found
    ]  # fmt: skip
    rows.append(
        [_paper_label("Sec. IV C, Fig. 8"), "88 000", "–", *paper.LANDSCAPES[kind], "–", "–"]
    )
    rows.append(["aim", "–", "–", *paper.LANDSCAPE_AIMS[kind], "–", "–"])
    header = ["", "samples", "parameters", "r, median", "r, worst", "share with r > 0.99",
              "rms error / rms"]  # fmt: skip
    return table(header, rows)


def speed_table(speeds: Speeds) -> str:
    """Return the table of times on one core."""
    rows = [
        [f"`{name}`", f"{s.load:.2f}", f"{1e3 * s.first:.0f}", f"{1e3 * s.single:.2f}",
         _rate(s.single), _rate(s.batch), f"{speeds.solver / s.batch:.3g}"]
        for name, s in speeds.models.items()
    ]  # fmt: skip
    solver = speeds.solver
    rows.append(["exact solver (potential → density)", "–", "–", f"{1e3 * solver:.1f}",
                 _rate(solver), "–", "1"])  # fmt: skip
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


def short_table(
    numbers: dict[str, list[Numbers]], landscapes: list[Landscapes], limits: list[Limit]
) -> str:
    """Return the best model of each task beside the paper and the limit, for README."""
    rows = []
    for task, models in numbers.items():
        columns, best = list(models[0].true), best_numbers(models)
        limit = " / ".join(_percent(limits[1].relative[c]) for c in columns)
        theirs = " / ".join(_percent(paper.comparable(c)) for c in columns)
        ours = " / ".join(
            with_interval(best.scores[f"{c} error std relative"], 100) for c in columns
        )
        symbols = " / ".join(paper.NUMBERS[c].symbol for c in columns)
        rows.append([f"`pldos-{task}`: {symbols} [%]", _named(best.config), ours, theirs, limit])
    for kind in paper.LANDSCAPES:
        if maps := [m for m in landscapes if m.kind == kind]:
            top = best_landscapes(maps)
            ours = " / ".join(with_interval(top.scores[s]) for s in LANDSCAPE_SCORES[:2])
            theirs = " / ".join(paper.LANDSCAPES[kind])
            rows.append(
                [f"`pldos-{kind}`: r, median / worst", _named(top.config), ours, theirs, "–"]
            )
    header = ["", "best model here (training samples)", "reaches", "paper", "limit¹"]
    note = "¹ Best estimate from the exact landscape without looking at where its spectrum ends."
    return f"{table(header, rows)}\n\n{note}"


def best_numbers(models: list[Numbers]) -> Numbers:
    """Return the model with the smallest relative error of its first column."""
    return min(models, key=lambda m: m.scores[f"{next(iter(m.true))} error std relative"].value)


def best_landscapes(models: list[Landscapes]) -> Landscapes:
    """Return the model with the smallest error."""
    return min(models, key=lambda m: m.scores["relative rms error"].value)


def _named(config: ModelConfig) -> str:
    return f"`{config.name}` ({_size(config)[0]})"


def _paper_cells(columns: Sequence[str]) -> list[str]:
    here, cells = paper.typical_here(), []
    for c in columns:
        q = paper.NUMBERS[c]
        both = dict.fromkeys(_percent(x) for x in (q.relative, q.value / here[c]))
        cells += [f"{q.value:g}", " or ".join(both)]
    return cells


def _rate(seconds: float) -> str:
    """Return samples a second, to three digits."""
    return f"{float(f'{1 / seconds:.3g}'):,g}".replace(",", " ")


def _percent(share: float) -> str:
    """Return two digits of a share in percent."""
    return f"{100 * share:#.2g}".rstrip(".")


def _paper_label(place: str) -> str:
    return f"**the paper**, {place}"


def _size(config: ModelConfig) -> tuple[str, str]:
    samples = f"{config.training.samples:,}".replace(",", " ") if config.training else "–"
    return samples, f"{config.parameters:,}".replace(",", " ")
