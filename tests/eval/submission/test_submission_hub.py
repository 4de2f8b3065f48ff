"""A submission's way onto the board: the unmodified client against the loopback Hub."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from loopback_hub import Account, LoopbackHub, drive
from submission_helpers import TASK, toy_model, toy_task, with_predictions, write_yaml

from mesoinv.eval.submission import proposing
from mesoinv.eval.submission.proposing import Proposal, PullRequest, propose

HERE = Path(__file__).parents[1]
MODEL = "someone/toy-net"
PLACE = f"submissions/{TASK}/my-net.v1"
TIMEOUT = 60.0

#: Runs the command as often as asked: what it imports is slow, so one process serves all tests.
SERVER = """
import json, os, sys, torch, typer
from typer.testing import CliRunner
from mesoinv.commands.submit import register
from mesoinv.eval.submission import check
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import MesoinvError
torch.set_num_threads(1)
task = get_task(os.environ["TASK_FILE"])
check.known_tasks = lambda: {task.id: task}
app = typer.Typer()
register(app)
for line in sys.stdin:
    token, arguments = json.loads(line)
    os.environ.pop("HF_TOKEN", None)
    if token is not None:
        os.environ["HF_TOKEN"] = token
    done = CliRunner().invoke(app, arguments)
    error = done.exception
    if isinstance(error, MesoinvError):
        answer = [error.exit_code, str(error)]
    elif error is None or isinstance(error, SystemExit):
        answer = [done.exit_code, done.stdout]
    else:
        raise error
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture(scope="module")
def hub():
    """One Hub for all tests: each has a board of its own."""
    tokens = {
        "hf_writer": Account("mesoinv-bot", orgs=("mesoinv",)),
        "hf_member": Account("member", orgs=("mesoinv",), role="read"),
        "hf_author": Account("someone"),
    }
    with LoopbackHub(tokens) as running:
        yield running


@pytest.fixture(scope="module")
def server(hub, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    toy_task(home)
    paths = os.pathsep.join(map(str, (HERE, HERE.parent, HERE.parent / "zoo")))
    env = hub.environment(home) | {"PYTHONPATH": paths, "TASK_FILE": str(home / f"{TASK}.yaml")}
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.stdin.close()


class Author:
    """Somebody with a submission and a token; the board is a stranger's."""

    def __init__(self, server, folder, board):
        self.server, self.folder, self.board = server, folder, board
        self.token, self.cache = "hf_author", folder.parent / "cache"

    def run(self, *arguments):
        """Return exit code and output (or the error's text)."""
        given = [str(self.folder), "--cache", str(self.cache), "--repo", self.board, *arguments]
        print(json.dumps([self.token, given]), file=self.server.stdin, flush=True)
        assert select.select([self.server.stdout], [], [], TIMEOUT)[0], "no answer"
        return json.loads(self.server.stdout.readline())


@pytest.fixture
def author(hub, server, tmp_path, request):
    hub.faults.clear()
    board = f"mesoinv/board-{request.node.name.replace('_', '-')[:60]}"
    hub.seed("datasets", board, {"README.md": b"---\nlicense: cc-by-4.0\n---\n"})
    return Author(server, with_predictions(tmp_path / "mine"), board)


@pytest.fixture(scope="module")
def model_files(tmp_path_factory):
    folder = toy_model().save_pretrained(tmp_path_factory.mktemp("model"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def merge(hub, board, number=1):
    hub.repository("datasets", board).discussions[number - 1].merge("mesoinv-bot")


def requests(hub, repo, kind="datasets"):
    return [(one.num, one.title, one.status) for one in hub.repository(kind, repo).discussions]


def test_from_a_folder_to_the_board(hub, author):
    board = author.board
    code, text = author.run("--dry-run")
    assert code == 0
    assert "my-net.v1 on toy-strength: skill 0.9" in text
    assert f"Would open a pull request on {board}: Submit my-net.v1 to {TASK}" in text
    assert "Nothing was changed" in text
    assert requests(hub, board) == []

    code, text = author.run()
    assert code == 0
    assert f"Opened: {hub.endpoint}/datasets/{board}/discussions/1" in text
    assert requests(hub, board) == [(1, f"Submit my-net.v1 to {TASK}", "open")]
    names = {"submission.yaml", "predictions.parquet", "evaluation.json"}
    proposed = set(hub.files("datasets", board, "refs/pr/1"))
    assert proposed == {"README.md", *(f"{PLACE}/{name}" for name in names)}
    evaluation = json.loads(hub.file("datasets", board, f"{PLACE}/evaluation.json", "refs/pr/1"))
    assert evaluation["subject"]["name"] == "my-net.v1"
    assert evaluation["scores"]["skill"]["value"] > 0.9

    code, text = author.run()
    assert code == 0
    assert "A pull request with these files is open already" in text
    code, text = author.run("--update")
    assert code == 2
    assert f"Nothing on {board} is named" in text

    # another text before anybody merged: the open pull request is continued
    write_yaml(author.folder, notes="A better text.")
    (author.folder / "README.md").write_text("Mine")
    code, text = author.run()
    assert "The files of the open pull request were replaced" in text
    assert b"better" in hub.file("datasets", board, f"{PLACE}/submission.yaml", "refs/pr/1")
    assert len(requests(hub, board)) == 1


def test_updates(hub, author):
    board = author.board
    (author.folder / "README.md").write_text("Mine")
    author.run()
    merge(hub, board)
    hub.requests.clear()
    code, text = author.run()
    assert code == 2
    assert hub.count("discussions") == 0  # asked before anything is scored
    assert f"{TASK}/my-net.v1 is on {board} already" in text
    assert "--update" in text
    code, text = author.run("--update")
    assert code == 0
    assert "has these files already, so no pull request was opened" in text

    (author.folder / "README.md").unlink()
    write_yaml(author.folder, notes="An even better text.")
    code, text = author.run("--update", "--json")
    assert json.loads(text)["board"]["action"] == "opened"
    assert requests(hub, board)[1:] == [(2, f"Update my-net.v1 on {TASK}", "open")]
    merge(hub, board, 2)
    assert f"{PLACE}/README.md" not in hub.files("datasets", board)
    assert b"even better" in hub.file("datasets", board, f"{PLACE}/submission.yaml")

    write_yaml(author.folder, name="MY-NET.V1")
    code, text = author.run("--no-score", "--dry-run")
    assert code == 2
    assert "also but for case" in text


def test_a_model_of_the_hub(hub, author, model_files, tmp_path):
    board = author.board
    commit = hub.seed("models", MODEL, model_files | {"pytorch_model.bin": b"code"})
    scored = hub.seed("datasets", "mesoinv/toy", {"eval.yaml": b"name: toy\n"}, tag="v1.0.0")
    hub.seed("datasets", "mesoinv/toy", {"README.md": b"# A newer commit\n"})
    (author.folder / "predictions.parquet").unlink()
    write_yaml(author.folder, predictions=None, hub_model=MODEL, revision=commit)

    # the Hub fails when the first of two pull requests is open
    hub.faults.fail(500, f"POST /api/models/{MODEL}/commit", times=20)
    code, text = author.run()
    hub.faults.clear()
    assert code == 1
    assert f"{board}/discussions/1" in text
    assert f"{MODEL} does not yet" in text
    assert "Run the same command again" in text
    assert "mesoinv push" not in text

    _, text = author.run()
    assert "A pull request with these files is open already" in text
    assert f"Opened: {hub.endpoint}/{MODEL}/discussions/1" in text
    _, text = author.run()
    assert text.count("A pull request with these files is open already") == 2
    assert len(requests(hub, board)) == 1
    assert len(requests(hub, MODEL, "models")) == 1
    assert hub.count("pytorch_model.bin") == 0

    merge(hub, board)
    hub.repository("models", MODEL).discussions[0].merge("someone")
    (entry,) = yaml.safe_load(hub.file("models", MODEL, f".eval_results/{TASK}.yaml"))
    assert entry["dataset"] == {"id": "mesoinv/toy", "task_id": TASK, "revision": scored}
    assert entry["source"]["url"] == f"{hub.endpoint}/datasets/{board}/discussions/1"
    evaluation = json.loads(hub.file("datasets", board, f"{PLACE}/evaluation.json"))
    assert entry["value"] == evaluation["scores"]["skill"]["value"]
    assert "(95 %)" in entry["notes"]
    shown = drive(
        hub,
        tmp_path / "anybody",
        f"""
        (row,) = api.get_dataset_leaderboard("mesoinv/toy")
        result["row"] = [row.rank, row.model_id, row.value]
        (entry,) = api.model_info({MODEL!r}, expand=["evalResults"]).eval_results
        result["entry"] = [entry.task_id, entry.value]
        """,
    )
    assert shown["row"] == [1, MODEL, entry["value"]]
    assert shown["entry"] == [TASK, entry["value"]]
    _, text = author.run("--update")
    assert text.count("has these files already, so no pull request was opened") == 2


def test_models_of_the_hub_that_are_refused(hub, author, model_files):
    hidden = hub.seed("models", "someone/hidden", model_files, private=True)
    empty = hub.seed("models", "someone/empty", {"config.json": b"{}"})
    large = {"config.json": bytes(1_000_001)}
    large = hub.seed("models", "someone/large", model_files | large)
    wrong = hub.seed("models", "someone/wrong", model_files | {"config.json": b"{}"})
    (author.folder / "predictions.parquet").unlink()
    cases = {
        ("someone/hidden", hidden): "no public model someone/hidden",
        ("someone/nothing", hidden): "no public model someone/nothing",
        ("someone/empty", empty): "has no model.safetensors",
        ("someone/empty", "0" * 40): "has no commit 000",
        ("someone/large", large): "config.json has 1.0 MB; allowed are 1 MB",
        ("someone/wrong", wrong): "config.json: is damaged or of another format",
    }
    for (repo, revision), part in cases.items():
        write_yaml(author.folder, predictions=None, hub_model=repo, revision=revision)
        hub.requests.clear()
        code, text = author.run("--dry-run", "--no-score")
        assert code == 2
        assert part in text
        assert (hub.count("/resolve/") == 0) == (repo != "someone/wrong")


def test_a_model_of_somebody_else(hub, author, model_files):
    """Its owner would find a score proposed there that nobody of theirs asked for."""
    commit = hub.seed("models", "stranger/net", model_files)
    (author.folder / "predictions.parquet").unlink()
    write_yaml(author.folder, predictions=None, hub_model="stranger/net", revision=commit)
    code, text = author.run()
    assert code == 2
    assert "stranger/net belongs to stranger, and you are someone" in text
    assert requests(hub, author.board) == []
    assert requests(hub, "stranger/net", "models") == []


def test_who_may_not(hub, author):
    author.token = None
    code, text = author.run()
    assert code == 2
    assert "You are not logged in" in text
    assert "hf auth login" in text
    code, text = author.run("--dry-run", "--no-score")
    assert code == 0
    assert "the Hub was not asked: You are not logged in" in text
    author.token = "hf_member"  # it may only read
    code, text = author.run()
    assert code == 1
    assert f"You may not write to {author.board}" in text
    author.token = "hf_unknown"
    code, text = author.run()
    assert code == 1
    assert "does not accept this login" in text
    assert requests(hub, author.board) == []


def test_no_such_board(author):
    author.board = "mesoinv/nothing"
    code, text = author.run()
    assert code == 2
    assert "There is no dataset repository mesoinv/nothing" in text
    author.board = "leaderboard"
    code, text = author.run()
    assert code == 2
    assert "owner/name" in text


def test_a_submission_has_a_score(author):
    code, text = author.run("--no-score")
    assert code == 2
    assert "--no-score --dry-run" in text


def test_a_lost_network(hub, author):
    hub.faults.drop_connection("", times=1000)
    code, text = author.run()
    hub.faults.clear()
    assert code == 1
    assert "Run the same `mesoinv submit` again" in text


def test_an_answer_that_was_lost(hub, author):
    """The Hub opened the pull request, and the author never heard of it."""
    hub.faults.drop_connection(f"POST /api/datasets/{author.board}/commit", when="response")
    code, text = author.run()
    assert code == 1
    assert "Run the same `mesoinv submit` again" in text
    code, text = author.run()
    assert code == 0
    assert "A pull request with these files is open already" in text
    assert len(requests(hub, author.board)) == 1


def test_a_commit_that_the_client_skips(monkeypatch):
    """The client opens nothing where nothing changes, and then gives no address."""
    api = SimpleNamespace(
        endpoint="https://example.org",
        get_repo_discussions=lambda *_args, **_options: [],
        create_commit=lambda *_args, **_options: SimpleNamespace(pr_url=None),
    )
    monkeypatch.setattr(proposing, "files_below", lambda *_: {})
    proposal = Proposal("dataset", "a/b", "x", {"x/y": b"z"}, "Title", "", ("Title",))
    assert propose(api, proposal, "me") == PullRequest("a/b", "Title", None, "unchanged")


def test_digests_of_files_and_bytes_agree(tmp_path):
    (tmp_path / "x").write_bytes(b"abc" * 1000)
    assert proposing.digests(tmp_path / "x") == proposing.digests(b"abc" * 1000)


def test_the_title_of_somebody_else(hub, author, tmp_path):
    drive(
        hub,
        tmp_path / "other",
        f"""
        api.create_commit({author.board!r}, [add("x.txt", b"x")], repo_type="dataset",
                          create_pr=True, commit_message="Submit my-net.v1 to {TASK}")
        """,
        "hf_writer",
    )
    code, text = author.run()
    assert code == 2
    assert "mesoinv-bot has the pull request" in text
    assert len(requests(hub, author.board)) == 1


def test_init(author):
    code, text = author.run("--init", "pldos-donors")
    assert code == 2
    assert "exists already" in text
    (author.folder / "submission.yaml").unlink()
    code, text = author.run("--init", "pldos-donor")
    assert "Did you mean 'pldos-donors'" in text
    code, text = author.run("--init", "pldos-donors")
    assert code == 0
    assert "fill it in" in text
    made = yaml.safe_load((author.folder / "submission.yaml").read_bytes())
    assert made["task"] == "pldos-donors"
