"""numba's compiler with a cache on disk, also where neither the package nor HOME can be written.

In a container both may be read-only, and numba then refuses to compile at all. What it stores is
run when it is read, so the folder that replaces them is one that only this user can write to.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

F = TypeVar("F", bound="Callable[..., Any]")


def compiled(**options: Any) -> Callable[[F], F]:
    """Return a decorator that compiles a function when it is first called, and keeps the code.

    Parameters
    ----------
    **options
        Of `numba.njit`.
    """

    def decorate(function: F) -> F:
        try:
            made: F = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # no place for the cache
            with _own_cache():
                made = numba.njit(cache=True, **options)(function)
        return made

    return decorate


@contextmanager
def _own_cache() -> Iterator[None]:
    """Let numba take our folder for what is decorated meanwhile, and nothing else."""
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(_folder())
    try:
        yield
    finally:
        settings.CACHE_DIR = before


@cache
def _folder() -> Path:
    """Return a folder for temporary files that belongs to this user alone; kept between runs."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    folder = Path(tempfile.gettempdir()) / f"mesoinv-numba-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
        if not folder.is_symlink() and about.st_uid == user and not about.st_mode & 0o022:
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="mesoinv-numba-"))  # somebody else's: one of our own
