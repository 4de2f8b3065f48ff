"""The commit call: newline-delimited JSON to a new set of files."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .cards import check_benchmark
from .discussions import open_pull_request
from .store import LFS_SUFFIXES, LFS_THRESHOLD, MAIN, Blob, Commit, Repository
from .wire import HubError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .discussions import Discussion


@dataclass(frozen=True)
class CommitRequest:
    """A parsed commit: header and operations ``(key, value)`` in the order sent."""

    summary: str
    description: str
    parent: str | None
    operations: list[tuple[str, dict[str, Any]]]


def wants_lfs(path: str, size: int) -> bool:
    """Whether the Hub stores a file as an LFS object."""
    return size > LFS_THRESHOLD or path.lower().endswith(LFS_SUFFIXES)


def parse_commit(body: bytes) -> CommitRequest:
    """Parse the ndjson body of a commit call.

    Raises
    ------
    HubError
        400 if a line is not an object with ``key`` and ``value``, or the header is missing.
    """
    try:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        operations = [(str(line["key"]), dict(line["value"])) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise HubError(400, f"Malformed commit line: {error!r}") from error
    if not operations or operations[0][0] != "header" or not operations[0][1].get("summary"):
        raise HubError(400, "The first line must be a header with a summary")
    header = operations.pop(0)[1]
    description = header.get("description", "")
    return CommitRequest(header["summary"], description, header.get("parentCommit"), operations)


def apply_operations(
    files: Mapping[str, Blob],
    operations: list[tuple[str, dict[str, Any]]],
    objects: Mapping[str, bytes],
) -> dict[str, Blob]:
    """Apply the operations to a copy of ``files``: all of them, or none on an error.

    Raises
    ------
    HubError
        400 for an unknown operation or an LFS object that was never uploaded, 404 for the
        deletion of what is not there.
    """
    changed = dict(files)
    for key, value in operations:
        path = str(value.get("path", ""))
        if key == "file":
            changed[path] = Blob(_decode(value))
        elif key == "lfsFile":
            changed[path] = Blob(_uploaded(value, objects), lfs=True)
        elif key in {"deletedFile", "deletedFolder"}:
            _delete(changed, path, folder=key == "deletedFolder")
        else:
            raise HubError(400, f"Unknown commit operation {key!r}")
    return changed


def _decode(value: dict[str, Any]) -> bytes:
    content = str(value.get("content", ""))
    if value.get("encoding", "utf-8") != "base64":
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise HubError(400, f"{value.get('path')}: content is not base64") from error


def _uploaded(value: dict[str, Any], objects: Mapping[str, bytes]) -> bytes:
    oid = str(value.get("oid"))
    if oid not in objects:
        raise HubError(400, f"LFS pointer pointed to a file that does not exist: {oid}")
    return objects[oid]


def _delete(files: dict[str, Blob], path: str, *, folder: bool) -> None:
    inside = path.rstrip("/") + "/"
    doomed = [name for name in files if (name.startswith(inside) if folder else name == path)]
    if not doomed:
        raise HubError(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
    for name in doomed:
        del files[name]


def commit(
    repository: Repository, revision: str, request: CommitRequest, author: str, *, create_pr: bool
) -> tuple[Commit, Discussion | None]:
    """Commit to a branch or a pull request, or open a new pull request with the commit.

    Returns
    -------
    tuple
        The new commit, and the pull request if one was opened.

    Raises
    ------
    HubError
        404 for an unknown revision, 400 for a tag or a commit id, 412 if the branch moved on from
        ``parentCommit``, and the errors of `apply_operations`.
    """
    base = repository.at(revision)
    reference = repository.reference(revision)
    if reference is None or reference.startswith("refs/tags/"):
        raise HubError(400, f"{revision} is not a branch or a pull request")
    if request.parent is not None and request.parent != base.id:
        raise HubError(412, "A commit has happened since. Please refresh and try again.")
    files = apply_operations(base.files, request.operations, repository.objects)
    if repository.kind == "datasets":
        check_benchmark(base.files, files, repository.frameworks)
    discussion = None
    if create_pr:
        if reference != MAIN:
            raise HubError(400, "Pull requests can only be opened against main")
        discussion = open_pull_request(repository, request.summary, request.description, author)
        reference = discussion.reference
    new = repository.record(reference, files, request.summary, request.description, author)
    for pull_request in repository.discussions:
        if pull_request.reference == reference and pull_request.is_pull_request:
            pull_request.add_commit(new)
    return new, discussion
