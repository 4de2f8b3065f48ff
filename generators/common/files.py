"""Writing files so that a kill leaves the old one or the new one, never half of one."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator


def given_path(path: str | os.PathLike[str]) -> Path:
    """Return a path that somebody gave, ``~`` written out; unchanged if there is no such home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; a name that no file system holds is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


#: How the stand-in begins that Git leaves where its extension for large files is not set up.
_LFS_POINTER = b"version https://git-lfs"


def lfs_hint(path: Path) -> str:
    """Return what to do about a file that only stands for a large one; empty if it is not one."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_LFS_POINTER))
    except OSError:
        return ""
    if start != _LFS_POINTER:
        return ""
    return " It stands for a large file that Git did not fetch: run `git lfs pull` there."


def replace_text(path: Path, text: str) -> None:
    """Write a text file in one step: under a temporary name beside it, which is then renamed.

    Parameters
    ----------
    path : Path
        Where the text is to be; what is there already is replaced.
    text : str
        Its content, stored as UTF-8.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it to `path` when all went well.

    Its name is nobody else's, so that two processes may write the same file; it is removed after a
    failure.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
