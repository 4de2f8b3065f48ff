"""The loopback Hub under the unmodified clients: accounts, uploads, references, downloads."""

import pyarrow as pa
import pyarrow.parquet as pq
from loopback_hub import drive

TOY = "mesoinv/toy"
CARD = """---
license: cc-by-4.0
tags: [physics]
size_categories: [n<1K]
configs:
- config_name: config
  default: true
  data_files:
  - {split: train, path: config/train-*}
  - {split: test, path: config/test-*}
---
# Toy

See https://arxiv.org/abs/2401.01234.
"""


def parquet(values):
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"index": pa.array(values, pa.int64())}), buffer)
    return buffer.getvalue().to_pybytes()


def toy_files(offset=0):
    return {
        "README.md": CARD.encode(),
        "config/train-00000-of-00001.parquet": parquet([offset, offset + 1, offset + 2]),
        "config/test-00000-of-00001.parquet": parquet([offset + 3, offset + 4]),
    }


def test_accounts_and_creation(hub, tmp_path):
    result = drive(
        hub,
        tmp_path,
        """
        me = api.whoami()
        result["me"] = [me["name"], [org["name"] for org in me["orgs"]]]
        url = api.create_repo("mesoinv/toy", repo_type="dataset")
        result["url"] = [url.repo_id, url.repo_type]
        result["again"] = refused(api.create_repo, "mesoinv/toy", repo_type="dataset")
        result["exist_ok"] = refused(
            api.create_repo, "mesoinv/toy", repo_type="dataset", exist_ok=True)
        result["own"] = api.create_repo("sketch").repo_id
        for token in "hf_reader", "hf_member", "hf_wrong":
            other = HfApi(token=token)
            result[token] = refused(other.create_repo, "mesoinv/more", repo_type="dataset")
        result["wrong"] = refused(HfApi(token="hf_wrong").whoami)
        result["wrong public"] = refused(HfApi(token="hf_wrong").dataset_info, "mesoinv/toy")
        result["anonymous"] = refused(HfApi(token=False).create_repo, "mesoinv/more")
        api.delete_repo("mesoinv-bot/sketch")
        """,
        token="hf_writer",
    )
    assert result == {
        "me": ["mesoinv-bot", ["mesoinv"]],
        "url": [TOY, "dataset"],
        "again": ["HfHubHTTPError", 409],
        "exist_ok": None,
        "own": "mesoinv-bot/sketch",
        "hf_reader": ["HfHubHTTPError", 403],
        "hf_member": ["HfHubHTTPError", 403],
        "hf_wrong": ["HfHubHTTPError", 401],
        "wrong": ["HfHubHTTPError", 401],
        "wrong public": ["HfHubHTTPError", 401],
        "anonymous": ["HfHubHTTPError", 401],
    }
    assert hub.repositories() == [("datasets", TOY)]


def test_upload_folder_then_every_listing(hub, tmp_path):
    folder = tmp_path / "out"
    for path, data in toy_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    result = drive(
        hub,
        tmp_path,
        f"""
        D = {{"repo_id": "mesoinv/toy", "repo_type": "dataset"}}
        api.create_repo(**D)
        upload = dict(**D, folder_path={str(folder)!r})
        first = api.upload_folder(**upload, commit_message="Data")
        again = api.upload_folder(**upload)
        result["no-op"] = first.oid == again.oid
        info = api.dataset_info("mesoinv/toy", files_metadata=True)
        result["sizes"] = {{s.rfilename: [s.size, bool(s.lfs)] for s in info.siblings}}
        result["tags"] = info.tags
        result["card"] = info.card_data.license
        result["sha"] = info.sha == first.oid
        some = api.dataset_info("mesoinv/toy", expand=["sha", "lastModified"])
        result["expand"] = [some.sha == first.oid, some.siblings]
        result["bad expand"] = refused(api.dataset_info, "mesoinv/toy", expand=["author", "nope"])
        result["tree"] = [e.path for e in api.list_repo_tree(**D)]
        result["folder"] = [
            [e.path, e.last_commit.title]
            for e in api.list_repo_tree(**D, path_in_repo="config", recursive=True, expand=True)]
        result["no folder"] = refused(list, api.list_repo_tree(**D, path_in_repo="nope"))
        result["paths"] = [
            type(e).__name__ for e in api.get_paths_info(**D, paths=["README.md", "config", "no"])]
        result["commits"] = [[c.title, c.authors] for c in api.list_repo_commits(**D)]
        """,
        token="hf_writer",
    )
    expected = {path: [len(data), path != "README.md"] for path, data in toy_files().items()}
    assert {path: size for path, size in result["sizes"].items() if path in expected} == expected
    assert hub.files("datasets", TOY) == sorted(toy_files())
    for path, data in toy_files().items():
        assert hub.file("datasets", TOY, path) == data
    assert hub.count("PUT /lfs") == 2, "the second upload must not send the shards again"
    assert hub.count("POST /api/datasets/mesoinv/toy/commit/") == 1
    assert result["no-op"]
    assert result["sha"]
    assert result["card"] == "cc-by-4.0"
    assert {"physics", "license:cc-by-4.0", "arxiv:2401.01234"} <= set(result["tags"])
    assert result["expand"] == [True, None]
    assert result["bad expand"] == ["BadRequestError", 400]
    assert result["tree"] == [".gitattributes", "README.md", "config"]
    assert result["folder"] == [[path, "Data"] for path in sorted(toy_files())[1:]]
    assert result["no folder"] == ["RemoteEntryNotFoundError", 404]
    assert result["paths"] == ["RepoFile", "RepoFolder"]
    assert result["commits"] == [["Data", ["mesoinv-bot"]], ["initial commit", ["mesoinv-bot"]]]


def test_commits_are_whole_or_nothing(hub, tmp_path):
    seeded = hub.seed("datasets", TOY, toy_files() | {"old/a.txt": b"a", "old/b.txt": b"b"})
    result = drive(
        hub,
        tmp_path,
        f"""
        D = {{"repo_id": "mesoinv/toy", "repo_type": "dataset"}}
        def commit(*operations, **kwargs):
            return api.create_commit(**D, operations=operations, commit_message="Work", **kwargs)

        def lost(): commit(add("lost.txt", b"1"), CommitOperationDelete("nope.txt"))
        new = commit(
            add("notes.txt", b"new"), CommitOperationDelete("old/"),
            CommitOperationCopy("config/test-00000-of-00001.parquet", "copy.parquet"),
            parent_commit={seeded!r})
        result["oid"] = new.oid
        result["stale"] = refused(commit, add("lost.txt", b"1"), parent_commit={seeded!r})
        result["delete missing"] = refused(lost)
        result["no branch"] = refused(commit, add("lost.txt", b"1"), revision="nope")
        result["bad card"] = refused(commit, add("README.md", b"---\\n[\\n---\\n"))
        result["foreign"] = refused(
            HfApi(token="hf_reader").create_commit, **D, commit_message="No",
            operations=[add("lost.txt", b"1")])
        result["empty"] = commit(add("empty.parquet", b"")).oid
        """,
        token="hf_writer",
    )
    assert result["stale"] == ["HfHubHTTPError", 412]
    assert result["delete missing"] == ["RemoteEntryNotFoundError", 404]
    assert result["no branch"] == ["RevisionNotFoundError", 404]
    assert result["bad card"] == ["ValueError", None]
    assert result["foreign"] == ["HfHubHTTPError", 403]
    assert hub.head("datasets", TOY) == result["empty"]
    expected = {*toy_files(), "notes.txt", "copy.parquet", "empty.parquet"}
    assert set(hub.files("datasets", TOY)) == expected
    assert hub.file("datasets", TOY, "copy.parquet", result["oid"]) == parquet([3, 4])
    assert hub.history("datasets", TOY) == ["Work", "Work", "Seed", "initial commit"]


def test_tags_and_branches(hub, tmp_path):
    seeded = hub.seed("datasets", TOY, {"a.txt": b"a"})
    result = drive(
        hub,
        tmp_path,
        """
        D = {"repo_id": "mesoinv/toy", "repo_type": "dataset"}
        api.create_tag(**D, tag="v1.0.0", tag_message="First")
        api.create_tag(**D, tag="draft", revision="v1.0.0")
        result["again"] = refused(api.create_tag, **D, tag="v1.0.0")
        result["exist_ok"] = refused(api.create_tag, **D, tag="v1.0.0", exist_ok=True)
        result["no target"] = refused(api.create_tag, **D, tag="v2.0.0", revision="nope")
        api.delete_tag(**D, tag="draft")
        result["delete again"] = refused(api.delete_tag, **D, tag="draft")
        result["foreign"] = refused(HfApi(token="hf_reader").create_tag, **D, tag="mine")
        api.create_branch(**D, branch="next/2", revision="v1.0.0")
        api.upload_file(path_or_fileobj=b"b", path_in_repo="b.txt", revision="next/2", **D)
        refs = api.list_repo_refs(**D, include_pull_requests=True)
        result["refs"] = [[r.ref for r in group]
                          for group in (refs.branches, refs.tags, refs.pull_requests)]
        result["branch files"] = api.list_repo_files(**D, revision="next/2")
        api.delete_branch(**D, branch="next/2")
        """,
        token="hf_writer",
    )
    assert result == {
        "again": ["HfHubHTTPError", 409],
        "exist_ok": None,
        "no target": ["RevisionNotFoundError", 404],
        "delete again": ["RevisionNotFoundError", 404],
        "foreign": ["HfHubHTTPError", 403],
        "refs": [["refs/heads/main", "refs/heads/next/2"], ["refs/tags/v1.0.0"], []],
        "branch files": [".gitattributes", "a.txt", "b.txt"],
    }
    assert hub.tags("datasets", TOY) == {"v1.0.0": seeded}
    assert hub.head("datasets", TOY) == seeded
    assert list(hub.repository("datasets", TOY).named("refs/heads/")) == ["main"]


def test_load_dataset_pinned_latest_and_streaming(hub, tmp_path):
    hub.seed("datasets", TOY, toy_files(), tag="v1.0.0")
    hub.seed("datasets", TOY, toy_files(offset=100))
    result = drive(
        hub,
        tmp_path,
        """
        from datasets import load_dataset
        pinned = load_dataset("mesoinv/toy", "config", split="test", revision="v1.0.0")
        result["pinned"] = pinned["index"][:]
        result["latest"] = load_dataset("mesoinv/toy", split="test")["index"][:]
        stream = load_dataset("mesoinv/toy", split="train", streaming=True, revision="v1.0.0")
        result["stream"] = [row["index"] for row in stream]
        result["nothing"] = refused(load_dataset, "mesoinv/nothing")
        """,
    )
    assert result == {
        "pinned": [3, 4],
        "latest": [103, 104],
        "stream": [0, 1, 2],
        "nothing": ["DatasetNotFoundError", None],
    }


def test_downloads_ranges_and_missing_things(hub, tmp_path):
    sha = hub.seed("models", "mesoinv/net", {"model.safetensors": bytes(range(100)), "a/ü b": b"u"})
    result = drive(
        hub,
        tmp_path,
        """
        from huggingface_hub.utils import get_session
        M = "mesoinv/net"
        folder = snapshot_download(M)
        result["files"] = sorted(
            os.path.relpath(os.path.join(root, name), folder)
            for root, _, names in os.walk(folder) for name in names)
        result["commit"] = os.path.basename(folder)
        url = api.endpoint + "/mesoinv/net/resolve/main/model.safetensors"
        for asked in "bytes=10-12", "bytes=98-", "bytes=-3", "bytes=99-200", "bytes=100-":
            reply = get_session().get(url, headers={"Range": asked})
            result[asked] = [reply.status_code, list(reply.content[:3]),
                             reply.headers.get("Content-Range")]
        with HfFileSystem().open("mesoinv/net/model.safetensors") as file:
            file.seek(50)
            result["seek"] = list(file.read(2))
        head = get_session().head(url)
        result["head"] = [head.status_code, head.headers["Content-Length"],
                          head.headers["X-Linked-Size"], head.headers["X-Repo-Commit"]]
        result["exists"] = [api.file_exists(M, "a/ü b"), api.file_exists(M, "b")]
        result["entry"] = refused(hf_hub_download, M, "b")
        result["revision"] = refused(hf_hub_download, M, "b", revision="v9")
        result["repo"] = refused(hf_hub_download, "mesoinv/nothing", "b")
        """,
    )
    assert result.pop("bytes=100-")[::2] == [416, "bytes */100"]
    assert result == {
        "files": [".gitattributes", "a/ü b", "model.safetensors"],
        "commit": sha,
        "bytes=10-12": [206, [10, 11, 12], "bytes 10-12/100"],
        "bytes=98-": [206, [98, 99], "bytes 98-99/100"],
        "bytes=-3": [206, [97, 98, 99], "bytes 97-99/100"],
        "bytes=99-200": [206, [99], "bytes 99-99/100"],
        "seek": [50, 51],
        "head": [200, "100", "100", sha],
        "exists": [True, False],
        "entry": ["RemoteEntryNotFoundError", 404],
        "revision": ["RevisionNotFoundError", 404],
        "repo": ["RepositoryNotFoundError", 401],
    }


def test_private_repositories_are_hidden(hub, tmp_path):
    hub.seed("datasets", TOY, {"a.txt": b"a"}, private=True)
    result = drive(
        hub,
        tmp_path,
        """
        D = {"repo_id": "mesoinv/toy", "repo_type": "dataset"}
        for token in False, "hf_reader", "hf_member", "hf_writer":
            who = HfApi(token=token)
            result[str(token)] = [
                refused(who.dataset_info, "mesoinv/toy"),
                refused(who.hf_hub_download, filename="a.txt", **D),
                refused(who.upload_file, path_or_fileobj=b"b", path_in_repo="b.txt", **D)]
        api.update_repo_settings(**D, private=False)
        result["published"] = HfApi(token=False).dataset_info("mesoinv/toy").private
        """,
        token="hf_writer",
    )
    missing = "RepositoryNotFoundError"
    assert result == {
        "False": [[missing, 401]] * 3,
        "hf_reader": [[missing, 404]] * 3,
        "hf_member": [None, None, ["HfHubHTTPError", 403]],
        "hf_writer": [None, None, None],
        "published": False,
    }
