"""Endpoints of an upload: preupload, LFS batch, PUT, verify, commit."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from .commits import commit as make_commit
from .commits import parse_commit, wants_lfs
from .wire import HubError, Reply

if TYPE_CHECKING:
    from .routing import Call
    from .store import Repository


def _target(call: Call, *, create_pr: bool, revision: str | None) -> Repository:
    if create_pr:
        return call.contributable()
    return call.writable(revision)


def preupload(call: Call) -> Reply:
    """Tell for each file how to send it, and the id of what is there already.

    The id lets the client leave out files that have not changed.
    """
    revision = call.parameters["revision"]
    _target(call, create_pr=call.request.flag("create_pr"), revision=revision)
    present = call.commit().files
    answers = []
    for file in call.request.json()["files"]:
        path = file["path"]
        mode = "lfs" if wants_lfs(path, file["size"]) else "regular"
        answer = {"path": path, "uploadMode": mode, "shouldIgnore": False}
        if path in present:
            answer["oid"] = present[path].etag
        answers.append(answer)
    return Reply.json({"files": answers, "commitOid": call.commit().id})


def lfs_batch(call: Call) -> Reply:
    """Hand out an upload address for each object that is not stored yet."""
    body = call.request.json()
    # Without a branch the objects are for a new pull request: no right on a branch is needed.
    revision = body.get("ref", {}).get("name")
    repository = _target(call, create_pr=revision is None, revision=revision)
    answers = []
    for item in body["objects"]:
        answer: dict[str, Any] = {"oid": item["oid"], "size": item["size"]}
        if item["oid"] not in repository.objects:
            signature = repository.grants.setdefault(item["oid"], secrets.token_hex(8))
            href = f"{call.endpoint}/lfs/{repository.kind}/{repository.id}/{item['oid']}"
            verify = f"{call.endpoint}/{repository.url_path}.git/info/lfs/objects/verify"
            upload = {"href": f"{href}?signature={signature}"}
            answer["actions"] = {"upload": upload, "verify": {"href": verify}}
        answers.append(answer)
    return Reply.json({"transfer": "basic", "objects": answers})


def lfs_put(call: Call) -> Reply:
    """Store an object; the signature stands for the token, as in a presigned address."""
    repository = call.store.repositories.get((call.kind, call.parameters["repo"]))
    oid = call.parameters["oid"]
    if repository is None or call.request.query("signature") != [repository.grants.get(oid)]:
        raise HubError(403, "The upload address is not valid")
    if hashlib.sha256(call.request.body).hexdigest() != oid:
        raise HubError(400, f"The content does not have the digest {oid}")
    repository.objects[oid] = call.request.body
    return Reply(headers={"ETag": f'"{oid}"'})


def lfs_verify(call: Call) -> Reply:
    """Confirm that an object arrived whole."""
    body = call.request.json()
    stored = call.contributable().objects.get(body["oid"])
    if stored is None:
        raise HubError(404, f"No object {body['oid']}")
    if len(stored) != body["size"]:
        raise HubError(400, f"Expected {body['size']} bytes, found {len(stored)}")
    return Reply.json({})


def commit(call: Call) -> Reply:
    """Make a commit, on a branch or as a new pull request."""
    revision = call.parameters["revision"]
    create_pr = call.request.flag("create_pr")
    repository = _target(call, create_pr=create_pr, revision=revision)
    request = parse_commit(call.request.body)
    author = call.user.name
    new, thread = make_commit(repository, revision, request, author, create_pr=create_pr)
    page = f"{call.endpoint}/{repository.url_path}"
    answer = {"success": True, "commitOid": new.id, "commitUrl": f"{page}/commit/{new.id}"}
    if thread is not None:
        answer["pullRequestUrl"] = f"{page}/discussions/{thread.num}"
    return Reply.json(answer)
