"""Repositories in memory: blobs, commits, references and large-file objects.

Times and commit ids come from a counter, not from the clock, so a replayed test sees the same ids.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from .wire import HubError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .discussions import Discussion

TYPE_NAMES = {"datasets": "dataset", "models": "model", "spaces": "space"}
MAIN = "refs/heads/main"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
LFS_SUFFIXES = (
    *(".parquet", ".arrow", ".safetensors", ".npz", ".npy", ".pt", ".bin"),
    *(".gz", ".zip", ".png", ".jpg", ".jpeg", ".webp"),
)
LFS_THRESHOLD = 10 * 2**20  # [bytes] above this the Hub takes no plain git blob
GITATTRIBUTES = "".join(f"*{end} filter=lfs diff=lfs merge=lfs -text\n" for end in LFS_SUFFIXES)


def git_oid(kind: str, data: bytes) -> str:
    """The git object id (SHA-1) of ``data`` as an object of type ``kind``."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Blob:
    """The content of one file; ``lfs`` says that git itself holds a pointer only."""

    data: bytes
    lfs: bool = False

    @cached_property
    def sha256(self) -> str:
        """Digest of the content, the id of an LFS object."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """The pointer file that git holds in place of an LFS object."""
        spec = "https://git-lfs.github.com/spec/v1"
        return f"version {spec}\noid sha256:{self.sha256}\nsize {len(self.data)}\n".encode()

    @cached_property
    def oid(self) -> str:
        """The git id: of the pointer for an LFS file."""
        return git_oid("blob", self.pointer if self.lfs else self.data)

    @property
    def etag(self) -> str:
        """The id a client compares with the hash of its own file."""
        return self.sha256 if self.lfs else self.oid


@dataclass(frozen=True)
class Commit:
    """A snapshot of all files with its place in the history."""

    id: str
    parent: str | None
    files: Mapping[str, Blob]
    title: str
    message: str
    author: str
    date: str


@dataclass
class Repository:
    """One dataset or model repository."""

    kind: str
    id: str
    private: bool
    now: Callable[[], str]
    created: str
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    discussions: list[Discussion] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)
    frameworks: set[str] = field(default_factory=set)

    @property
    def namespace(self) -> str:
        """The user or organisation that owns the repository."""
        return self.id.partition("/")[0]

    @property
    def url_path(self) -> str:
        """Path of the repository's page, ``datasets/ns/name`` or ``ns/name``."""
        return self.id if self.kind == "models" else f"{self.kind}/{self.id}"

    def reference(self, revision: str) -> str | None:
        """The full name of a branch, a tag or a ``refs/…`` name; None if there is none."""
        candidates = (f"refs/heads/{revision}", f"refs/tags/{revision}", revision)
        return next((name for name in candidates if name in self.refs), None)

    def at(self, revision: str) -> Commit:
        """The commit of a branch, tag, pull request reference or full commit id."""
        sha = self.refs.get(self.reference(revision) or "", revision)
        if sha not in self.commits:
            raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.commits[sha]

    def history(self, commit: Commit) -> list[Commit]:
        """The commit and its ancestors, newest first."""
        found = [commit]
        while found[-1].parent is not None:
            found.append(self.commits[found[-1].parent])
        return found

    def last_change(self, commit: Commit, path: str) -> Commit:
        """The newest ancestor of ``commit`` that changed ``path``, a file or a folder."""

        def below(snapshot: Commit) -> dict[str, str]:
            inside = f"{path}/"
            return {
                name: blob.oid
                for name, blob in snapshot.files.items()
                if name == path or name.startswith(inside)
            }

        ancestors = self.history(commit)
        for newer, older in itertools.pairwise(ancestors):
            if below(newer) != below(older):
                return newer
        return ancestors[-1]

    def record(
        self, reference: str, files: Mapping[str, Blob], title: str, message: str, author: str
    ) -> Commit:
        """Append a commit to the reference and move it."""
        parent = self.refs.get(reference)
        date = self.now()
        listing = "".join(f"{files[path].oid} {path}\n" for path in sorted(files))
        text = f"{self.kind}/{self.id}\n{parent}\n{author}\n{date}\n{title}\n{message}\n{listing}"
        sha = git_oid("commit", text.encode())
        commit = Commit(sha, parent, dict(files), title, message, author, date)
        self.commits[sha] = commit
        self.refs[reference] = sha
        return commit

    def named(self, prefix: str) -> dict[str, str]:
        """References below a prefix: short name to commit id."""
        return {
            name.removeprefix(prefix): sha
            for name, sha in self.refs.items()
            if name.startswith(prefix)
        }


class Store:
    """All repositories of one loopback Hub, behind one lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.repositories: dict[tuple[str, str], Repository] = {}
        #: What ``eval.yaml`` may name; the Hub keeps a list, and ours is not on it yet.
        self.frameworks = {"inspect-ai"}
        self._ticks = itertools.count()
        self.passed = timedelta()

    def now(self) -> str:
        """The next second of the Hub's own time, in the Hub's format."""
        moment = EPOCH + self.passed + timedelta(seconds=next(self._ticks))
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def create(self, kind: str, repo_id: str, author: str, *, private: bool = False) -> Repository:
        """Create a repository with the Hub's initial commit, which holds ``.gitattributes``."""
        repository = Repository(
            kind, repo_id, private, self.now, self.now(), frameworks=self.frameworks
        )
        attributes = {".gitattributes": Blob(GITATTRIBUTES.encode())}
        repository.record(MAIN, attributes, "initial commit", "", author)
        self.repositories[kind, repo_id] = repository
        return repository
