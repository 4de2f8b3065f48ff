"""The front page's bars, pages of models, and pictures: small boards whose answers are known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from board_samples import HEADLINE, make_board

from mesoinv.eval.board import pictures
from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.cards import model_cards
from mesoinv.eval.board.records import Board, Cell, Metric, Row, TaskBoard
from mesoinv.eval.board.site import write_site
from mesoinv.eval.board.site.bars import bar, question, state
from mesoinv.eval.board.site.summary import HEADINGS, markdown
from mesoinv.eval.tasks import get_task, list_tasks

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n"


def task_of(scores: dict[str, float], metric: Metric, **changes: object) -> TaskBoard:
    """Return a task with one row of each kind, best first."""
    (task,) = make_board().tasks
    rows = [
        Row(f"{kind}-row", f"{kind}-row", kind, 1, {metric.name: Cell(value)})  # type: ignore[arg-type]
        for kind, value in scores.items()
    ]
    return replace(task, metrics=[metric], headline=metric.name, rows=rows, **changes)


def places(task: TaskBoard) -> dict[str, float]:
    made = bar(task)
    assert made is not None
    return {mark.kind: mark.place for mark in made.marks}


def test_a_bar_goes_from_the_worst_to_the_best() -> None:
    scores = {"baseline": 0.6, "paper": 0.4, "trivial": 0.1}
    there = places(task_of(scores, Metric("accuracy", "1", "high")))
    assert there == {"trivial": 3.0, "paper": pytest.approx(59.4), "best": 97.0}


def test_what_is_near_one_is_shown_by_what_it_lacks() -> None:
    """0.9 to 0.99 is as far as 0.99 to 0.999."""
    scores = {"baseline": 0.999, "paper": 0.99, "trivial": 0.9}
    there = places(task_of(scores, Metric("r", "1", "high")))
    assert there["paper"] == pytest.approx(50)


def test_errors_are_on_a_logarithmic_scale() -> None:
    scores = {"baseline": 0.01, "paper": 0.1, "trivial": 1.0}
    there = places(task_of(scores, Metric("error", "nm", "low")))
    assert there == {"trivial": 3.0, "paper": pytest.approx(50), "best": 97.0}


def test_the_limit_stands_on_the_bar() -> None:
    task = task_of({"baseline": 0.5, "trivial": 0.0}, Metric("efficiency", "1", "high"))
    there = places(replace(task, limit=Cell(0.6)))
    assert there["best"] == pytest.approx(3 + 94 * 0.5 / 0.6, abs=0.01)
    assert there["limit"] == 97.0
    there = places(replace(task, limit=Cell(1.0)))  # far away: it stands a little beyond
    assert there["best"] == pytest.approx(3 + 94 / 1.25)
    assert there["limit"] == 97.0


def test_the_newest_submission_is_told_unless_it_is_the_best() -> None:
    metric = Metric("accuracy", "1", "high")
    task = task_of({"baseline": 0.6, "submission": 0.5, "trivial": 0.1}, metric)
    assert "newest" in places(task)
    assert "newest" not in places(task_of({"submission": 0.6, "trivial": 0.1}, metric))


def test_equal_scores_and_none() -> None:
    metric = Metric("accuracy", "1", "high")
    there = places(task_of({"baseline": 0.5, "trivial": 0.5}, metric))
    assert all(math.isfinite(place) for place in there.values())
    assert bar(replace(task_of({}, metric), rows=[])) is None


def test_words_of_a_task() -> None:
    (task,) = make_board().tasks
    assert question(task) == "Find the potential of a disordered electron gas."
    assert state(task) == "open"
    assert state(replace(task, computed_by="Solve it.")) == "solvable by computing"


@pytest.mark.parametrize("name", list_tasks())
def test_what_a_task_shows_is_a_score_of_it(name: str) -> None:
    task = get_task(name)
    assert (task.shown or task.headline) in task.metrics
    assert all(len(hint) < 400 for hint in task.hints)


def test_a_model_has_a_page_whose_html_is_text(tmp_path: Path) -> None:
    board = make_board()
    name = next(row.name for row in board.tasks[0].rows if row.kind == "baseline")
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    card = f"<script>x</script>\n\n{table}\n\n![c](assets/{name}-curves.png)\n"
    write_site(board, tmp_path / "site", {f"{name}-curves": PNG, "pldos": PNG}, {name: card})
    page = (tmp_path / "site" / f"model-{name}.html").read_text()
    assert "&lt;script&gt;x" in page
    assert "<td>1</td>" in page
    assert (tmp_path / "site" / "assets" / f"{name}-curves.png").read_bytes() == PNG
    assert f'href="model-{name}.html"' in (tmp_path / "site" / "pldos-task-0.html").read_text()
    assert 'src="assets/pldos.png"' in (tmp_path / "site" / "index.html").read_text()


def test_cards_and_pictures_of_the_zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn once, and kept."""
    board = build_board(None, ["conductance-model1-3x3"])
    cards, curves = model_cards(board)
    assert "conductance-model1-3x3-dnn.paper" in cards
    assert not cards["conductance-model1-3x3-dnn.paper"].startswith("---")
    assert all(picture.startswith(PNG) for picture in curves.values())
    first = pictures.prediction_pictures(board, tmp_path)
    assert list(first) == [
        f"conductance-model1-3x3-{i}{end}" for end in ("", "-paper") for i in pictures.EXAMPLES
    ]
    (task,) = board.tasks
    assert pictures.shown_models(task)["-paper"] == "conductance-model1-3x3-dnn.paper"
    write_site(board, tmp_path / "site", dict.fromkeys(first, PNG), cards)
    page = (tmp_path / "site" / f"{task.id}.html").read_text()
    assert page.count("by the paper's network") == len(pictures.EXAMPLES)
    assert page.index(f"{task.id}-3.png") < page.index(f"{task.id}-3-paper.png")
    assert page.index(f"{task.id}-3-paper.png") < page.index(f"{task.id}-4.png")
    assert all(picture.startswith(PNG) for picture in first.values())

    def drawn_again(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(pictures, "_prediction", drawn_again)
    assert pictures.prediction_pictures(board, tmp_path) == first
    sample = pictures.sample_pictures(["percolation"], tmp_path)
    assert sample["percolation"].startswith(PNG)


def test_the_summary_has_a_line_for_each_task_with_a_score() -> None:
    board: Board = make_board(tasks=2)
    board.tasks[1].rows.clear()
    head, _, *lines = markdown(board).splitlines()
    assert head == f"| {' | '.join(HEADINGS)} |"
    (line,) = lines
    assert line.startswith(f"| `pldos-task-0` | {HEADLINE} |")
