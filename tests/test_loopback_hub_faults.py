"""The loopback Hub under the unmodified clients: pull requests, leaderboards, faults."""

import json
import urllib.error
import urllib.request

import pytest
from loopback_hub import Account, ClientFailedError, LoopbackHub, drive, run_client

TOY = "mesoinv/toy"


def test_pull_request_from_a_visitor_is_merged(hub, tmp_path):
    hub.seed("models", "mesoinv/net", {"README.md": b"# Net\n", "a.txt": b"old\n"})
    result = drive(
        hub,
        tmp_path,
        """
        M, visitor, writer = "mesoinv/net", HfApi(token="hf_reader"), HfApi(token="hf_writer")

        def propose(*operations):
            return visitor.create_commit(
                M, operations, commit_message="Propose", commit_description="Why", create_pr=True)

        one = propose(add("a.txt", b"new\\n"), add("w.safetensors", b"weights"))
        page = one.repo_url.url + "/discussions/1"
        result["one"] = [one.pr_num, one.pr_revision, one.pr_url == page]
        result["no-op"] = propose(add("a.txt", b"old\\n")).pr_url
        propose(add("a.txt", b"third\\n"))
        result["listed"] = [
            [d.num, d.status, d.author, d.is_pull_request] for d in writer.get_repo_discussions(M)]
        visitor.upload_file(
            repo_id=M, path_or_fileobj=b"m", path_in_repo="more.txt", revision="refs/pr/1")
        result["foreign ref"] = refused(
            HfApi(token="hf_member").upload_file, repo_id=M, path_or_fileobj=b"m",
            path_in_repo="x", revision="refs/pr/1")
        result["visitor merges"] = refused(visitor.merge_pull_request, M, 1)
        writer.comment_discussion(M, 1, "Thank you")
        writer.merge_pull_request(M, 1, comment="Merged")
        done = writer.get_discussion_details(M, 1)
        result["done"] = [done.status, done.target_branch, done.conflicting_files,
                          [e.type for e in done.events]]
        result["merge commit"] = done.merge_commit_oid == writer.model_info(M).sha
        late = writer.get_discussion_details(M, 2)
        result["late"] = [late.conflicting_files, late.diff.splitlines()[-2:]]
        result["conflict"] = refused(writer.merge_pull_request, M, 2)
        writer.change_discussion_status(M, 2, "closed", comment="Superseded")
        result["open"] = [d.num for d in writer.get_repo_discussions(M, discussion_status="open")]
        talk = visitor.create_discussion(M, "A question", description="How?")
        result["talk"] = [talk.num, talk.is_pull_request, talk.events[0].content]
        """,
        token="hf_writer",
    )
    assert result == {
        "one": [1, "refs/pr/1", True],
        "no-op": None,
        "listed": [[2, "open", "visitor", True], [1, "open", "visitor", True]],
        "foreign ref": ["HfHubHTTPError", 403],
        "visitor merges": ["HfHubHTTPError", 403],
        "done": [
            "merged",
            "refs/heads/main",
            [],
            ["comment", "commit", "commit", "comment", "status-change", "comment"],
        ],
        "merge commit": True,
        "late": [["a.txt"], ["-old", "+third"]],
        "conflict": ["HfHubHTTPError", 409],
        "open": [],
        "talk": [3, False, "How?"],
    }
    assert hub.file("models", "mesoinv/net", "a.txt") == b"new\n"
    assert hub.file("models", "mesoinv/net", "w.safetensors") == b"weights"
    assert hub.file("models", "mesoinv/net", "more.txt") == b"m"


def eval_yaml(value, dataset=TOY, task="landscape"):
    return json.dumps([{"dataset": {"id": dataset, "task_id": task}, "value": value}]).encode()


def test_evaluation_results_and_leaderboard(hub, tmp_path):
    hub.seed("datasets", TOY, {"eval.yaml": b"name: Toy\n"})
    hub.seed("datasets", "mesoinv/plain", {"a.txt": b"a"})
    hub.seed("models", "mesoinv/net", {".eval_results/toy.yaml": eval_yaml(0.5)})
    hub.seed("models", "mesoinv/bad", {".eval_results/toy.yaml": eval_yaml("high")})
    hub.seed("models", "visitor/best", {".eval_results/toy.yaml": eval_yaml(0.9)})
    hub.seed("models", "visitor/other", {".eval_results/o.yaml": eval_yaml(1.0, "a/b")})
    result = drive(
        hub,
        tmp_path,
        f"""
        api.create_repo("mesoinv/pr")
        api.create_commit(
            "mesoinv/pr", [add(".eval_results/toy.yaml", {eval_yaml(0.7)!r})],
            commit_message="Result", create_pr=True)
        result["board"] = [
            [row.rank, row.model_id, row.value, row.pull_request]
            for row in api.get_dataset_leaderboard("mesoinv/toy")]
        for name in "net", "bad":
            info = api.model_info(f"mesoinv/{{name}}", expand=["evalResults"])
            result[name] = [[e.dataset_id, e.task_id, e.value] for e in info.eval_results]
        result["no benchmark"] = refused(api.get_dataset_leaderboard, "mesoinv/plain")
        """,
        token="hf_writer",
    )
    assert result == {
        "board": [
            [1, "visitor/best", 0.9, None],
            [2, "mesoinv/pr", 0.7, 1],
            [3, "mesoinv/net", 0.5, None],
        ],
        "net": [[TOY, "landscape", 0.5]],
        "bad": [],
        "no benchmark": ["HfHubHTTPError", 404],
    }


def test_client_retries_lost_and_failed_requests(hub, tmp_path):
    hub.seed("datasets", TOY, {"seed.parquet": bytes(1000) * 100})
    hub.faults.drop_connection(match="PUT /lfs")
    hub.faults.drop_connection(match="/objects/verify", when="response")
    hub.faults.fail(status=500, match="/preupload/")
    hub.faults.drop_connection(match="GET /datasets/mesoinv/toy/resolve", when="body")
    result = drive(
        hub,
        tmp_path,
        """
        D = {"repo_id": "mesoinv/toy", "repo_type": "dataset"}
        api.upload_file(path_or_fileobj=bytes(range(200)), path_in_repo="x.parquet", **D)
        path = hf_hub_download(filename="seed.parquet", **D)
        result["size"] = os.path.getsize(path)
        """,
        token="hf_writer",
    )
    assert hub.faults.pending == 0
    assert result == {"size": 100_000}
    assert hub.file("datasets", TOY, "x.parquet") == bytes(range(200))
    assert hub.count("PUT /lfs") == 2
    assert hub.count("/preupload/") == 2
    assert hub.count("/objects/verify") == 2
    assert hub.count("GET /datasets/mesoinv/toy/resolve") == 2, "the download is resumed"


def test_commit_is_not_retried_and_a_failed_one_leaves_no_trace(hub, tmp_path):
    seeded = hub.seed("datasets", TOY, {"a.txt": b"a"})
    hub.faults.fail(status=500, match="/commit/main", message="Out of order")
    hub.faults.drop_connection(match="/commit/main")
    hub.faults.drop_connection(match="/commit/main", when="response")
    code = """
        D = {"repo_id": "mesoinv/toy", "repo_type": "dataset"}
        upload = dict(path_or_fileobj=b"lfs", path_in_repo="b.npz", **D)
        result["errors"] = [refused(api.upload_file, **upload) for _ in range(2)]
        """
    first = drive(hub, tmp_path, code, token="hf_writer")
    assert first["errors"][0] == ["HfHubHTTPError", 500]
    assert first["errors"][1][1] is None
    assert hub.head("datasets", TOY) == seeded
    # The third commit is made, but the client never hears of it; the fourth is then a no-op.
    second = drive(hub, tmp_path, code, token="hf_writer")
    assert second["errors"][0][1] is None
    assert second["errors"][1] is None
    assert hub.file("datasets", TOY, "b.npz") == b"lfs"
    assert hub.history("datasets", TOY)[1:] == ["Seed", "initial commit"]
    assert hub.count("PUT /lfs") == 1, "the object of the failed commit is kept"


def test_environment_is_isolated(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_personal")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:1")
    env = hub.environment(tmp_path)
    assert not {"HF_TOKEN", "HF_HUB_OFFLINE", "https_proxy"} & set(env)
    assert env["HF_ENDPOINT"] == hub.endpoint
    with pytest.raises(ClientFailedError, match="no such thing"):
        run_client("raise SystemExit('no such thing')", env)
    assert run_client("raise SystemExit(3)", env, check=False).returncode == 3


def test_unserved_paths_and_crashes_are_loud():
    hub = LoopbackHub({"hf_writer": Account("bot")})

    def post(path):
        headers = {"Authorization": "Bearer hf_writer"}
        request = urllib.request.Request(hub.endpoint + path, b"{}", headers, method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        caught.value.close()
        return caught.value.code

    def misuse():
        with hub:
            hub.seed("models", "bot/net", {"a.txt": b"a"})
            assert post("/api/models/bot/net/xet-write-token/main") == 404
            assert post("/api/models/bot/net/preupload/main") == 501

    with pytest.raises(RuntimeError, match="preupload/main"):
        misuse()
    assert hub.requests[0] == ("POST", "/api/models/bot/net/xet-write-token/main")
