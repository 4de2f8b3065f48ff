"""``mesoinv tasks``, ``evaluate`` and ``leaderboard`` as a user types them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from eval_helpers import COUNT, DONORS, NUMBERS, config, model, number
from typer.testing import CliRunner

from mesoinv import cli
from mesoinv.eval.board import rows as entries
from mesoinv.eval.scoring.results import read_result
from mesoinv.eval.tasks import FOLDER, get_task, list_tasks
from mesoinv.eval.tasks.task import Task
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared import models
from mesoinv.zoo.declared.evaluation import stored_evaluations

BOTH = config(
    "everything-cnn.a",
    task="pldos-everything",
    outputs=[
        *NUMBERS,
        number("potential_rms", 0.06, 0.16),
        number("correlation_length", 74, 122),
    ],
    output_transforms=[],
)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """No table is cut."""
    monkeypatch.setenv("COLUMNS", "250")


@pytest.fixture
def call(report_cache):
    """Run a command; evaluations are of the few samples there are."""

    def run(*arguments):
        given = [str(argument) for argument in arguments]
        if given[0] == "evaluate":
            given += ["--cache", str(report_cache), "--samples", str(COUNT)]
        done = CliRunner().invoke(cli.app, given)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


@pytest.fixture
def folder(donors, tmp_path):
    """A model's folder of one's own."""
    return donors.save_pretrained(tmp_path / "small")


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "mine.parquet"
    columns = {"index": np.arange(COUNT), "s": np.full(COUNT, 55.0), "n_d": np.full(COUNT, 1.05)}
    pq.write_table(pa.table(columns), path)
    return path


def without_speed(evaluation):
    return {name: value for name, value in evaluation.items() if name != "speed"}


def test_tasks(call):
    table = call("tasks").stdout
    for name in list_tasks():
        assert name in table
    assert "pldos → s, n_d" in table
    assert "pldos/global, 4000 of test" in table
    listed = json.loads(call("tasks", "--json").stdout)
    assert [task["id"] for task in listed] == list_tasks()
    (donors,) = [task for task in listed if task["id"] == "pldos-donors"]
    first = donors["targets"][0]
    assert (first["column"], first["unit"], first["reference"]) == ("s", "nm", 55.0)


def test_evaluate_prints_a_table(call, folder):
    text = call("evaluate", folder).stdout
    assert "pldos-donors-cnn.a on pldos-donors: 6 samples of pldos 1.0.0 global/test" in text
    assert "skill (ranks)" in text
    for name in get_task("pldos-donors").metrics:
        assert name in text
    assert "noise-10: Noise of 10 %" in text
    assert "samples/s on cpu" in text
    assert "noise-10" not in call("evaluate", folder, "--no-variants").stdout


def test_evaluate_prints_json(call, folder, plain):
    printed = call("evaluate", folder, "--json").stdout
    found = json.loads(printed)
    assert found["scores"]["skill"]["value"] == pytest.approx(plain.headline.value)
    assert found["task_digest"] == get_task("pldos-donors").digest
    assert list(found["variants"]) == ["noise-1", "noise-10", "weaker", "stronger"]
    again = json.loads(call("evaluate", folder, "--task", "pldos-donors", "--json").stdout)
    assert without_speed(again) == without_speed(found)


def test_out_keeps_the_evaluation(call, folder, plain, tmp_path):
    out = tmp_path / "deep" / "result"
    call("evaluate", folder, "--out", out)
    kept = read_result(out)
    assert kept.evaluation.scores == plain.evaluation.scores
    np.testing.assert_allclose(kept.table["error"], plain.table["error"], rtol=1e-7)


def test_predictions_are_scored(call, predictions, tmp_path):
    found = json.loads(call("evaluate", predictions, "--task", "pldos-donors", "--json").stdout)
    assert found["scores"]["skill"]["value"] == 0
    assert (found["subject"]["name"], found["variants"]) == ("mine", {})
    with pytest.raises(UsageError, match=r"--task .*pldos-donors"):
        call("evaluate", predictions)
    with pytest.raises(UsageError, match="for predictions take --out"):
        call("evaluate", predictions, "--task", "pldos-donors", "--save")


def test_save_of_some_samples_says_so(call, folder):
    config = (folder / "config.json").read_bytes()
    call("evaluate", folder, "--save", "--no-variants")
    (kept,) = stored_evaluations(folder)
    assert (kept.split, kept.samples, kept.task) == ("test", COUNT, "pldos-donors")
    assert kept.command == "mesoinv evaluate pldos-donors-cnn.a --task pldos-donors --samples 6"
    assert "skill" in kept.scores
    assert kept.command in (folder / "README.md").read_text()
    assert (folder / "config.json").read_bytes() == config  # scores are kept once


def test_save_of_the_whole_split_keeps_the_evaluation(call, folder, plain, monkeypatch):
    monkeypatch.setattr(Task, "samples", property(lambda _: COUNT))
    for _ in range(2):
        call("evaluate", folder, "--save")
    kept = read_result(folder / "evaluation" / "pldos-donors")
    assert kept.evaluation.scores == plain.evaluation.scores
    (stored,) = stored_evaluations(folder)
    assert stored.command == "mesoinv evaluate pldos-donors-cnn.a --task pldos-donors"
    assert f"`{stored.command}`" in (folder / "README.md").read_text()
    call("evaluate", folder, "--data", "generate")  # the model is still one


def test_save_needs_a_folder_of_ones_own(call, folder, monkeypatch):
    monkeypatch.setattr(models, "_download", lambda *_: folder)
    with pytest.raises(UsageError, match="--save has no folder of yours"):
        call("evaluate", "somebody/model", "--save")
    assert "skill" in call("evaluate", "somebody/model").stdout


def test_against(call, folder, predictions):
    arguments = ("evaluate", folder, "--task", "pldos-donors", "--no-variants")
    text = call(*arguments, "--against", predictions).stdout
    assert "the other's" in text
    assert "difference" in text
    found = json.loads(call(*arguments, "--against", predictions, "--json").stdout)
    other = found["against"]["evaluation"]
    difference = found["against"]["differences"]["s rmse"]
    assert other["subject"]["name"] == "mine"
    assert difference["value"] == pytest.approx(
        found["scores"]["s rmse"]["value"] - other["scores"]["s rmse"]["value"]
    )
    same = json.loads(call(*arguments, "--against", folder, "--json").stdout)
    assert all(d["low"] == d["high"] == 0 for d in same["against"]["differences"].values())


def test_a_task_of_ones_own(call, folder, tmp_path):
    path = tmp_path / "mine.yaml"
    text = (FOLDER / "pldos-donors.yaml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    call("evaluate", folder, "--no-variants", "--save")
    arguments = ("evaluate", folder, "--task", path, "--no-variants", "--save")
    found = json.loads(call(*arguments, "--against", folder, "--json").stdout)
    assert found["task"] == "mine"
    assert {e.task for e in stored_evaluations(folder)} == {"pldos-donors", "mine"}


def test_the_task_that_fits_is_the_default(call, folder, tmp_path):
    assert json.loads(call("evaluate", folder, "--json").stdout)["task"] == "pldos-donors"
    both = model(BOTH).save_pretrained(tmp_path / "both")
    with pytest.raises(UsageError, match="Those that fit: pldos-donors, pldos-statistics"):
        call("evaluate", both)
    assert "skill" in call("evaluate", both, "--task", "pldos-statistics", "--no-variants").stdout
    small = model(replace(DONORS, outputs=DONORS.outputs[:1]))
    with pytest.raises(UsageError, match="Those that fit: none"):
        call("evaluate", small.save_pretrained(tmp_path / "one"))


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("--task", "pldos-donor"), "Did you mean 'pldos-donors'", 2),
        (("--task", "pldos-fourier"), "the task wants fourier", 2),
        (("--split", "tset"), "Did you mean 'test'", 2),
        (("--device", "gpu"), "gpu", 2),
        (("--samples", "1"), "--samples", 2),
        (("--samples", "4001"), "test has 4000 samples", 2),
        (("--split", "held-out"), "--key-file KEY", 2),
        (("--data", "built", "--no-variants"), "holds 0 samples of global/test", 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_exit_codes(arguments, message, code, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "built").mkdir()
    monkeypatch.setattr(sys, "argv", ["mesoinv", "evaluate", str(folder), *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == code
    assert message in capsys.readouterr().err


# the board


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """Two small models under names of the zoo."""
    names = ["pldos-donors-cnn.16k", "pldos-donors-constant.16k"]
    for seed, name in enumerate(names):
        kind = "constant" if "constant" in name else "conv_regressor"
        parts = DONORS.hyperparameters if seed == 0 else {}
        declared = replace(DONORS, name=name, architecture=kind, hyperparameters=parts)
        model(declared, seed).save_pretrained(tmp_path / "weights" / name)
    monkeypatch.setattr(models, "LOCAL_WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(entries, "list_models", lambda: names)
    return names


def test_leaderboard(call, zoo, report_cache, tmp_path):
    site, results = tmp_path / "site", tmp_path / "results"
    arguments = (
        "leaderboard", "build", "--task", "pldos-donors", "--samples", COUNT, "--cache",
        report_cache, "--results", results, "--out", site,
    )  # fmt: skip
    done = call(*arguments)
    assert "3 rows on 1 boards" in done.stdout
    assert (site / "index.html").is_file()
    assert {p.name for p in (results / "test" / "pldos-donors").iterdir()} == set(zoo)
    assert "pldos-donors: pldos-donors-cnn.16k" in done.stderr
    assert "pldos-donors: pldos-donors-cnn.16k" not in call(*arguments).stderr  # kept
    assert "pldos-donors: pldos-donors-cnn.16k" in call(*arguments, "--fresh").stderr

    shown = call("leaderboard", "show", site, "--task", "pldos-donors").stdout
    (board,) = json.loads(call("leaderboard", "show", site, "--json").stdout)["tasks"]
    kinds = {row["name"]: row["kind"] for row in board["rows"]}
    assert kinds == {
        zoo[0]: "baseline",
        zoo[1]: "trivial",
        "Percebois & Weinmann 2021, CNN": "paper",
    }
    for name in kinds:
        assert name in shown
    values = [row["scores"]["skill"]["value"] for row in board["rows"]]
    assert values == sorted(values, reverse=True)
    ranks = {row["kind"]: row["rank"] for row in board["rows"]}
    assert ranks["paper"] is None
    assert {ranks["baseline"], ranks["trivial"]} in ({1}, {1, 2})
    assert (board["samples"], board["headline"]) == (COUNT, "skill")
    with pytest.raises(UsageError, match=r"holds no board\.json: build it"):
        call("leaderboard", "show", results)
