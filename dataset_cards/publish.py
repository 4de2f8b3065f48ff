"""Publishes a build: check, render the card, upload what is missing, compare, tag.

The Hub repository becomes what the build folder holds. A tag is set last, on the commit whose files
were compared with the manifest, so that a tag never names half of an upload.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mesoinv.dataset_cards import hub
from mesoinv.dataset_cards.facts import Build, open_build
from mesoinv.dataset_cards.figures import draw_figures, existing_figures, missing_figures
from mesoinv.dataset_cards.render import CARD, card_files, render_card, repo_name, stale_files
from mesoinv.generators.pipeline.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.manifest import MANIFEST
from mesoinv.generators.pipeline.verify import verify as verify_build

if TYPE_CHECKING:
    from collections.abc import Callable

    from huggingface_hub import HfApi

    from mesoinv.generators.pipeline.base import Dataset

#: What a push may delete on the Hub when the build no longer has it.
OURS = ("*.parquet", "figures/*.png", "eval.yaml")


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
        All files of the build, and those deleted on the Hub.
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
class _Local:
    num_bytes: int
    sha256: str
    git_sha1: str | None = None  # not known of shards: the Hub keeps the SHA-256 of large files


def push(
    folder: str | Path,
    repo: str,
    tag: str | None = None,
    *,
    private: bool = False,
    dry_run: bool = False,
    verify: bool = True,
    dataset: str | Dataset | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> PushReport:
    """Publish a build as a Hub dataset repository.

    The Hub client's own login is used. After an interruption, call it again: files that have
    arrived are not sent twice.

    Parameters
    ----------
    folder : str or Path
        A complete build.
    repo : str
        ``owner/name``; created if it does not exist.
    tag : str, optional
        ``v`` and the version of the dataset; without it, only ``main`` is changed.
    private : bool
        Visibility of a repository that is created now.
    dry_run : bool
        List what would happen and change nothing, here or on the Hub.
    verify : bool
        Check the files against their digests and seeds first.
    dataset : str or Dataset, optional
        Declaration of a dataset that mesoinv does not list, see `resolve_dataset`.
    progress : callable, optional
        Called with (steps done, steps in total) of the check.

    Returns
    -------
    PushReport
        Every file with what was done with it.

    Raises
    ------
    UsageError
        If the repository's name or the tag is not an allowed one, or nobody is logged in.
    MesoinvError
        If the build is not complete or does not verify, the tag exists, or the Hub cannot be
        reached or refuses: no permission, no space.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415 - see mesoinv.dataset_cards.hub

    build, api = open_build(Path(folder), dataset), HfApi()
    name = repo_name(repo, build.dataset.name)
    _check_tag(build, tag)
    steps, before = _ask(api, name, dry_run=dry_run)
    if tag in before.tags:
        raise MesoinvError(
            f"{name} already has the tag {tag}, and published versions do not change. Raise the "
            "version of the dataset, or push without a tag."
        )
    if verify:
        _verify(build, progress)
        steps.append("check the files against their digests and seeds")
    steps += _card_steps(build, name)
    steps += [] if before.exists else [f"create {'private ' if private else ''}{name}"]
    if not dry_run:
        draw_figures(build)
        render_card(build.folder, name, dataset=build.dataset)
    local = _local_files(build, name)
    files = _compare(local, before)
    steps += _upload_steps(files, tag)
    commit = None if dry_run else _upload(api, name, build, local, tag=tag, private=private)
    url = f"{api.endpoint}/datasets/{name}"
    return PushReport(name, url, tag, commit, files, tuple(steps), dry_run)


def _check_tag(build: Build, tag: str | None) -> None:
    expected = f"v{build.manifest.version}"
    if tag is not None and tag != expected:
        raise UsageError(
            f"Tag {tag!r} does not name this version: the build in {build.folder} is "
            f"{build.dataset.name} {build.manifest.version}, so the tag is {expected}."
        )


def _ask(api: HfApi, repo: str, *, dry_run: bool) -> tuple[list[str], hub.RemoteState]:
    """Return the first step and what the repository holds; a dry run does without an answer."""
    try:
        user = hub.user_name(api, repo)
        return [f"log in to {api.endpoint} as {user}"], hub.read_state(api, repo)
    except MesoinvError as error:
        if not dry_run:
            raise
        return [f"ask the Hub, which did not answer now: {error}"], hub.RemoteState()


def _verify(build: Build, progress: Callable[[int, int], object] | None) -> None:
    report = verify_build(build.folder, dataset=build.dataset, progress=progress)
    if not report.ok:
        found = "; ".join(str(problem) for problem in report.problems[:3])
        raise MesoinvError(
            f"The build in {build.folder} does not verify, so it is not published: {found}. "
            "`mesoinv verify` lists everything; remove damaged files and run `mesoinv generate`."
        )


def _card_steps(build: Build, repo: str) -> list[str]:
    figures = [f"draw {figure.path}" for figure in missing_figures(build)]
    # new figures are named in the card
    stale = [CARD] if figures else []
    return figures + [
        f"render {name}" for name in dict.fromkeys([*stale, *stale_files(build, repo)])
    ]


def _upload_steps(files: tuple[PushFile, ...], tag: str | None) -> list[str]:
    words = {"upload": "upload {} files", "replace": "replace {}", "delete": "delete {}"}
    counts = {action: sum(f.action == action for f in files) for action in words}
    steps = [text.format(counts[action]) for action, text in words.items() if counts[action]]
    return (steps or ["change no file"]) + ([f"tag {tag}"] if tag else [])


def _local_files(build: Build, repo: str) -> dict[str, _Local]:
    shards = {s.file: _Local(s.num_bytes, s.sha256) for s in build.shards}
    texts = {name: text.encode() for name, text in card_files(build, repo).items()}
    paths = [MANIFEST, *(figure.path for figure in existing_figures(build))]
    small = {**{path: (build.folder / path).read_bytes() for path in paths}, **texts}
    return shards | {
        path: _Local(len(data), hashlib.sha256(data).hexdigest(), hub.git_sha1(data))
        for path, data in sorted(small.items())
    }


def _compare(local: dict[str, _Local], state: hub.RemoteState) -> tuple[PushFile, ...]:
    files = [PushFile(path, it.num_bytes, _action(it, state, path)) for path, it in local.items()]
    gone = [p for p in state.files if p not in local and any(fnmatchcase(p, o) for o in OURS)]
    return (*files, *(PushFile(path, state.files[path].num_bytes, "delete") for path in gone))


def _action(
    item: _Local, state: hub.RemoteState, path: str
) -> Literal["upload", "replace", "keep"]:
    if path not in state.files:
        return "upload"
    return "keep" if state.files[path].holds(item.sha256, item.git_sha1) else "replace"


def _upload(
    api: HfApi,
    repo: str,
    build: Build,
    local: dict[str, _Local],
    *,
    tag: str | None,
    private: bool,
) -> str:
    version = f"{build.dataset.name} {build.manifest.version}"
    with hub.hub_errors(api.endpoint, repo):
        api.create_repo(repo, repo_type=hub.KIND, private=private, exist_ok=True)
        commit = api.upload_folder(
            repo_id=repo,
            repo_type=hub.KIND,
            folder_path=build.folder,
            allow_patterns=list(local),  # nothing else that lies in the folder is published
            delete_patterns=list(OURS),
            commit_message=f"{version}, built by mesoinv {build.manifest.mesoinv}",
        )
        _check_arrived(local, hub.list_files(api, repo, commit.oid), repo)
        if tag is not None:
            api.create_tag(
                repo, repo_type=hub.KIND, tag=tag, revision=commit.oid, tag_message=version
            )
    return str(commit.oid)


def _check_arrived(local: dict[str, _Local], remote: dict[str, hub.RemoteFile], repo: str) -> None:
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
