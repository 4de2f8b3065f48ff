"""Fills the templates: the front page, a page for each task, and the card of the Hub Space."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mesoinv.eval.board.pictures import shown_models
from mesoinv.eval.board.site import bars, charts, text
from mesoinv.eval.board.site.assets import library_versions
from mesoinv.eval.board.site.figures import arrow, unit_text, way
from mesoinv.eval.board.site.howto import (
    AFTER_A_ROUND,
    COMMANDS,
    HOW_TO_SUBMIT,
    IN_A_ROUND,
    filled,
)
from mesoinv.eval.board.site.table import KINDS, table_columns
from mesoinv.generators.common.numbers import count
from mesoinv.generators.common.templates import environment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from jinja2 import Environment

    from mesoinv.eval.board.records import Board, RoundBoard, Row, TaskBoard

TEMPLATES = Path(__file__).parent / "templates"
_LINKS = ("model", "paper", "code")


def render_pages(
    board: Board, pictures: Collection[str] = (), cards: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return file name -> content of every page, and of the Space's ``README.md``.

    Parameters
    ----------
    board : Board
    pictures : collection of str
        What ``assets/NAME.png`` shows: a sample of a dataset ``NAME``, predictions ``TASK-INDEX``.
    cards : mapping of str to str, optional
        Model -> its card in Markdown; HTML in it is text.
    """
    templates, cards = _templates(), cards or {}
    systems = [
        _system(name, board, pictures) for name in dict.fromkeys(t.dataset for t in board.tasks)
    ]
    context = {
        "board": board,
        "libraries": library_versions(),
        "tasks": board.tasks,
        "systems": systems,
    }
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "index.html": ("index.html.j2", {"systems": systems}),
        "README.md": ("README.md.j2", {"front_matter": _front_matter(board)}),
        **{
            f"{task.id}.html": ("task.html.j2", _task_context(task, pictures, cards))
            for task in board.tasks
        },
        **{model_page(n): ("model.html.j2", _model_context(n, t)) for n, t in cards.items()},
        **{round_page(one): ("round.html.j2", _round_context(one, cards)) for one in board.rounds},
    }
    return {
        name: templates.get_template(template).render(context | own)
        for name, (template, own) in pages.items()
    }


def _templates() -> Environment:
    templates = environment(html=True, folder=TEMPLATES, finalize=_harmless)
    templates.filters |= {
        "count": _count,
        "https": text.https_link,
        "line": text.line,
        "paragraphs": text.paragraphs,
        "unit": unit_text,
    }
    return templates


def _harmless(value: Any) -> Any:
    """Clean whatever a template prints; markup is what the templates made themselves."""
    return text.clean(value) if type(value) is str else value


def model_page(name: str) -> str:
    """Return the file name of a model's page."""
    return f"model-{name}.html"


def _model_context(name: str, card: str) -> dict[str, Any]:
    from markdown_it import MarkdownIt  # noqa: PLC0415  (comes with rich)

    made = MarkdownIt("commonmark", {"html": False}).enable("table").render(card)
    return {"name": name, "card": made}


def round_page(held: RoundBoard) -> str:
    """Return the file name of a round's page."""
    return f"round-{held.name}.html"


def _round_context(held: RoundBoard, cards: Collection[str]) -> dict[str, Any]:
    words = AFTER_A_ROUND if held.state == "revealed" else IN_A_ROUND
    names = {
        "<round>": held.name,
        "<inputs>": held.inputs.replace("@", " --revision "),
        "<config>": held.config,
    }
    commands = {_replaced(command, names): does for command, does in words.items()}
    return {
        "round": held,
        "commands": commands,
        **(_table_context(held.table, cards) if held.table else {}),
    }


def _replaced(words: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        words = words.replace(name, value)
    return words


def _table_context(task: TaskBoard, cards: Collection[str]) -> dict[str, Any]:
    return {
        "columns": table_columns(task),
        "kinds": {k: v for k, v in KINDS.items() if any(row.kind == k for row in task.rows)},
        "links": partial(_links, cards),
        "more": _more,
    }


def _task_context(
    task: TaskBoard, pictures: Collection[str], cards: Collection[str]
) -> dict[str, Any]:
    headline = next(m for m in task.metrics if m.name == task.headline)
    return {
        "task": task,
        "examples": sorted(
            n for n in pictures if re.fullmatch(rf"{re.escape(task.id)}-\d+(-paper)?", n)
        ),
        "predictors": shown_models(task),
        "headline": {"unit": unit_text(headline.unit), "arrow": arrow(headline),
                     "way": way(headline)},
        **_table_context(task, cards),
        "chart_data": charts.chart_data(task),
        "has_times": charts.has_times(task),
        "error_lacks": charts.error_lacks(task),
        "has_errors": charts.has_errors(task),
        "commands": {_filled(c, task): does for c, does in COMMANDS.items()},
        "example": _filled(HOW_TO_SUBMIT, task),
    }  # fmt: skip


def _filled(words: str, task: TaskBoard) -> str:
    return filled(words, task.id, task.dataset_version)


def _count(number: int) -> str:
    return count(number).replace(" ", "\u00a0")  # never torn apart


def _system(name: str, board: Board, pictures: Collection[str]) -> dict[str, Any]:
    tasks = [task for task in board.tasks if task.dataset == name]
    return {
        "name": name,
        "title": tasks[0].system or name,
        "picture": f"{name}.png" if name in pictures else "",
        # what nobody has tried stands last
        "cards": sorted(map(_card, tasks), key=lambda card: card["bar"] is None),
    }


def _card(task: TaskBoard) -> dict[str, Any]:
    return {
        "task": task,
        "bar": bars.bar(task),
        "question": bars.question(task),
        "state": bars.state(task),
        "submissions": sum(row.kind == "submission" for row in task.rows),
        "baselines": sum(row.kind in {"baseline", "trivial"} for row in task.rows),
    }


def _links(cards: Collection[str], row: Row) -> dict[str, str]:
    """Return the links of a row that may be followed; a model with a page here leads to it."""
    if row.id in cards:  # a submission of the same name has another id
        return {"model": model_page(row.name)}
    safe = {name: text.https_link(row.links.get(name, "")) for name in _LINKS}
    return {name: address for name, address in safe.items() if address}


def _more(row: Row) -> dict[str, str]:
    """Return what a row says about itself that has no column."""
    panels = {
        "Notes": row.notes,
        "Training data": row.training_data,
        "Machine": row.machine,
    }
    lines = {name: text.line(value, text.TEXT_LENGTH) for name, value in panels.items()}
    places = [text.line(c.where, 200) for c in row.scores.values() if c.where]
    if places:
        lines["Source"] = "; ".join(dict.fromkeys(places))
    return {name: value for name, value in lines.items() if value}


def _front_matter(board: Board) -> str:
    head = {
        "title": "mesoinv leaderboard",
        "emoji": "🧲",
        "colorFrom": "blue",
        "colorTo": "gray",
        "sdk": "static",
        "app_file": "index.html",
        "pinned": True,
        "license": "cc-by-4.0",
        "short_description": "Inverse problems in mesoscopic quantum systems",
        "datasets": sorted({f"mesoinv/{task.dataset}" for task in board.tasks}),
        "tags": ["leaderboard", "physics", "mesoscopic-physics", "inverse-problems"],
    }
    return str(yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100))
