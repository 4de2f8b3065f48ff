"""Evaluation: the same scores by every way, and all that is needed to get them again."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from eval_helpers import (
    CONFIGS,
    COUNT,
    DONORS,
    ENCODER,
    FOURIER,
    LANDSCAPE,
    NUMBERS,
    config,
    made_up,
    model,
    same,
    samples,
)

import mesoinv
from mesoinv.eval.scoring.evaluate import score_arrays
from mesoinv.eval.scoring.noise import add_noise
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared.transforms import Affine, Log, Pool
from mesoinv.zoo.model.predictions import predict_file


def task_of(declared):
    return get_task(declared.task)


@pytest.mark.parametrize("declared", CONFIGS, ids=lambda c: c.name)
def test_scores_are_those_of_the_arrays(declared, evaluate, report_cache):
    made, task = model(declared), task_of(declared)
    result = evaluate(made, task, variants=False)
    true = samples(report_cache, (*task.inputs, *task.truth), task.config)
    predicted = made.predict(true)
    named = predicted if isinstance(predicted, dict) else {task.targets[0].column: predicted}
    assert score_arrays(named, true, task.id) == result.evaluation.scores
    np.testing.assert_array_equal(result.table["index"], np.arange(COUNT))


@pytest.mark.parametrize("declared", [DONORS, LANDSCAPE, FOURIER], ids=lambda c: c.name)
def test_a_file_of_predictions_scores_like_its_model(declared, evaluate, built, tmp_path):
    made, task = model(declared), task_of(declared)
    path = tmp_path / "predictions.parquet"
    predict_file(made, built, path, config=task.config)
    result = evaluate(path, task)
    same(evaluate(made, task, variants=False), result, 1e-6)
    subject = result.evaluation.subject
    assert (subject.name, subject.parameters) == (declared.name, None)
    assert result.evaluation.variants == {}
    assert result.evaluation.speed is None


def test_samples_of_a_build_are_never_too_unlike(built, tmp_path):
    """A few landscapes close their source: they are samples of the split like others."""
    strict = replace(DONORS, inputs=[replace(DONORS.inputs[0], low=50.0, high=60.0)])
    path = tmp_path / "predictions.parquet"
    assert predict_file(model(strict), built, path, config="global") == COUNT
    np.save(tmp_path / "maps.npy", made_up("global")["pldos"])
    with pytest.raises(UsageError, match="Is it in that unit"):
        predict_file(model(strict), tmp_path / "maps.npy", path)


def test_a_file_may_say_nothing_about_itself(evaluate, plain, donors, report_cache, tmp_path):
    path = tmp_path / "mine.parquet"
    predicted = donors.predict(samples(report_cache, ("pldos",)))
    pq.write_table(pa.table({"index": np.arange(COUNT)} | predicted), path)
    result = evaluate(str(path))
    assert result.evaluation.subject.name == "mine"
    assert len(result.evaluation.subject.digest) == 64
    same(plain, result)


def test_every_evaluation_is_the_same(evaluate, plain, donors):
    again = evaluate(donors)
    same(plain, again)
    assert again.evaluation.variants == plain.evaluation.variants
    assert replace(again.evaluation, speed=None) == replace(plain.evaluation, speed=None)


def test_another_seed_moves_intervals_alone(evaluate, plain, donors):
    other = evaluate(donors, seed=1, variants=False)
    assert other.headline.value == plain.headline.value
    assert other.headline != plain.headline
    assert other.evaluation.seed == 1


@pytest.mark.parametrize("declared", [DONORS, ENCODER], ids=lambda c: c.name)
@pytest.mark.parametrize("batch_size", [1, 4])
def test_batches_do_not_matter(declared, batch_size, evaluate):
    made, task = model(declared), task_of(declared)
    whole = evaluate(made, task, variants=False)
    same(whole, evaluate(made, task, variants=False, batch_size=batch_size), 1e-4)


def test_pieces_do_not_matter(evaluate, plain, donors, built):
    """A built folder comes in its row groups, generated samples in larger pieces."""
    result = evaluate(donors, data=str(built))
    same(plain, result, 1e-6)
    for name, found in plain.evaluation.variants.items():
        theirs = result.evaluation.variants[name].scores["skill"].value
        assert theirs == pytest.approx(found.scores["skill"].value, abs=1e-6)
    assert result.evaluation.source == str(built)


def test_the_first_samples_are_the_first_samples(evaluate, plain, donors):
    result = evaluate(donors, samples=3)
    assert result.evaluation.samples == 3
    assert {found.samples for found in result.evaluation.variants.values()} == {3}
    np.testing.assert_allclose(result.table["error"], plain.table["error"][:3], rtol=1e-6)


def test_a_folder_and_a_model_are_the_same(evaluate, plain, donors, tmp_path):
    result = evaluate(donors.save_pretrained(tmp_path / "model"))
    same(plain, result)
    assert result.evaluation.subject.digest == plain.evaluation.subject.digest


def test_what_an_evaluation_says(plain, donors):
    known, task = plain.evaluation, get_task("pldos-donors")
    assert (known.task, known.task_digest, known.headline) == (task.id, task.digest, "skill")
    assert (known.config, known.split, known.samples) == ("global", "test", COUNT)
    assert list(known.scores)[: len(task.metrics)] == list(task.metrics)
    assert known.variants.keys() == task.variants.keys()
    assert known.subject.parameters == sum(p.numel() for p in donors.parameters())
    assert (known.subject.digest, known.subject.interface) == identity(donors)
    assert known.subject.legacy is None
    assert known.speed.samples_per_second > 0
    assert known.mesoinv == mesoinv.__version__
    assert plain.headline is known.scores["skill"]


def test_progress_counts_variants(evaluate, donors):
    moves = []
    evaluate(donors, progress=lambda done, total: moves.append((done, total)))
    assert moves[-1] == (5 * COUNT, 5 * COUNT)
    assert moves == sorted(moves)


def identity(made):
    return made.digest, made.config.interface


def test_weights_and_transforms_make_a_model(donors):
    others = [Affine([55.0, 1.1], [9.0, 0.3])]
    identities = {
        identity(m)
        for m in (
            donors,
            model(DONORS),
            model(DONORS, seed=1),
            model(config("donors-cnn.a", outputs=NUMBERS, output_transforms=others)),
            model(config("donors-cnn.a", outputs=NUMBERS, input_transforms=[Pool(16), Log(0.01)])),
        )
    }
    assert len(identities) == 4
    assert len({digest for digest, _ in identities}) == 2
    assert len({interface for _, interface in identities}) == 3


def test_variants_are_scored_on_their_own_samples(plain, donors, report_cache):
    found = plain.evaluation.variants
    assert set(found) == {"noise-1", "noise-10", "weaker", "stronger"}
    task = get_task("pldos-donors")
    true = samples(report_cache, ("pldos", "s", "n_d"), "weaker")
    own = dataclasses.replace(task, targets=task.targets_of("weaker"), variants={})
    assert [target.reference for target in own.targets] == [75.0, 0.45]
    expected = score_arrays(donors.predict(true, check_range=False), true, own)
    assert found["weaker"].scores == expected
    # always answering the best constant there has no skill, nor has the edge of what was learnt
    for constants, sign in (((75.0, 0.45), 0), ((70.0, 0.6), -1)):
        columns = zip(("s", "n_d"), constants, strict=True)
        answers = {name: np.full(COUNT, value) for name, value in columns}
        truth = {"s": np.linspace(70, 80, COUNT), "n_d": np.linspace(0.3, 0.6, COUNT)}
        skill = score_arrays(answers, truth, own)["skill"].value
        assert skill == pytest.approx(0, abs=1e-9) if sign == 0 else skill < -0.5
    true = samples(report_cache, ("pldos", "s", "n_d"))
    noisy = add_noise(true["pldos"], 0.1, task, "pldos", np.arange(COUNT))
    expected = score_arrays(donors.predict(noisy, check_range=False), true, task)
    assert found["noise-10"].scores == expected
    assert found["noise-10"].scores != plain.evaluation.scores


def test_variants_can_be_left_out(evaluate, plain, donors):
    without = evaluate(donors, variants=False)
    assert without.evaluation.variants == {}
    same(plain, without)
