"""Files of a repository of the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import MesoinvError

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
        If there is no such repository, or it cannot be reached.
    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415  (an offline machine needs none)
    from huggingface_hub.errors import (  # noqa: PLC0415
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    try:
        folder = snapshot_download(
            repo, repo_type=kind, revision=revision, allow_patterns=list(patterns)
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError, ValueError) as e:
        raise MesoinvError(f"{repo} could not be downloaded from the Hub: {e}") from e
    return Path(folder)
