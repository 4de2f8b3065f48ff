"""The board: every entry of every task, ranked; its numbers come from evaluations alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from mesoinv.eval.board.records import Board, Metric, TaskBoard
from mesoinv.eval.board.rounds import round_boards
from mesoinv.eval.board.rows import (
    BoardOptions,
    Entry,
    published_rows,
    quantiles,
    quoted_cell,
    trained_models,
    zoo_entries,
)
from mesoinv.eval.board.site.write import DATA
from mesoinv.eval.board.submissions import submissions_in, submitted_entries, without_copies
from mesoinv.eval.scoring.comparison import ranks
from mesoinv.eval.tasks import get_task, list_tasks
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.provenance import version_of
from mesoinv.generators.common.records import from_dict
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mesoinv.eval.board.records import Rejected, Row
    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.declared.config import ModelConfig


def build_board(
    folder: Path | None = None,
    tasks: Sequence[str] | None = None,
    options: BoardOptions | None = None,
    *,
    zoo: bool = True,
    round_alone: str | None = None,
    command: str = "mesoinv leaderboard build",
) -> Board:
    """Score what is not scored yet, and rank.

    Parameters
    ----------
    folder : Path, optional
        A copy of the board's repository, or of its submissions, ``<task>/<name>/submission.yaml``
        each.
    tasks : sequence of str, optional
        All by default.
    options : BoardOptions, optional
        Where samples come from, and where evaluations are kept.
    zoo : bool
        Whether the zoo's models compete.
    round_alone : str, optional
        Leave out everything but this round.
    command : str
        Written on the page: how to build it again.

    Returns
    -------
    Board
        A submission that is wrong is listed with the reason; the others stand.
    """
    chosen, options = [get_task(name) for name in tasks or list_tasks()], options or BoardOptions()
    models = trained_models() if zoo else {}
    root = submissions_in(folder) if folder is not None else None
    scored = partial(_task_board, models)
    asked = {task.id: task for task in chosen}
    return Board(
        mesoinv=version_of("mesoinv") or "",
        built=datetime.now(UTC).date().isoformat(),
        command=command,
        resamples=metrics.RESAMPLES,
        seed=options.seed,
        tasks=[] if round_alone else [scored(root, task, options) for task in chosen],
        rounds=list(round_boards(folder, asked, options, scored, alone=round_alone))
        if folder is not None
        else [],
    )


def read_board(folder: Path) -> Board:
    """Read ``board.json`` of a website that was built.

    Raises
    ------
    UsageError
        If there is none, or it is of another format.
    """
    path = folder / DATA
    try:
        return from_dict(Board, json.loads(path.read_bytes()), DATA)
    except FileNotFoundError:
        raise UsageError(
            f"{folder} holds no {DATA}: build it with `mesoinv leaderboard build`."
        ) from None
    except ValueError as error:
        raise UsageError(f"{path} is damaged: {error}") from None


def _task_board(
    models: Mapping[str, ModelConfig],
    submissions: Path | None,
    task: Task,
    options: BoardOptions,
    refusal: Callable[[Path], str | None] = lambda _folder: None,
) -> TaskBoard:
    entries = list(zoo_entries(task, options, models))
    rejected: list[Rejected] = []
    if submissions is not None:
        submitted = submitted_entries(submissions, task, options, rejected, refusal)
        entries = without_copies(task, entries, submitted, rejected)
    columns, statistics, selection = task.columns(), task.statistics(), options.selection(task)
    return TaskBoard(
        id=task.id,
        title=task.title,
        description=task.description,
        headline=task.headline,
        why=task.why,
        computed_by=task.computed_by,
        dataset=task.dataset,
        dataset_version=task.dataset_version,
        config=task.config,
        split=selection.split,
        samples=selection.count,
        inputs={name: columns[name].unit for name in task.inputs},
        targets={t.column: t.unit for t in task.targets},
        metrics=[Metric(n, statistics[n].unit, statistics[n].better) for n in task.metrics],
        # the board has the headline of a variant, which not all have
        variants={
            name: v.description
            for name, v in task.variants.items()
            if task.headline in task.statistics(name)
        },
        error=Metric(task.measures.error, "1", task.measures.error_better),
        paper=", ".join(dict.fromkeys(paper.reference for paper in task.published)),
        citation=task.citation,
        licence=task.licence,
        superseded_by=task.superseded_by,
        rows=_ranked(task, entries),
        rejected=rejected,
        system=resolve_dataset(task.dataset).pretty_name,
        shown=task.shown,
        hints=list(task.hints),
        limit=quoted_cell(task.limit) if task.limit is not None else None,
    )


def _ranked(task: Task, entries: list[Entry]) -> list[Row]:
    """Return all rows, best first, with ranks; papers stand where their number belongs."""
    competing = [entry for entry in entries if entry.row.kind != "computed"]
    ranked = ranks({e.row.id: e.result.evaluation.replicates for e in competing})
    for entry in entries:
        entry.row.rank = ranked.get(entry.row.id)
        entry.row.quantiles = quantiles(task, entry.result)
    rows = [entry.row for entry in entries] + published_rows(task)
    # a paper that does not give the headline stands last
    return sorted(rows, key=lambda row: _place(row, task.headline))


def _place(row: Row, name: str) -> tuple[int, float, int, str]:
    cell = row.scores.get(name)
    return (cell is None, -cell.value if cell else 0.0, row.rank or 0, row.name)
