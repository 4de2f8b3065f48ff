"""The Hub as the publisher sees it: what is there, and errors that say what to do next.

The client is imported where it is used: it reads its settings from the environment at import, and
building and rendering must work where it is not installed.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.hub.patience import asked_to_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import GitRefs, HfApi
    from huggingface_hub.errors import HfHubHTTPError

Kind = Literal["dataset", "model", "space"]
LOGIN = "Log in with `hf auth login` (a token with write access), or set HF_TOKEN."
AGAIN = "Call `mesoinv push` again: what has arrived is not sent twice."


@dataclass(frozen=True)
class RemoteFile:
    """A file of a Hub repository: its size and the digest that the Hub keeps of it."""

    num_bytes: int
    sha256: str | None  # of a large file
    git_sha1: str

    def holds(self, content_sha256: str, content_git_sha1: str | None) -> bool:
        """Whether the content is the one with these digests."""
        if self.sha256 is not None:
            return self.sha256 == content_sha256
        return self.git_sha1 == content_git_sha1


@dataclass(frozen=True)
class RemoteState:
    """What a repository holds; nothing, if it does not exist or is not visible."""

    exists: bool = False
    tags: frozenset[str] = frozenset()
    files: dict[str, RemoteFile] = field(default_factory=dict)


def git_sha1(data: bytes) -> str:
    """Return the digest git keeps of a file."""
    header = f"blob {len(data)}\0".encode()
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def repo_name(repo: str | None, name: str) -> str:
    """Return a repository's name, ``mesoinv/<name>`` if none is given.

    Raises
    ------
    UsageError
        If it is not of the form ``owner/name``.
    """
    full = repo or f"mesoinv/{name}"
    if full.count("/") != 1 or not all(full.split("/")):
        raise UsageError(f"{full!r} is not a repository: write owner/name, as mesoinv/{name}.")
    return full


def list_files(api: HfApi, repo: str, kind: Kind, revision: str = "main") -> dict[str, RemoteFile]:
    """Return the files of a repository at a revision."""
    from huggingface_hub.hf_api import RepoFile  # noqa: PLC0415 - see above

    entries = api.list_repo_tree(repo, recursive=True, revision=revision, repo_type=kind)
    return {
        item.path: RemoteFile(item.size, item.lfs.sha256 if item.lfs else None, item.blob_id)
        for item in entries
        if isinstance(item, RepoFile)
    }


def read_state(api: HfApi, repo: str, kind: Kind) -> RemoteState:
    """Return what a repository holds now.

    Raises
    ------
    MesoinvError
        If the Hub cannot be reached or refuses to answer.
    """
    with hub_errors(api.endpoint, repo):
        refs = _refs(api, repo, kind)
        if refs is None:
            return RemoteState()
        return RemoteState(True, frozenset(t.name for t in refs.tags), list_files(api, repo, kind))


def _refs(api: HfApi, repo: str, kind: Kind) -> GitRefs | None:
    """Return branches and tags; None if the repository does not exist or is not visible."""
    from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415 - see above

    try:
        return api.list_repo_refs(repo, repo_type=kind)
    except RepositoryNotFoundError as error:
        if "Invalid credentials" in str(error):
            raise
        return None


def tagged_commit(api: HfApi, repo: str, kind: Kind, tag: str) -> str | None:
    """Return the commit that a tag names; None if the repository or the tag is not there.

    Raises
    ------
    MesoinvError
        If the Hub cannot be reached or refuses to answer.
    """
    with hub_errors(api.endpoint, repo):
        refs = _refs(api, repo, kind)
        tags = refs.tags if refs else []
        return next((one.target_commit for one in tags if one.name == tag), None)


def user_name(api: HfApi, repo: str) -> str:
    """Return who is logged in.

    Raises
    ------
    MesoinvError
        If nobody is, or the login is not valid.
    """
    with hub_errors(api.endpoint, repo):
        return str(api.whoami()["name"])


@contextmanager
def hub_errors(endpoint: str, repo: str) -> Iterator[None]:
    """Turn the Hub client's errors into ours: what was refused, and what to do next."""
    from huggingface_hub import errors  # noqa: PLC0415 - see above

    try:
        yield
    except errors.LocalTokenNotFoundError:
        raise UsageError(f"You are not logged in to {endpoint}. {LOGIN}") from None
    except errors.OfflineModeIsEnabled:
        raise UsageError("The Hub client is set offline: unset HF_HUB_OFFLINE.") from None
    except errors.HFValidationError as error:
        raise UsageError(f"The Hub does not allow the name {repo!r}: {error}") from None
    except errors.HfHubHTTPError as error:
        raise MesoinvError(_explain(error, endpoint, repo)) from error
    except (transport_error(), ConnectionError, TimeoutError) as error:
        raise MesoinvError(
            f"The connection to {endpoint} failed ({type(error).__name__}: {error}). {AGAIN}"
        ) from error
    except (RuntimeError, ValueError, KeyError) as error:
        if isinstance(error, MesoinvError):
            raise
        # the client's words where an upload was dropped, or an answer is a page of another server
        raise MesoinvError(
            f"{endpoint} did not answer as the Hub does ({type(error).__name__}: {error!s:.200}). "
            f"Does this network ask you to log in first? {AGAIN}"
        ) from error


def transport_error() -> type[Exception]:
    """Return the base of the HTTP library's errors; the library depends on the client."""
    from huggingface_hub import errors  # noqa: PLC0415 - see above

    return next(base for base in errors.HfHubHTTPError.__bases__ if base is not OSError)


def _explain(error: HfHubHTTPError, endpoint: str, repo: str) -> str:
    status = error.response.status_code
    said = error.server_message or f"status {status}"
    if status == 401:
        return f"{endpoint} does not accept this login ({said}). {LOGIN}"
    if status in {402, 413, 507} or _is_quota(said):
        return (
            f"{endpoint} refuses more data for {repo} ({said}). Free space, ask the owner of "
            f"{repo.partition('/')[0]} for more, or publish a smaller size; then push again."
        )
    if status in {403, 404}:
        return (
            f"You may not write to {repo} ({said}). Check the name, ask its owner for write "
            f"access, or use a token that has it. {LOGIN}"
        )
    if status == 429:
        asked = asked_to_wait(error)
        wait = "some minutes" if asked is None else f"{asked:g} s"
        return f"{endpoint} asks to slow down ({said}). Wait {wait}. {AGAIN}"
    return f"{endpoint} failed on {repo} (status {status}: {said}). {AGAIN}"


def _is_quota(text: str) -> bool:
    return any(word in text.lower() for word in ("quota", "storage limit", "storage space"))
