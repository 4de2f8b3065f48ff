"""The commands of evaluation: ``tasks``, ``evaluate``, ``leaderboard``.

Their modules are imported when they run: ``mesoinv --help`` must answer at once.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesoinv.commands.options import (
    CACHE,
    RESULTS,
    Cache,
    Json,
    Samples,
    Scheduler,
    Source,
    Workers,
    log,
)

if TYPE_CHECKING:
    from rich.table import Table

    from mesoinv.eval.board.records import Board
    from mesoinv.eval.scoring.results import Result
    from mesoinv.eval.scoring.selection import SampleSelection
    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.declared.evaluation import Score

TaskName = Annotated[
    str | None,
    typer.Option("--task", help="One of `mesoinv tasks` (default: the only one that fits)."),
]
SITE = Path("data/leaderboard")

leaderboard = typer.Typer(
    no_args_is_help=True, help="Build the boards as a website, or show them here."
)

Subject = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A name of `mesoinv models`, a folder, a Hub id, or a .parquet of predictions.",
    ),
]
SplitName = Annotated[
    str | None, typer.Option(help="test (default), validation, or held-out with --key-file.")
]
Against = Annotated[str | None, typer.Option(metavar="MODEL", help="Another one, to compare with.")]
Kept = Annotated[
    Path | None, typer.Option(help="Folder for evaluation.json and the table of samples.")
]
Save = Annotated[
    bool, typer.Option("--save", help="Keep the evaluation in the model's folder and card.")
]


def register(app: typer.Typer) -> None:
    """Add ``tasks``, ``evaluate`` and ``leaderboard`` to the command line."""
    app.command()(tasks)
    app.command()(evaluate)
    app.add_typer(leaderboard, name="leaderboard")


def tasks(as_json: Json = False) -> None:
    """List the tasks: what is given, what is wanted, which score ranks."""
    from mesoinv.eval.tasks import get_task, list_tasks

    declared = [get_task(name) for name in list_tasks()]
    if as_json:
        typer.echo(json.dumps([asdict(task) for task in declared], indent=1, ensure_ascii=False))
    else:
        _print_tasks(declared)


def _print_tasks(tasks: list[Task]) -> None:
    from rich.console import Console
    from rich.table import Table

    from mesoinv.generators.common.terminal_tables import print_table

    table = Table("task", "samples", "given → wanted", "ranked by")
    for task in tasks:
        wanted = ", ".join(t.column for t in task.targets)
        table.add_row(
            task.id,
            f"{task.dataset}/{task.config}, {task.samples} of {task.split}",
            f"{', '.join(task.inputs)} → {wanted}",
            task.headline,
        )
    print_table(table, Console())


def evaluate(  # noqa: PLR0913, PLR0917  (each is an option)
    model: Subject,
    task: TaskName = None,
    split: SplitName = None,
    samples: Samples = None,
    data: Source = "generate",
    cache: Cache = CACHE,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    variants: Annotated[
        bool, typer.Option(help="Score noise and other parameters too (of a model).")
    ] = True,
    against: Against = None,
    out: Kept = None,
    save: Save = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples at a time.")] = 32,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    key_file: Annotated[Path | None, typer.Option(help="Secret key of a held-out split.")] = None,
    as_json: Json = False,
) -> None:
    """Score a model or a file of predictions on a task, with 95 % intervals."""
    from mesoinv.eval.scoring.selection import select_samples
    from mesoinv.eval.scoring.storing import (
        check_room,
        default_task,
        require_fit,
        save_to_model_folder,
        writable_model_folder,
    )
    from mesoinv.generators.common.devices import check_device
    from mesoinv.generators.pipeline.loading.source import SampleSource

    check_device(device)
    _require_extras([model, *([against] if against else [])], save=save)
    declared = default_task(model, task)
    if against is not None:
        require_fit(against, declared)
    source = SampleSource(data, cache, workers, device, scheduler=scheduler)
    selection = select_samples(declared, source, split, samples, key_file)
    folder = writable_model_folder(model) if save else None
    if folder is not None:  # before any work
        check_room(folder, declared, selection.split, selection.count)
    options = {"variants": variants, "seed": seed, "batch_size": batch_size}
    result = _scored(model, selection, options)
    if out is not None:
        result.save(out)
    if folder is not None:
        save_to_model_folder(result, folder, declared)
    other = _scored(against, selection, options) if against is not None else None
    if as_json:
        typer.echo(_as_json(result, declared, other))
    else:
        _print_result(result, declared, other)


def _require_extras(subjects: list[str], *, save: bool) -> None:
    """Refuse at once what needs packages that are not here."""
    from mesoinv.eval.scoring.prediction_files import is_predictions
    from mesoinv.generators.common.extras import CARD_MODULES, require, require_modules

    if save:
        require_modules("--save writes the card of the model, which", *CARD_MODULES)
    if not all(map(is_predictions, subjects)):
        require("Evaluating a model", "models")


def _scored(subject: str, selection: SampleSelection, options: dict[str, Any]) -> Result:
    """Score one subject, with bars for generating and for scoring."""
    from mesoinv.eval.scoring.evaluate import score
    from mesoinv.progress import generation_bar, progress_bar

    title = f"evaluate {Path(subject).name}"
    with generation_bar() as generating, progress_bar(title, "sample") as progress:
        source = replace(selection.source, progress=generating)
        return score(subject, replace(selection, source=source), progress=progress, **options)


def _as_json(result: Result, task: Task, other: Result | None) -> str:
    from mesoinv.eval.scoring.comparison import compare

    content = asdict(result.evaluation)
    if other is not None:
        differences = compare(result, other, task)
        content["against"] = {
            "evaluation": asdict(other.evaluation),
            "differences": {name: asdict(score) for name, score in differences.items()},
        }
    return json.dumps(content, indent=1, ensure_ascii=False)


def _print_result(result: Result, task: Task, other: Result | None) -> None:
    from rich.console import Console

    from mesoinv.generators.common.terminal_tables import print_table

    console, evaluation = Console(), result.evaluation
    console.print(
        f"{evaluation.subject.name} on {evaluation.task}: {evaluation.samples} samples of "
        f"{evaluation.dataset} {evaluation.dataset_version} "
        f"{evaluation.config}/{evaluation.split}, 95 % intervals",
        highlight=False, markup=False,
    )  # fmt: skip
    print_table(_score_table(result, task, other), console)
    if evaluation.variants:
        print_table(_variant_table(result, task), console)
    if evaluation.speed:
        speed = evaluation.speed
        console.print(
            f"{speed.samples_per_second:g} samples/s on {speed.device} ({speed.machine})",
            highlight=False, markup=False,
        )  # fmt: skip


def _score_table(result: Result, task: Task, other: Result | None) -> Table:
    from rich.table import Table

    from mesoinv.eval.scoring.comparison import compare

    columns = ["score", "value", *([] if other is None else ["the other's", "difference"])]
    table = Table(*columns)
    differences = compare(result, other, task) if other is not None else {}
    for name in task.metrics:
        cells = [name + (" (ranks)" if name == task.headline else "")]
        cells.append(_text(result.evaluation.scores[name]))
        if other is not None:
            cells += [_text(other.evaluation.scores[name]), _text(differences[name])]
        table.add_row(*cells)
    return table


def _variant_table(result: Result, task: Task) -> Table:
    from rich.table import Table

    table = Table("variant", "samples", "score", "value")
    for name, variant in result.evaluation.variants.items():
        about = f"{name}: {task.variants[name].description}"
        first = task.headline_of(name)
        table.add_row(about, str(variant.samples), first, _text(variant.scores[first]))
    return table


def _text(score: Score) -> str:
    from rich.markup import escape

    from mesoinv.zoo.declared.listing import score_text

    return escape(score_text(score))


@leaderboard.command("build")
def build(  # noqa: PLR0913, PLR0917  (each is an option)
    submissions: Annotated[
        str | None,
        typer.Argument(
            metavar="[SUBMISSIONS]",
            help="Folder of submissions, or a Hub dataset (id@revision). Without: the zoo alone.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the website.")] = SITE,
    task: Annotated[list[str] | None, typer.Option(help="Only these (default: all).")] = None,
    samples: Samples = None,
    data: Source = "generate",
    cache: Cache = CACHE,
    results: Annotated[Path, typer.Option(help="Folder that keeps evaluations.")] = RESULTS,
    workers: Workers = 1,
    split: Annotated[
        str | None, typer.Option(help="The task's own (default), or held-out with --key-file.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Secret key of a held-out split; name one --task.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Evaluate everything again.")] = False,
) -> None:
    """Score the zoo and all submissions, rank them, and write a static website."""
    from mesoinv.generators.common.extras import require

    require("mesoinv leaderboard build", "board")
    from mesoinv.eval.board.build import build_board
    from mesoinv.eval.board.cards import model_cards
    from mesoinv.eval.board.rows import BoardOptions
    from mesoinv.eval.board.site import write_site
    from mesoinv.eval.board.submissions import board_folder
    from mesoinv.generators.pipeline.loading.source import SampleSource

    source = SampleSource(data, cache, workers)
    options = BoardOptions(
        results, source, samples, fresh=fresh, split=split, key_file=key_file, log=log
    )
    folder = board_folder(submissions, results) if submissions is not None else None
    board = build_board(folder, task, options, command=_typed())
    cards, curves = model_cards(board)
    page = write_site(board, out, _pictures(board, results) | curves, cards)
    tables = [one.table for one in board.rounds if one.table is not None]
    for task_board in [*board.tasks, *tables]:
        for refused in task_board.rejected:
            log(f"not on {task_board.id}: {refused.submission}: {refused.reason}")
    typer.echo(f"{page}: {sum(len(t.rows) for t in board.tasks)} rows on {len(board.tasks)} boards")


def _pictures(board: Board, results: Path) -> dict[str, bytes]:
    """Draw samples, and predictions of the best models, where the packages for it are there."""
    from importlib.util import find_spec

    from mesoinv.eval.board.pictures import prediction_pictures, sample_pictures
    from mesoinv.generators.common.extras import missing

    if find_spec("matplotlib") is None:
        log("The front page has no pictures without matplotlib: pip install 'mesoinv[plot]'.")
        return {}
    cache = results / "pictures"
    pictures = sample_pictures(dict.fromkeys(t.dataset for t in board.tasks), cache)
    return pictures if missing("torch", "timm") else pictures | prediction_pictures(board, cache)


def _typed() -> str:
    """Return the command as it was typed, for the page."""
    return shlex.join(["mesoinv", *sys.argv[1:]])


@leaderboard.command("show")
def show(
    site: Annotated[
        Path | None,
        typer.Argument(help="What `build` wrote (default: the zoo's stored evaluations)."),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="All models of this one (default: a line for each task).")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a line for each task as Markdown.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the boards in the terminal."""
    from mesoinv.eval.board.build import build_board, read_board
    from mesoinv.eval.board.rows import BoardOptions
    from mesoinv.eval.board.site.terminal import board_json, print_board

    if site is not None:
        board = read_board(site)
    else:
        board = build_board(None, [task] if task else None, BoardOptions(log=log))
    if as_json:
        typer.echo(board_json(board))
        return
    if markdown:
        from mesoinv.eval.board.site.summary import markdown as table

        typer.echo(table(board))
        return
    from rich.console import Console

    print_board(board, task, Console())
