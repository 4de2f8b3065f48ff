"""Samples, scores, ranks and reports are what they were: see `frozen`."""

from __future__ import annotations

from pathlib import Path

import pytest
from frozen import BOARD, DRAWS, board_rows, draw_digests, golden

from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.rows import BoardOptions
from mesoinv.eval.reports import list_reports, report_of
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.eval.tasks import get_task
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo.declared.config import read_config, weights_digest
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT, read_evaluation
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS

DOCS = Path(__file__).parents[2] / "docs"
STORED = sorted(path.parent for path in LOCAL_WEIGHTS.glob(f"*/{EVALUATIONS}/*/{RESULT}"))


def refuse(text):
    """Nothing here may be scored again: that an evaluation is missing or stale is the failure."""
    raise AssertionError(text)


def test_samples_are_drawn_as_they_were():
    assert draw_digests() == golden(DRAWS)


def test_every_stored_evaluation_is_of_its_task_and_model():
    assert len(STORED) >= 81
    stale = []
    for folder in STORED:
        evaluation, model = read_evaluation(folder), folder.parents[1]
        if evaluation.task_digest != get_task(folder.name).digest:
            stale.append(f"{model.name}: the task {folder.name} is another one now")
        if evaluation.subject.interface != read_config(model).interface:
            stale.append(f"{model.name}: its transforms or architecture are others now")
        if evaluation.subject.digest != weights_digest(model):
            stale.append(f"{model.name}: its weights are others now")
    assert not stale


def test_the_board_ranks_as_it_did(tmp_path):
    options = BoardOptions(tmp_path, SampleSource(cache=tmp_path), log=refuse)
    board = build_board(options=options)
    assert board_rows(board) == golden(BOARD)


@pytest.mark.parametrize("system", list_reports())
def test_pages_come_out_of_what_is_stored_byte_for_byte(system, tmp_path):
    """Scores from the evaluations, what takes long from the files beside the page."""
    folder = DOCS / system
    report = report_of(system)(ReportOptions(folder, cache=tmp_path, results=tmp_path, log=refuse))
    assert report.page() == (folder / "report.md").read_text(encoding="utf-8")
