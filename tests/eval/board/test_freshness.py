"""Which stored evaluations the board takes, and which it makes again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from eval_helpers import COUNT, DONORS, NUMBERS, config, model, zoo_of

from mesoinv.eval.board.rows import BoardOptions, zoo_entries
from mesoinv.eval.scoring.results import Result, read_result
from mesoinv.eval.tasks import get_task
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo.declared.config import WEIGHTS, read_config, weights_digest, write_config
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT
from mesoinv.zoo.declared.transforms import Affine, Log, Pool

NAME, TASK = "pldos-donors-cnn.16k", get_task("pldos-donors")
SCORED = f"{TASK.id}: {NAME}"
LEFT_OUT = f"{SCORED} is left out: its weights are not here"


@pytest.fixture(scope="module")
def scored(report_cache, tmp_path_factory):
    """A model of the zoo with an evaluation, which tests copy."""
    made = model(replace(DONORS, name=NAME))
    folder = made.save_pretrained(tmp_path_factory.mktemp("scored"))
    options = BoardOptions(source=SampleSource(cache=report_cache), samples=COUNT)
    return made, options.evaluate(folder, TASK)


@pytest.fixture
def folder(scored, tmp_path):
    """The folder of the only model in the zoo."""
    made, result = scored
    with zoo_of(tmp_path / "weights", [NAME], lambda _: made) as zoo:
        result.save(zoo / NAME / EVALUATIONS / TASK.id)
        yield zoo / NAME


@pytest.fixture
def rows(report_cache, tmp_path):
    """Return the board's evaluations, and what was said while they were collected."""

    def run(**changes):
        said = []
        options = BoardOptions(
            tmp_path / "results", SampleSource(cache=report_cache), samples=COUNT, log=said.append
        )
        entries = zoo_entries(TASK, replace(options, **changes))
        return [entry.result.evaluation for entry in entries], said

    return run


def change_stored(folder, **changes):
    """Change what the stored evaluation says."""
    place = folder / EVALUATIONS / TASK.id
    result = read_result(place)
    Result(replace(result.evaluation, **changes), result.table).save(place)


def change_config(folder, **changes):
    write_config(folder, replace(read_config(folder), **changes))


def test_a_fresh_one_is_taken_without_building_the_network(folder, rows, scored, monkeypatch):
    monkeypatch.setattr(torch.nn.Module, "__init__", None)
    (evaluation,), said = rows()
    assert (evaluation, said) == (scored[1].evaluation, [])


def test_other_weights_make_it_stale(folder, rows, scored):
    model(replace(DONORS, name=NAME), seed=1).save_pretrained(folder)
    (evaluation,), said = rows()
    assert said == [SCORED]
    assert evaluation.subject.digest == weights_digest(folder)
    assert evaluation.scores != scored[1].evaluation.scores
    assert rows() == ([evaluation], [])  # kept beside the board
    (evaluation,), said = rows(fresh=True)
    assert said == [SCORED]


def test_the_file_counts_not_the_numbers_in_it(folder, rows, scored):
    scored[0].save_pretrained(folder, dtype=torch.float64)
    (evaluation,), said = rows()
    assert said == [SCORED]
    assert evaluation.scores == scored[1].evaluation.scores


@pytest.mark.parametrize(
    "change",
    [
        {"input_transforms": [Pool(16), Log(0.01)]},
        {"input_transforms": [Log(0.02), Pool(16)]},
        {"output_transforms": [Affine([55.0, 1.0], [9.0, 0.4])]},
        {"hyperparameters": {"filters": [2], "dense": [3], "batch_norm": False}},
    ],
    ids=["order", "number", "output", "hyperparameter"],
)
def test_another_interface_makes_it_stale(change, folder, rows):
    write_config(folder, config("donors-cnn.16k", outputs=NUMBERS, **change))
    (evaluation,), said = rows()
    assert said == [SCORED]
    assert evaluation.subject.interface == read_config(folder).interface
    assert evaluation.subject.digest == weights_digest(folder)


def test_what_does_not_make_predictions_does_not_matter(folder, rows, scored):
    (given,) = read_config(folder).inputs
    change_config(
        folder, mesoinv="9.9.9", licence="MIT", parameters=7, inputs=[replace(given, high=99.0)]
    )
    (evaluation,), said = rows()
    assert (evaluation, said) == (scored[1].evaluation, [])


@pytest.mark.parametrize(
    "change",
    [
        {"task_digest": "0" * 64}, {"samples": COUNT - 1}, {"split": "validation"}, {"seed": 1},
        {"resamples": 10},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_other_samples_make_it_stale(change, folder, rows, scored):
    change_stored(folder, **change)
    (evaluation,), said = rows()
    assert said == [SCORED]
    assert evaluation.scores == scored[1].evaluation.scores


def test_a_damaged_one_is_made_again(folder, rows, scored):
    (folder / EVALUATIONS / TASK.id / RESULT).write_text("{", encoding="utf-8")
    (evaluation,), said = rows()
    assert said == [SCORED]
    assert evaluation.scores == scored[1].evaluation.scores


def test_the_scored_file_is_left_alone(folder, rows):
    """The board writes into its own folder, not into the zoo."""
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    rows(fresh=True)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


# weights that are not here


@pytest.fixture
def legacy(folder, scored):
    """A record without weights: its digest is of an earlier format."""
    (folder / WEIGHTS).unlink()
    subject = replace(scored[1].evaluation.subject, digest=None, legacy="0" * 64)
    change_stored(folder, subject=subject)
    return folder


def test_without_weights_the_interface_must_match(folder, rows, scored):
    (folder / WEIGHTS).unlink()
    assert rows() == ([scored[1].evaluation], [])
    change_config(folder, hyperparameters={"filters": [2], "dense": [4]})
    assert rows() == ([], [LEFT_OUT])


def test_a_legacy_record_is_taken_where_the_interface_matches(legacy, rows):
    (evaluation,), said = rows()
    assert (evaluation.subject.digest, evaluation.subject.legacy, said) == (None, "0" * 64, [])
    change_config(legacy, hyperparameters={"filters": [2], "dense": [4]})
    assert rows() == ([], [LEFT_OUT])


def test_a_legacy_record_says_nothing_of_weights_that_are_here(legacy, rows, scored):
    scored[0].save_pretrained(legacy)
    (evaluation,), said = rows()
    assert said == [SCORED]
    assert evaluation.subject.digest == weights_digest(legacy)


def test_a_record_without_an_interface_is_of_no_model(folder, rows, scored):
    subject = replace(scored[1].evaluation.subject, interface=None)
    change_stored(folder, subject=subject)
    assert rows()[1] == [SCORED]


# the board of the zoo in a process of its own

SHOW = """
import json, sys
from mesoinv.cli import app

app(["leaderboard", "show", "--task", "pldos-donors", *sys.argv[1:]], standalone_mode=False)
names = {"torch", "timm", "mesoinv.zoo.model.model"} & sys.modules.keys()
print(json.dumps(sorted(names)), file=sys.stderr)
"""


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["table", "JSON"])
def test_showing_a_stored_board_needs_no_torch(options, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *options], cwd=tmp_path, capture_output=True, text=True,
        check=True, env=os.environ | {"COLUMNS": "250"},
    )  # fmt: skip
    assert json.loads(done.stderr) == []  # nothing was said, so nothing was scored
    assert NAME in done.stdout
    assert list(tmp_path.iterdir()) == []
