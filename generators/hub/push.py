"""Makes a Hub repository what a folder holds: compare, upload what is missing, check, tag.

A tag is set last, on the commit whose files were compared with those sent, so that a tag never
names half of an upload.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.hub import client as hub
from mesoinv.generators.hub.patience import patiently

if TYPE_CHECKING:
    from pathlib import Path

    from huggingface_hub import HfApi


@dataclass(frozen=True)
class PushFile:
    """One file and what a push does with it."""

    path: str
    num_bytes: int
    action: Literal["upload", "replace", "keep", "delete"]


@dataclass(frozen=True)
class PushReport:
    """What a push did, or would do.

    Attributes
    ----------
    repo, url : str
        The repository and its page.
    tag : str or None
        The tag that was set.
    commit : str or None
        The published commit; None for a dry run.
    files : tuple of PushFile
        All files of the folder that are published, and those deleted on the Hub.
    steps : tuple of str
        What was or would be done, in order.
    dry_run : bool
        Whether nothing was changed.
    """

    repo: str
    url: str
    tag: str | None
    commit: str | None
    files: tuple[PushFile, ...]
    steps: tuple[str, ...]
    dry_run: bool

    @property
    def num_bytes(self) -> int:
        """Bytes that are new to the Hub."""
        return sum(f.num_bytes for f in self.files if f.action in {"upload", "replace"})


@dataclass(frozen=True)
class LocalFile:
    """A file to publish: its size and digests."""

    num_bytes: int
    sha256: str
    git_sha1: str | None = None  # not known of shards: the Hub keeps the SHA-256 of large files


@dataclass(frozen=True)
class Publication(ABC):
    """What is published where; a kind of data or models says how it is checked and described.

    Attributes
    ----------
    kind : str
        ``"dataset"``, ``"model"`` or ``"space"`` (a static one).
    repo : str
        ``owner/name``.
    folder : Path
        Holds the files.
    title : str
        What it is, with its version: message of the tag.
    made_by : str
        What made it, as the message of the commit goes on after the title.
    tag : str or None
        Set on the published commit.
    private : bool
        Visibility of a repository that is created now.
    disposable : tuple of str
        Patterns of what may be deleted on the Hub when the folder no longer has it.
    """

    kind: hub.Kind
    repo: str
    folder: Path
    title: str
    made_by: str
    tag: str | None
    private: bool
    disposable: tuple[str, ...]

    def url(self, api: HfApi) -> str:
        """Return the page of the repository."""
        kinds = {"dataset": ["datasets"], "space": ["spaces"], "model": []}
        return "/".join([api.endpoint, *kinds[self.kind], self.repo])

    @abstractmethod
    def check(self) -> str:
        """Check the files, and return that step in words.

        Raises
        ------
        MesoinvError
            If they are not fit to be published.
        """

    @abstractmethod
    def card_steps(self) -> list[str]:
        """Return the steps of `write_card` in words."""

    @abstractmethod
    def write_card(self) -> None:
        """Write the card and its figures into the folder."""

    @abstractmethod
    def files(self) -> dict[str, LocalFile]:
        """Return path -> content of everything that is published, the card as it will be."""


def content(data: bytes) -> LocalFile:
    """Return size and digests of a file's content."""
    return LocalFile(len(data), hashlib.sha256(data).hexdigest(), hub.git_sha1(data))


def publish(publication: Publication, *, dry_run: bool, verify: bool) -> PushReport:
    """Make a Hub repository what a folder holds: check it, write its card, upload, compare, tag.

    Parameters
    ----------
    publication : Publication
        What is published where.
    dry_run : bool
        List what would happen and change nothing, here or on the Hub.
    verify : bool
        Check the files first.

    Returns
    -------
    PushReport
        Every file with what was done with it.

    Raises
    ------
    UsageError
        If nobody is logged in.
    MesoinvError
        If the files are not fit to be published, the tag exists, or the Hub cannot be reached or
        refuses.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415 - see mesoinv.generators.hub.client

    api, it = HfApi(), publication
    steps, before = _ask(api, it, dry_run=dry_run)
    if verify:
        steps.append(it.check())
    steps += [*it.card_steps(), *_create_steps(it, before)]
    if not dry_run:
        it.write_card()
    local = it.files()
    files = _compare(it, local, before)
    steps += _upload_steps(files, it.tag)
    commit = None if dry_run else patiently(lambda: _upload(api, it, local))
    return PushReport(it.repo, it.url(api), it.tag, commit, files, tuple(steps), dry_run)


def _ask(
    api: HfApi, publication: Publication, *, dry_run: bool
) -> tuple[list[str], hub.RemoteState]:
    """Return the first steps and what the repository holds; a dry run does without an answer.

    Raises
    ------
    MesoinvError
        If the Hub does not answer, nobody is logged in, or the tag exists.
    """
    repo, tag = publication.repo, publication.tag
    try:
        user = patiently(lambda: hub.user_name(api, repo))
        steps = [f"log in to {api.endpoint} as {user}"]
        state = patiently(lambda: hub.read_state(api, repo, publication.kind))
    except MesoinvError as error:
        if not dry_run:
            raise
        return [f"ask the Hub, which did not answer now: {error}"], hub.RemoteState()
    if tag in state.tags:
        raise MesoinvError(
            f"{repo} already has the tag {tag}, and published versions do not change. Raise the "
            f"version of the {publication.kind}, or push without a tag."
        )
    return steps, state


def _create_steps(publication: Publication, state: hub.RemoteState) -> list[str]:
    """Return the step that makes the repository, if there is none."""
    private = "private " if publication.private else ""
    return [] if state.exists else [f"create {private}{publication.repo}"]


def _compare(
    publication: Publication, local: dict[str, LocalFile], state: hub.RemoteState
) -> tuple[PushFile, ...]:
    """Return what has to be done with each file."""
    files = [PushFile(path, it.num_bytes, _action(it, state, path)) for path, it in local.items()]
    ours = publication.disposable
    gone = [p for p in state.files if p not in local and any(fnmatchcase(p, o) for o in ours)]
    return (*files, *(PushFile(path, state.files[path].num_bytes, "delete") for path in gone))


def _action(
    item: LocalFile, state: hub.RemoteState, path: str
) -> Literal["upload", "replace", "keep"]:
    if path not in state.files:
        return "upload"
    return "keep" if state.files[path].holds(item.sha256, item.git_sha1) else "replace"


def _upload_steps(files: tuple[PushFile, ...], tag: str | None) -> list[str]:
    """Return the steps of `_upload` in words."""
    words = {"upload": "upload {} files", "replace": "replace {}", "delete": "delete {}"}
    counts = {action: sum(f.action == action for f in files) for action in words}
    steps = [text.format(counts[action]) for action, text in words.items() if counts[action]]
    return (steps or ["change no file"]) + ([f"tag {tag}"] if tag else [])


def _upload(api: HfApi, publication: Publication, local: dict[str, LocalFile]) -> str:
    """Create the repository, send what it lacks, check what arrived, tag.

    Returns
    -------
    str
        The published commit.

    Raises
    ------
    MesoinvError
        If the Hub cannot be reached or refuses, or holds something else afterwards.
    """
    repo, kind = publication.repo, publication.kind
    with hub.hub_errors(api.endpoint, repo):
        sdk = "static" if kind == "space" else None
        api.create_repo(
            repo, repo_type=kind, private=publication.private, exist_ok=True, space_sdk=sdk
        )
        commit = api.upload_folder(
            repo_id=repo,
            repo_type=kind,
            folder_path=publication.folder,
            allow_patterns=list(local),  # nothing else that lies in the folder is published
            delete_patterns=list(publication.disposable),
            commit_message=f"{publication.title}, {publication.made_by}",
        )
        _check_arrived(local, hub.list_files(api, repo, kind, commit.oid), repo)
        if publication.tag is not None:
            api.create_tag(
                repo, repo_type=kind, tag=publication.tag, revision=commit.oid,
                tag_message=publication.title,
            )  # fmt: skip
            refs = api.list_repo_refs(repo, repo_type=kind)
            if publication.tag not in {tag.name for tag in refs.tags}:
                raise MesoinvError(f"{repo} has no tag {publication.tag} afterwards. {hub.AGAIN}")
    return str(commit.oid)


def _check_arrived(
    local: dict[str, LocalFile], remote: dict[str, hub.RemoteFile], repo: str
) -> None:
    wrong = [
        path
        for path, item in local.items()
        if path not in remote or not remote[path].holds(item.sha256, item.git_sha1)
    ]
    if wrong:
        raise MesoinvError(
            f"{len(wrong)} files of {repo} are not what was sent ({', '.join(wrong[:3])}), so no "
            f"tag was set. {hub.AGAIN}"
        )
