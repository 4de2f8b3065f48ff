"""Pull requests on the Hub: one for one title, continued rather than opened twice."""

from __future__ import annotations

import hashlib
import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.hub import client as hub
from mesoinv.generators.hub.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from huggingface_hub import Discussion, HfApi

AGAIN = "Run the same `mesoinv submit` again: a pull request that is open is not opened twice."
#: Open pull requests that are looked through for one of ours.
_LOOKED_THROUGH = 2_000
_PIECE = 2**22


@dataclass(frozen=True)
class PullRequest:
    """What was done with a pull request.

    Attributes
    ----------
    repo, title : str
    url : str or None
        Its page; None if there is none because nothing had to change, or in a dry run.
    action : str
        ``opened``, ``updated`` (it was open, with other files), ``unchanged``, ``planned``.
    """

    repo: str
    title: str
    url: str | None
    action: Literal["opened", "updated", "unchanged", "planned"]


@dataclass(frozen=True)
class Proposal:
    """Files for a repository.

    Attributes
    ----------
    kind, repo : str
    folder : str
        What the repository's folder should hold afterwards; others of its files are deleted.
    files : mapping of str to Path or bytes
        Path in the repository -> content.
    title, description : str
    titles : tuple of str
        Those of pull requests that propose the same thing.
    noted : tuple of str
        Files that are sent along, but alone are no reason for it: results that hold a time.
    clean : bool
        Whether to delete what else lies in the folder.
    """

    kind: hub.Kind
    repo: str
    folder: str
    files: Mapping[str, Path | bytes]
    title: str
    description: str
    titles: tuple[str, ...]
    noted: tuple[str, ...] = ()
    clean: bool = False


def propose(api: HfApi, proposal: Proposal, user: str) -> PullRequest:
    """Open a pull request, or continue the one that is open.

    Raises
    ------
    UsageError
        If there is no such repository, or somebody else has one of that title open.
    MesoinvError
        If the Hub refuses or cannot be reached.
    """
    return patiently(lambda: _proposed(api, proposal, user))


def _proposed(api: HfApi, proposal: Proposal, user: str) -> PullRequest:
    repo, title = proposal.repo, proposal.title
    with hub_errors(api, repo, proposal.kind):
        open_one = find_open(api, proposal, user)
        revision = open_one.git_reference if open_one else None
        there = files_below(api, proposal, revision or "main")
        url = open_one.url if open_one else None
        stale = set(there) - set(proposal.files) if proposal.clean else set()
        if not stale and _holds(there, proposal):
            return PullRequest(repo, title, url, "unchanged")
        commit = _commit(api, proposal, sorted(stale), revision)
    if open_one is not None:
        return PullRequest(repo, title, url, "updated")
    # the client skips a commit that changes nothing, and then there is no pull request
    return PullRequest(repo, title, commit, "opened" if commit else "unchanged")


def _commit(api: HfApi, proposal: Proposal, stale: list[str], revision: str | None) -> str | None:
    from huggingface_hub import (  # noqa: PLC0415  (reads its settings at import)
        CommitOperationAdd,
        CommitOperationDelete,
    )

    added = [CommitOperationAdd(path, content) for path, content in proposal.files.items()]
    commit = api.create_commit(
        proposal.repo,
        [*added, *(CommitOperationDelete(path) for path in stale)],
        repo_type=proposal.kind,
        commit_message=proposal.title,
        commit_description=proposal.description,
        revision=revision,
        create_pr=revision is None,
    )
    return commit.pr_url


def find_open(api: HfApi, proposal: Proposal, user: str) -> Discussion | None:
    """Return the open pull request of ours with one of the titles.

    Raises
    ------
    UsageError
        If only somebody else has one.
    """
    discussions = api.get_repo_discussions(
        proposal.repo,
        repo_type=proposal.kind,
        discussion_type="pull_request",
        discussion_status="open",
    )
    same = [
        one
        for one in itertools.islice(discussions, _LOOKED_THROUGH)
        if one.title in proposal.titles
    ]
    if ours := next((one for one in same if one.author == user), None):
        return ours
    if same:
        raise UsageError(
            f"{same[0].author} has the pull request {same[0].title!r} open on {proposal.repo}: "
            f"{same[0].url}. Wait until it is closed, or choose another name."
        )
    return None


def files_below(api: HfApi, proposal: Proposal, revision: str) -> dict[str, hub.RemoteFile]:
    """Return the files of the proposal's folder as they are now; none, if it is not there."""
    from huggingface_hub.errors import EntryNotFoundError  # noqa: PLC0415
    from huggingface_hub.hf_api import RepoFile  # noqa: PLC0415

    try:
        entries = list(
            api.list_repo_tree(
                proposal.repo,
                proposal.folder,
                recursive=True,
                revision=revision,
                repo_type=proposal.kind,
            )
        )
    except EntryNotFoundError:
        return {}
    return {
        item.path: hub.RemoteFile(item.size, item.lfs.sha256 if item.lfs else None, item.blob_id)
        for item in entries
        if isinstance(item, RepoFile)
    }


def _holds(there: Mapping[str, hub.RemoteFile], proposal: Proposal) -> bool:
    if any(path not in there for path in proposal.files):
        return False
    return all(
        there[path].holds(*digests(content))
        for path, content in proposal.files.items()
        if path not in proposal.noted
    )


def digests(content: Path | bytes) -> tuple[str, str]:
    """Return the SHA-256 and the digest git keeps of a file, read in pieces."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest(), hub.git_sha1(content)
    sha256 = hashlib.sha256()
    sha1 = hashlib.sha1(f"blob {content.stat().st_size}\0".encode(), usedforsecurity=False)
    with content.open("rb") as file:
        while piece := file.read(_PIECE):
            sha256.update(piece)
            sha1.update(piece)
    return sha256.hexdigest(), sha1.hexdigest()


@contextmanager
def hub_errors(api: HfApi, repo: str, kind: hub.Kind) -> Iterator[None]:
    """Turn the Hub client's errors into ours, which say what to do next here."""
    from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415

    try:
        with hub.hub_errors(api.endpoint, repo):
            try:
                yield
            except RepositoryNotFoundError as error:
                if "Invalid credentials" in str(error):
                    raise
                raise UsageError(
                    f"There is no {kind} repository {repo} on {api.endpoint} that you may see. "
                    "Check its name, or log in as somebody who may."
                ) from None
    except MesoinvError as error:
        raise type(error)(str(error).replace(hub.AGAIN, AGAIN)) from error
