"""Models of the zoo that compute their answers: on the board without a rank, of fewer samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from eval_helpers import COUNT, LANDSCAPE, model, zoo_of

from mesoinv.eval.board import rows
from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.rows import BoardOptions
from mesoinv.eval.board.site.bars import bar
from mesoinv.eval.board.site.table import table_columns
from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo.architectures import is_computed
from mesoinv.zoo.declared.evaluation import EVALUATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TASK, FEW = "pldos-landscape", 4
SOLVER, LEARNT = "pldos-landscape-constant.16k", "pldos-landscape-linear.16k"


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two models, of which one counts as a solver: its architecture says so."""
    monkeypatch.setattr(rows, "is_computed", lambda name: name == "constant")

    def made(name: str) -> object:
        architecture = "constant" if name == SOLVER else "linear"
        return model(replace(LANDSCAPE, name=name, architecture=architecture))

    with zoo_of(tmp_path / "weights", (SOLVER, LEARNT), made) as folder:
        yield folder


def options(tmp_path: Path, cache: Path, said: list[str], **changes: object) -> BoardOptions:
    source = SampleSource(cache=cache)
    return BoardOptions(tmp_path / "kept", source, samples=COUNT, log=said.append, **changes)


def test_its_stored_scores_may_be_of_the_first_samples(
    zoo: Path, tmp_path: Path, report_cache: Path
) -> None:
    place = zoo / SOLVER / EVALUATIONS / TASK
    evaluate(zoo / SOLVER, TASK, cache=report_cache, samples=FEW, variants=False).save(place)
    said: list[str] = []
    (task,) = build_board(None, [TASK], options(tmp_path, report_cache, said)).tasks
    here = {row.name: row for row in task.rows if row.kind != "paper"}
    assert {name: (row.kind, row.rank, row.samples) for name, row in here.items()} == {
        SOLVER: ("computed", None, FEW), LEARNT: ("trivial", 1, COUNT),
    }  # fmt: skip
    assert here[SOLVER].training_samples is None
    shown = bar(task)
    assert shown is not None
    assert {mark.kind: mark.name for mark in shown.marks}["computed"] == SOLVER
    name = next(column for column in table_columns(task) if column.heading == "Name")
    assert name.cell(here[SOLVER]).detail == f"first {FEW} samples"
    assert not name.cell(here[LEARNT]).detail


def test_without_stored_scores_it_is_left_out(
    zoo: Path, tmp_path: Path, report_cache: Path
) -> None:
    said: list[str] = []
    chosen = options(tmp_path, report_cache, said, fresh=True)
    (task,) = build_board(None, [TASK], chosen).tasks
    assert [row.name for row in task.rows if row.kind != "paper"] == [LEARNT]
    assert f"{TASK}: {SOLVER} is left out: its scores are not here" in said


def test_the_inversion_is_one() -> None:
    assert is_computed("solver_inversion")
    assert not is_computed("unet")
