"""Evaluations in a model's own folder: which one is kept where, and which one gives way."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from eval_helpers import COUNT, DONORS, made_up, model
from kept_samples import keep_samples

from mesoinv.eval.scoring.results import TABLE, read_result
from mesoinv.eval.scoring.storing import save_to_model_folder
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared.evaluation import EVALUATIONS, RESULT, stored_evaluations
from mesoinv.zoo.declared.listing import main_scores
from mesoinv.zoo.publish.card import CARD

TASK = get_task("pldos-donors")


@pytest.fixture
def folder(donors, tmp_path):
    """A model's folder of one's own."""
    return donors.save_pretrained(tmp_path / "small")


@pytest.fixture
def place(folder):
    return folder / EVALUATIONS / TASK.id


@pytest.fixture(scope="module")
def both_splits(report_cache, tmp_path_factory):
    """A cache that also has validation samples: those of another configuration."""
    cache = tmp_path_factory.mktemp("cache") / "both"
    shutil.copytree(report_cache, cache)
    keep_samples(cache, "pldos", "global", "validation", made_up("weaker"))
    return cache


def files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def contents(folder):
    return {name: (folder / name).read_bytes() for name in files(folder)}


def test_an_evaluation_is_kept_whole_and_nowhere_else(folder, place, plain):
    before = contents(folder)
    save_to_model_folder(plain, folder, TASK)
    assert read_result(place).evaluation == plain.evaluation
    assert {p.name for p in place.iterdir()} == {RESULT, TABLE}
    after = contents(folder)
    added = {f"{EVALUATIONS}/{TASK.id}/{name}" for name in (RESULT, TABLE)}
    assert after.keys() - before.keys() == added | {CARD}
    assert {name: after[name] for name in before} == before


def test_another_split_is_kept_beside(folder, place, evaluate, plain, both_splits):
    save_to_model_folder(plain, folder, TASK)
    validation = evaluate(folder, split="validation", cache=both_splits, variants=False)
    save_to_model_folder(validation, folder, TASK)
    assert read_result(place).evaluation == plain.evaluation
    assert read_result(place / "validation").evaluation == validation.evaluation
    assert [e.split for e in stored_evaluations(folder)] == ["test", "validation"]
    shown = {score.split: score.value for score in main_scores(folder)}
    assert shown == {"test": plain.headline.value, "validation": validation.headline.value}
    assert validation.headline.value != plain.headline.value
    text = (folder / CARD).read_text(encoding="utf-8")
    assert plain.evaluation.command in text
    assert validation.evaluation.command == (
        "mesoinv evaluate pldos-donors-cnn.a --task pldos-donors --split validation --samples 6"
    )
    assert validation.evaluation.command in text


def test_another_split_alone_is_not_taken_for_the_tasks(folder, place, evaluate, both_splits):
    save_to_model_folder(
        evaluate(folder, split="validation", cache=both_splits, variants=False), folder, TASK
    )
    assert files(place) == {f"validation/{name}" for name in (RESULT, TABLE)}


def test_fewer_samples_do_not_replace_more(folder, place, evaluate, plain):
    save_to_model_folder(plain, folder, TASK)
    before = contents(folder)
    with pytest.raises(UsageError, match=f"has scores on {COUNT} samples of test.*those on 3"):
        save_to_model_folder(evaluate(folder, samples=3, variants=False), folder, TASK)
    assert contents(folder) == before


def test_as_many_samples_or_more_replace_them(folder, place, evaluate, plain):
    save_to_model_folder(evaluate(folder, samples=3, variants=False), folder, TASK)
    assert read_result(place).evaluation.samples == 3
    save_to_model_folder(plain, folder, TASK)
    other = evaluate(folder, seed=1, variants=False)
    save_to_model_folder(other, folder, TASK)
    assert read_result(place).evaluation == other.evaluation
    assert len(stored_evaluations(folder)) == 1


def test_each_split_has_a_number_of_samples_of_its_own(folder, place, evaluate, plain, both_splits):
    save_to_model_folder(plain, folder, TASK)
    few = evaluate(folder, split="validation", samples=3, cache=both_splits, variants=False)
    save_to_model_folder(few, folder, TASK)
    assert [e.samples for e in stored_evaluations(folder)] == [COUNT, 3]


def test_scores_of_earlier_weights_give_way_to_fewer_samples(folder, place, evaluate, plain):
    save_to_model_folder(plain, folder, TASK)
    model(DONORS, seed=1).save_pretrained(folder)
    assert stored_evaluations(folder) == []
    few = evaluate(folder, samples=3, variants=False)
    save_to_model_folder(few, folder, TASK)
    assert read_result(place).evaluation == few.evaluation


def test_where_the_samples_were_is_not_kept(folder, place, evaluate, built):
    result = evaluate(folder, data=str(built), variants=False)
    save_to_model_folder(result, folder, TASK)
    assert result.evaluation.source == str(built)
    assert read_result(place).evaluation == replace(result.evaluation, source="a built folder")
