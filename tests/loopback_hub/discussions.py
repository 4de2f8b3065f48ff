"""Discussions and pull requests: their events, their conflicts and their merge."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .store import MAIN, TYPE_NAMES, Blob, Commit, Repository
from .wire import HubError

if TYPE_CHECKING:
    from collections.abc import Mapping

Files = dict[str, Blob]


@dataclass
class Discussion:
    """A discussion, or a pull request against main."""

    repository: Repository
    num: int
    title: str
    author: str
    created: str
    is_pull_request: bool
    base: str
    status: str = "open"
    merge_commit: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """The git reference of a pull request."""
        return f"refs/pr/{self.num}"

    def add_event(self, kind: str, author: str, data: dict[str, Any]) -> dict[str, Any]:
        """Append an event and return its document."""
        event = {
            "id": f"{self.num:012x}{len(self.events):012x}",
            "type": kind,
            "createdAt": self.repository.now(),
            "author": {"name": author},
            "data": data,
        }
        self.events.append(event)
        return event

    def add_commit(self, commit: Commit) -> None:
        """Tell the thread about a commit to its reference."""
        self.add_event("commit", commit.author, {"subject": commit.title, "oid": commit.id})

    def add_comment(self, author: str, text: str) -> dict[str, Any]:
        """Append a comment and return its event."""
        latest = {"raw": text, "html": f"<p>{text}</p>", "updatedAt": self.repository.now()}
        latest["author"] = {"name": author}  # type: ignore[assignment]
        data = {"edited": False, "hidden": False, "latest": latest, "history": []}
        return self.add_event("comment", author, data)

    def set_status(self, author: str, status: str) -> dict[str, Any]:
        """Change the status and return its event."""
        self.status = status
        return self.add_event("status-change", author, {"status": status})

    def summary(self) -> dict[str, Any]:
        """The entry in the list of discussions."""
        return {
            "num": self.num,
            "title": self.title,
            "status": self.status,
            "author": {"name": self.author},
            "createdAt": self.created,
            "isPullRequest": self.is_pull_request,
            "repo": {"name": self.repository.id, "type": TYPE_NAMES[self.repository.kind]},
        }

    def details(self) -> dict[str, Any]:
        """The full document, with the diff of a pull request."""
        document = self.summary() | {"events": self.events}
        if self.is_pull_request:
            ours, theirs = self.repository.at(self.base), self.repository.at(self.reference)
            document["changes"] = {"base": MAIN, "mergeCommitId": self.merge_commit}
            document["filesWithConflicts"] = [] if self.merge_commit else self.merged()[1]
            document["diff"] = unified_diff(ours.files, theirs.files)
        return document

    def merged(self) -> tuple[Files, list[str]]:
        """Files after a merge into main, and the paths that both sides changed differently."""
        base, theirs = self.repository.at(self.base), self.repository.at(self.reference)
        return three_way(base.files, self.repository.at(MAIN).files, theirs.files)

    def merge(self, author: str) -> None:
        """Merge the pull request into main as one commit.

        Raises
        ------
        HubError
            400 for a discussion, 409 if it is not open or has conflicts.
        """
        if not self.is_pull_request:
            raise HubError(400, f"Discussion {self.num} is not a pull request")
        if self.status != "open":
            raise HubError(409, f"Pull request {self.num} is {self.status}, not open")
        files, conflicts = self.merged()
        if conflicts:
            raise HubError(409, f"Conflicts in {', '.join(conflicts)}")
        title = f"{self.title} (#{self.num})"
        self.merge_commit = self.repository.record(MAIN, files, title, "", author).id
        self.set_status(author, "merged")


def open_discussion(
    repository: Repository, title: str, description: str, author: str, *, pull_request: bool = False
) -> Discussion:
    """Open a discussion, or a draft pull request that has no commit yet."""
    num = len(repository.discussions) + 1
    base = repository.refs[MAIN]
    thread = Discussion(repository, num, title, author, repository.now(), pull_request, base)
    repository.discussions.append(thread)
    if description:
        thread.add_comment(author, description)
    if pull_request:
        thread.status = "draft"
        repository.refs[thread.reference] = base
    return thread


def open_pull_request(
    repository: Repository, title: str, description: str, author: str
) -> Discussion:
    """Open a pull request that is about to get its first commit: not a draft."""
    thread = open_discussion(repository, title, description, author, pull_request=True)
    thread.status = "open"
    return thread


def three_way(
    base: Mapping[str, Blob], ours: Mapping[str, Blob], theirs: Mapping[str, Blob]
) -> tuple[Files, list[str]]:
    """Merge whole files: what one side left alone is taken from the other side."""
    merged, conflicts = dict(ours), []
    for path in sorted({*base, *theirs}):
        old, mine, new = base.get(path), ours.get(path), theirs.get(path)
        if new in (old, mine):
            continue
        if mine != old:
            conflicts.append(path)
        elif new is None:
            del merged[path]
        else:
            merged[path] = new
    return merged, conflicts


def unified_diff(before: Mapping[str, Blob], after: Mapping[str, Blob]) -> str:
    """The difference in git's text form; LFS files show their pointers, as in git."""
    parts = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        parts.append(f"diff --git a/{path} b/{path}\n")
        parts += difflib.unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{path}")
    return "".join(parts)


def _lines(blob: Blob | None) -> list[str]:
    if blob is None:
        return []
    text = (blob.pointer if blob.lfs else blob.data).decode(errors="replace")
    return [f"{line}\n" for line in text.splitlines()]
