"""A board of submissions: good ones ranked, wrong ones listed, all from a folder or the Hub."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from eval_helpers import COUNT
from eval_helpers import samples as kept
from loopback_hub import json_result, run_client
from submission_helpers import write_yaml

from mesoinv.eval import submission
from mesoinv.eval.board.build import build_board, read_board
from mesoinv.eval.board.rows import BoardOptions
from mesoinv.eval.board.site import write_site
from mesoinv.eval.board.submissions import board_folder
from mesoinv.eval.scoring import selection
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.extras import MissingExtraError
from mesoinv.generators.pipeline.held_out.secret import new_key
from mesoinv.generators.pipeline.loading.source import SampleSource

TASK = "pldos-donors"


@pytest.fixture(scope="session")
def true(report_cache):
    """The labels of the first test samples."""
    return kept(report_cache, ("s", "n_d"))


@pytest.fixture
def submit(tmp_path, true):
    """Write a submission whose errors are `size` times the spread of the labels."""

    def write(name, size, **changes):
        folder = tmp_path / "copy" / "submissions" / TASK / name
        declared = {"task": TASK, "name": name} | changes
        write_yaml(folder, **declared)
        error = size * np.sin(1 + np.arange(COUNT))
        columns = {k: (v + error * v.std()).astype(np.float32) for k, v in true.items()}
        table = pa.table({"index": np.arange(COUNT), **columns})
        pq.write_table(table, folder / "predictions.parquet")
        return folder

    write.root = tmp_path / "copy"
    return write


@pytest.fixture
def build(tmp_path, report_cache, submit):
    """Build the board of the submissions alone; `said` are those that were scored now."""

    def run(**changes):
        run.said.clear()
        options = BoardOptions(
            tmp_path / "results",
            SampleSource(cache=report_cache),
            samples=COUNT,
            log=run.said.append,
        )
        root = board_folder(str(submit.root), tmp_path / "results")
        (board,) = build_board(root, [TASK], options, zoo=False, **changes).tasks
        return board

    run.said = []
    return run


def test_submissions_are_ranked(submit, build):
    submit("good", 0.05)
    submit("bad", 0.9, paper="https://example.org/paper", parameters=7)
    board = build()
    rows = [row for row in board.rows if row.kind == "submission"]
    assert [(row.name, row.rank) for row in rows] == [("good", 1), ("bad", 2)]
    assert rows[1].links == {"paper": "https://example.org/paper"}
    assert (rows[1].parameters, rows[1].training_samples) == (7, 1000)
    assert rows[0].authors == ["Ada Löwe", "李 明"]
    assert len(rows[0].quantiles) == 101
    assert board.rejected == []
    assert [row.name for row in board.rows if row.kind == "paper"]


def test_what_was_computed_has_no_rank(submit, build):
    submit("learnt", 0.5, learnt=True)
    submit("solver", 0.0, learnt=False)
    rows = [row for row in build().rows if row.kind != "paper"]
    assert [(row.name, row.kind, row.rank) for row in rows] == [
        ("solver", "computed", None), ("learnt", "submission", 1),
    ]  # fmt: skip


def test_what_was_scored_is_kept_until_it_changes(submit, build):
    submit("one", 0.1)
    submit("two", 0.2)
    first = build()
    assert build.said == [f"{TASK}: one", f"{TASK}: two"]
    assert build() == first
    assert build.said == []
    submit("two", 0.3)
    assert build() != first
    assert build.said == [f"{TASK}: two"]


def test_the_name_of_a_baseline_is_refused(submit, build):
    submit("pldos-donors-cnn.16k", 0.1)
    (rejected,) = build().rejected
    assert "pldos-donors-cnn.16k is that of a baseline" in rejected.reason


def test_the_same_file_twice_has_one_rank(submit, build):
    for name, date in {"later": "2026-11-21", "first": "2026-11-20", "zz": "2026-11-20"}.items():
        submit(name, 0.1, date=date)
    submit("other", 0.2)
    board = build()
    assert [row.name for row in board.rows if row.kind == "submission"] == ["first", "other"]
    assert {(r.submission, r.reason) for r in board.rejected} == {
        (f"{TASK}/{name}", "It holds the same file as first, which was there before.")
        for name in ("later", "zz")
    }


def spoil_with_a_link(folder):
    (folder / "predictions.parquet").unlink()
    (folder / "predictions.parquet").symlink_to("/etc/passwd")


def spoil_with_nan(folder):
    table = pq.read_table(folder / "predictions.parquet")
    spoiled = table.set_column(1, "s", pa.array([np.nan] * COUNT))
    pq.write_table(spoiled, folder / "predictions.parquet")


SPOILERS = {
    "link": (spoil_with_a_link, "link"),
    "nan": (spoil_with_nan, "Row 0"),
    "pickle": (lambda folder: (folder / "model.pkl").write_bytes(b"x"), "model.pkl"),
    "yaml": (lambda folder: (folder / "submission.yaml").write_text("a: [&x 1, *x]"), "alias"),
    "digits": (
        lambda folder: (folder / "submission.yaml").write_text(f"parameters: 0x{'f' * 5000}"),
        "a number of 6021 digits",
    ),
    "place": (lambda folder: folder.rename(folder.with_name("elsewhere")), "elsewhere"),
}


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_wrong_submission_leaves_the_board_intact(spoil, submit, build, tmp_path):
    submit("good", 0.1)
    change, reason = SPOILERS[spoil]
    change(submit("wrong", 0.1))
    board = build()
    assert [row.name for row in board.rows if row.kind == "submission"] == ["good"]
    (rejected,) = board.rejected
    assert rejected.submission.startswith(f"{TASK}/")
    assert reason in rejected.reason


def test_a_submission_that_fails_in_its_own_way_leaves_the_board_intact(submit, build, monkeypatch):
    submit("good", 0.1)
    submit("odd", 0.1)
    read = submission.read_submission

    def fail(folder, **options):
        if folder.name == "odd":
            raise RuntimeError("nobody\x1b[2J thought of this")
        return read(folder, **options)

    monkeypatch.setattr(submission, "read_submission", fail)
    board = build()
    assert [row.name for row in board.rows if row.kind == "submission"] == ["good"]
    (rejected,) = board.rejected
    assert rejected.submission == f"{TASK}/odd"
    assert rejected.reason == ("It cannot be read: RuntimeError: nobody\\x1b[2J thought of this.")


def test_a_network_that_fails_leaves_the_board_intact(submit, build, monkeypatch):
    submit("good", 0.1)

    def fail(*_args, **_options):
        raise MesoinvError("The model predicts NaN or infinity for sample 3.")

    monkeypatch.setattr(submission, "score_submission", fail)
    board = build()
    assert [row.kind for row in board.rows] == ["paper"]
    assert "sample 3" in board.rejected[0].reason


def test_what_this_machine_lacks_is_no_reason_to_refuse_a_submission(submit, build, monkeypatch):
    submit("good", 0.1)

    def fail(*_args, **_options):
        raise MissingExtraError("Checking a model needs packages that are not installed: torch.")

    monkeypatch.setattr(submission, "score_submission", fail)
    with pytest.raises(MissingExtraError, match="torch"):
        build()


def test_a_site_is_read_back(submit, report_cache, tmp_path):
    submit("good", 0.1)
    options = BoardOptions(tmp_path / "results", SampleSource(cache=report_cache), samples=COUNT)
    board = build_board(submit.root / "submissions", [TASK], options, zoo=False)
    write_site(board, tmp_path / "site")
    assert read_board(tmp_path / "site") == board


FROM_HUB = """
import json, sys
from pathlib import Path
from huggingface_hub import HfApi
from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.rows import BoardOptions
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.eval.board.submissions import board_folder
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.extras import MissingExtraError
from mesoinv.generators.pipeline.held_out.secret import new_key

root, cache, results = map(Path, {paths})
api = HfApi()
api.create_repo("mesoinv/leaderboard", repo_type="dataset")
api.upload_folder(folder_path=root, repo_id="mesoinv/leaderboard", repo_type="dataset")
def names():
    folder = board_folder("mesoinv/leaderboard", results)
    options = BoardOptions(results, SampleSource(cache=cache), samples={count})
    (board,) = build_board(folder, ["pldos-donors"], options, zoo=False).tasks
    return [row.name for row in board.rows if row.kind == "submission"]

found = [names()]
gone = "submissions/pldos-donors/two"
api.delete_folder(gone, "mesoinv/leaderboard", repo_type="dataset")
found.append(names())
try:
    board_folder("mesoinv/nothing", results)
except MesoinvError as error:
    found.append(str(error))
print(json.dumps(found))
"""


def test_a_board_of_the_hub(submit, report_cache, tmp_path, hub):
    """What was taken off the Hub is not on the next board."""
    submit("one", 0.1)
    submit("two", 0.2)
    paths = [str(submit.root), str(report_cache), str(tmp_path / "results")]
    code = FROM_HUB.format(paths=json.dumps(paths), count=COUNT)
    environment = hub.environment(tmp_path / "home", "hf_writer")
    first, second, missing = json_result(run_client(code, environment, timeout=120))
    assert (first, second) == (["one", "two"], ["one"])
    assert "mesoinv/nothing is not a folder" in missing


def test_a_board_of_a_held_out_split(report_cache, tmp_path, monkeypatch, true):
    """Nothing of it is taken for the public split, nor the other way round."""
    key = tmp_path / "secret.key"
    new_key(key)
    secret = {"s": true["s"][::-1], "n_d": true["n_d"][::-1]}
    monkeypatch.setattr(
        selection,
        "held_out_samples",
        lambda _dataset, _config, _key, rows, names, **_: {n: secret[n][rows] for n in names},
    )
    root = tmp_path / "submissions"
    folder = write_yaml(root / TASK / "one", task=TASK, name="one")
    table = pa.table({"index": np.arange(COUNT), **{n: v.astype("f4") for n, v in secret.items()}})
    pq.write_table(table, folder / "predictions.parquet")
    found = {}
    for split in ("held-out", None):
        options = BoardOptions(
            tmp_path / "results", SampleSource(cache=report_cache), samples=COUNT, split=split,
            key_file=key if split else None,
        )  # fmt: skip
        (board,) = build_board(root, [TASK], options, zoo=False).tasks
        (row,) = [row for row in board.rows if row.kind == "submission"]
        found[board.split] = row.scores["skill"].value
    assert found["held-out"] == pytest.approx(1.0, abs=1e-6)
    assert found["test"] < 0.5
