"""Fetches the two files of a model on the Hub, after the Hub has said how large they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.eval.submission.files import MAX_BYTES, MAX_OTHER_BYTES
from mesoinv.eval.submission.problems import Problem, RefusedError
from mesoinv.generators.hub.client import hub_errors
from mesoinv.generators.hub.download import check_content
from mesoinv.generators.hub.patience import patiently
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoSibling

LIMITS = {CONFIG: MAX_OTHER_BYTES, WEIGHTS: MAX_BYTES[".safetensors"]}


def fetch_model(repo: str, revision: str, cache: Path) -> Path:
    """Return a folder with ``config.json`` and ``model.safetensors`` of a commit, nothing else.

    No login is sent: what is scored must be there for everybody.

    Parameters
    ----------
    repo, revision : str
        ``owner/name`` and the 40 digits of a commit.
    cache : Path
        Folder that keeps what was fetched.

    Raises
    ------
    RefusedError
        If there is no such public model or commit, a file is missing or too large.
    MesoinvError
        If the Hub cannot be reached, or a file is not what the Hub holds.
    """
    return patiently(lambda: _fetched(repo, revision, cache))


def _fetched(repo: str, revision: str, cache: Path) -> Path:
    from huggingface_hub import HfApi  # noqa: PLC0415  (reads its settings at import)

    api = HfApi(token=False)
    with hub_errors(api.endpoint, repo):
        files = _files(api, repo, revision)
        _check_sizes(files)
        folder = Path(cache) / "submitted" / f"{repo.replace('/', '--')}--{revision}"
        for name in LIMITS:
            api.hf_hub_download(repo, name, revision=revision, local_dir=folder)
    for name, file in files.items():
        check_content(folder / name, file.lfs.sha256 if file.lfs else str(file.blob_id))
    return folder


def _files(api: HfApi, repo: str, revision: str) -> dict[str, RepoSibling]:
    from huggingface_hub.errors import (  # noqa: PLC0415
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        info = api.model_info(repo, revision=revision, files_metadata=True)
    except RepositoryNotFoundError:
        fix = "Check the name, and make it public: everybody must be able to score it."
        raise _refused(f"there is no public model {repo}.", fix) from None
    except RevisionNotFoundError:
        fix = "Write the commit that the page of its files shows."
        raise _refused(f"{repo} has no commit {revision}.", fix) from None
    if info.sha != revision:  # a branch or tag of that name
        raise _refused(f"{revision} is not a commit of {repo}.", "Write a commit, not a name.")
    there = {item.rfilename: item for item in info.siblings or []}
    if missing := [name for name in LIMITS if name not in there]:
        fix = "Publish a model of mesoinv: `mesoinv push FOLDER --repo OWNER/NAME`."
        raise _refused(f"{repo} has no {' and no '.join(missing)}.", fix)
    return {name: there[name] for name in LIMITS}


def _check_sizes(files: dict[str, RepoSibling]) -> None:
    for name, limit in LIMITS.items():
        size = files[name].size
        if size is None or size > limit:
            said = "an unknown size" if size is None else f"{size / 1e6:.1f} MB"
            raise _refused(f"{name} has {said}; allowed are {limit / 1e6:g} MB.", "Submit less.")


def _refused(what: str, fix: str) -> RefusedError:
    return RefusedError(Problem("hub_model", what, fix))
