"""Files of a repository of the Hub."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.hub.client import git_sha1, transport_error
from mesoinv.generators.hub.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesoinv.generators.hub.client import Kind


def download(repo: str, revision: str | None, patterns: Sequence[str], *, kind: Kind) -> Path:
    """Return a folder of the client's cache with some files of a repository.

    Parameters
    ----------
    repo, revision : str
        ``owner/name``; the newest by default.
    patterns : sequence of str
        Names of files, with ``*``.
    kind : {"model", "dataset"}
        Of the repository.

    Raises
    ------
    MesoinvError
        If there is no such repository, it cannot be reached, or a file is not what the Hub holds.
    """
    folder = patiently(lambda: _snapshot(repo, revision, patterns, kind))
    for path in folder.rglob("*"):
        if path.is_file():
            check_content(path, path.resolve().name)
    return folder


def _snapshot(repo: str, revision: str | None, patterns: Sequence[str], kind: Kind) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415  (an offline machine needs none)
    from huggingface_hub.errors import (  # noqa: PLC0415
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    expected = HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, transport_error()
    try:
        folder = snapshot_download(
            repo, repo_type=kind, revision=revision, allow_patterns=list(patterns)
        )
    except (*expected, OSError, ValueError, RuntimeError, KeyError) as error:
        raise MesoinvError(
            f"{repo} could not be downloaded from the Hub ({type(error).__name__}: {error!s:.500})."
        ) from error
    return Path(folder)


def check_content(path: Path, digest: str) -> None:
    """Compare a file with the digest that the Hub keeps of it; the client's cache is named by it.

    Parameters
    ----------
    path : Path
        A file, or a link to one.
    digest : str
        SHA-256 of a large file, or git's digest of a small one. Anything else is no digest, as
        where the client's cache cannot hold links: nothing is compared.

    Raises
    ------
    MesoinvError
        If the file has another digest.
    """
    if re.fullmatch("[0-9a-f]{64}", digest):
        with path.open("rb") as file:
            there = hashlib.file_digest(file, "sha256").hexdigest()
    elif re.fullmatch("[0-9a-f]{40}", digest):
        there = git_sha1(path.read_bytes())
    else:
        return
    if there != digest:
        raise MesoinvError(
            f"{path} is not the file that the Hub holds: it was changed on this disk or on its "
            f"way. Remove {path.resolve()}, and it is downloaded again."
        )
