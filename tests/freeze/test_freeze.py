"""Samples, scores, ranks and reports are what they were: see `frozen`."""

from __future__ import annotations

from pathlib import Path

import pytest
from frozen import BOARD, DRAWS, board_rows, draw_digests, golden

from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.rows import BoardOptions
from mesoinv.eval.reports import boards, percolation, wavefunctions
from mesoinv.eval.reports import conductance as wires
from mesoinv.eval.reports.conductance import page as wires_page
from mesoinv.eval.reports.conductance import scores as wires_scores
from mesoinv.eval.reports.pldos import tables
from mesoinv.eval.reports.pldos.collect import Landscapes, Numbers
from mesoinv.eval.tasks import get_task, tasks_of
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo.declared.config import read_config, weights_digest
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT, read_evaluation
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS, list_models

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


@pytest.mark.parametrize(
    ("report", "name"), [(percolation, "percolation"), (wavefunctions, "wavefunctions")]
)
def test_pages_of_stored_evaluations_come_out_byte_for_byte(report, name, tmp_path):
    settings = boards.Settings(cache=tmp_path, results=tmp_path, say=refuse)
    scored = {task.id: boards.ranked(task, settings) for task in tasks_of(name)}
    committed = (DOCS / name / "report.md").read_bytes()
    assert report.write.page(scored, settings).encode() == committed


def test_the_page_on_wires_comes_out_but_for_what_was_measured(tmp_path):
    settings = wires.Settings(cache=tmp_path, kept=tmp_path, say=refuse)
    scored = wires_scores.score_all(settings)
    text = wires_page.render(wires_page.Content(settings, scored, None, [], None), tmp_path)
    committed = (DOCS / "conductance" / "report.md").read_text(encoding="utf-8")
    measured = "## Averages over configurations"
    assert text.count(measured) == committed.count(measured) == 1
    assert text.partition(measured)[0] == committed.partition(measured)[0]


#: The report scores it on other samples than its task: to be mended with the report.
OTHER_SAMPLES = "pldos-landscape-unet.global-16k"
#: The page has an older interval of their last score, of resamples of another statistic.
OLDER_INTERVAL = (
    "pldos-fourier-linear.16k", "pldos-landscape-constant.16k", "pldos-landscape-linear.16k",
)  # fmt: skip


def test_tables_of_the_page_on_pldos_are_those_of_stored_evaluations():
    lines = (DOCS / "pldos" / "report.md").read_text(encoding="utf-8").splitlines()
    without_last = {line.rpartition(" | ")[0] for line in lines}
    names = [n for n in list_models() if n.startswith("pldos-") and n != OTHER_SAMPLES]
    assert len(names) >= 15
    for name in names:
        row = _pldos_row(name)
        if name in OLDER_INTERVAL:
            assert row.rpartition(" | ")[0] in without_last
        else:
            assert row in lines


def _pldos_row(name):
    """The line of a model's table, from its stored evaluation."""
    config = read_config(LOCAL_WEIGHTS / name)
    scores = read_evaluation(LOCAL_WEIGHTS / name / EVALUATIONS / config.task).scores
    columns = [q.name for q in config.outputs]
    kind = config.task.removeprefix("pldos-")
    if kind in {"fourier", "landscape"}:
        model = Landscapes(config, None, scores, None, None)
        lines = tables.landscapes_table(kind, [model])
    else:
        model = Numbers(config, {}, dict.fromkeys(columns), scores)
        lines = tables.numbers_table(columns, [model], [])
    return lines.splitlines()[2]
