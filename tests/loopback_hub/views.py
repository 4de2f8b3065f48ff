"""JSON documents about a repository: info, siblings, trees, paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cards import card_of, eval_results
from .store import git_oid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .store import Blob, Commit, Repository

MODEL_CARD_FIELDS = ("library_name", "pipeline_tag")


def repository_info(repository: Repository, commit: Commit, *, blobs: bool) -> dict[str, Any]:
    """Every property of a repository at a commit; an ``expand`` picks from it."""
    metadata, tags = card_of(commit.files)
    document: dict[str, Any] = {
        "_id": git_oid("repository", repository.url_path.encode())[:24],
        "id": repository.id,
        "author": repository.namespace,
        "sha": commit.id,
        "createdAt": repository.created,
        "lastModified": repository.at("main").date,
        "private": repository.private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": tags,
        "cardData": metadata,
        "siblings": siblings(commit.files, blobs=blobs),
        "usedStorage": sum(len(data) for data in repository.objects.values()),
    }
    if repository.kind == "models":
        document["modelId"] = repository.id
        document |= {name: metadata[name] for name in MODEL_CARD_FIELDS if name in metadata}
        document["evalResults"] = eval_results(commit.files)
    return document


def siblings(files: Mapping[str, Blob], *, blobs: bool) -> list[dict[str, Any]]:
    """All files; with ``blobs``, their sizes and ids."""
    found = []
    for path in sorted(files):
        entry: dict[str, Any] = {"rfilename": path}
        if blobs:
            blob = files[path]
            entry |= {"size": len(blob.data), "blobId": blob.oid}
            if blob.lfs:
                entry["lfs"] = {"sha256": blob.sha256} | _lfs_sizes(blob)
        found.append(entry)
    return found


def _lfs_sizes(blob: Blob) -> dict[str, int]:
    return {"size": len(blob.data), "pointerSize": len(blob.pointer)}


def folders(files: Mapping[str, Blob]) -> set[str]:
    """All folders that hold a file, at any depth."""
    parents: set[str] = set()
    for path in files:
        pieces = path.split("/")[:-1]
        parents |= {"/".join(pieces[:depth]) for depth in range(1, len(pieces) + 1)}
    return parents


def path_info(
    repository: Repository, commit: Commit, path: str, *, expand: bool
) -> dict[str, Any] | None:
    """The entry of a file or folder in a tree; None if there is neither."""
    files = commit.files
    entry: dict[str, Any]
    if path in files:
        blob = files[path]
        entry = {"type": "file", "oid": blob.oid, "size": len(blob.data), "path": path}
        if blob.lfs:
            entry["lfs"] = {"oid": blob.sha256} | _lfs_sizes(blob)
    elif inside := sorted(name for name in files if name.startswith(f"{path}/")):
        listing = "".join(f"{files[name].oid} {name}\n" for name in inside)
        entry = {"type": "directory", "oid": git_oid("tree", listing.encode()), "size": 0}
        entry["path"] = path
    else:
        return None
    if expand:
        last = repository.last_change(commit, path)
        entry["lastCommit"] = {"id": last.id, "title": last.title, "date": last.date}
    return entry


def tree(
    repository: Repository, commit: Commit, folder: str, *, recursive: bool, expand: bool
) -> list[dict[str, Any]] | None:
    """The entries of a folder (``""`` is the root); None if there is no such folder."""
    known = folders(commit.files)
    if folder and folder not in known:
        return None
    prefix = f"{folder}/" if folder else ""
    below = [path for path in sorted({*known, *commit.files}) if path.startswith(prefix)]
    if not recursive:
        below = [path for path in below if "/" not in path.removeprefix(prefix)]
    found = (path_info(repository, commit, path, expand=expand) for path in below)
    return [entry for entry in found if entry is not None]
