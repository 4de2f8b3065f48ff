"""The output folder: whose it is, who is writing to it, and what is finished in it."""

from __future__ import annotations

import errno
import fcntl
import os
import warnings
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.provenance import library_versions, version_of
from mesoinv.generators.pipeline.manifest import MANIFEST, ConfigRecord, Manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Dataset

WORK = ".build"  # parts and half-written files of an unfinished build
#: What file systems such as NFS and Lustre say where locks are not set up.
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
_CHOOSE = "Choose another folder with --out, or remove this one."


def check_folder(folder: Path) -> None:
    """Refuse a path that is no folder, or a folder with something else than a build in it."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, not a folder. Choose another one with --out.")
    if not folder.exists() or (folder / MANIFEST).exists():
        return
    ours = {WORK, f".{MANIFEST}.tmp"}
    if others := sorted(path.name for path in folder.iterdir() if path.name not in ours):
        shown = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        raise UsageError(f"{folder} is not a build, it holds {shown}. {_CHOOSE}")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one build; a lock is released by the system when its holder dies.

    Raises
    ------
    MesoinvError
        If another build holds it.
    """
    with ExitStack() as stack:
        stack.callback(os.close, _acquire(folder))
        stack.callback(_remove_lock, folder / WORK / "lock")
        yield


def _remove_lock(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):  # not empty: parts of an unfinished build
        path.parent.rmdir()


def _acquire(folder: Path) -> int:
    path = folder / WORK / "lock"
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the holder just finished and removed the folder
            continue
        except OSError as error:
            raise MesoinvError(
                f"Cannot write to {folder}: {error.strerror}. Choose another folder with --out."
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # a finished holder removes the file: what we locked must be what others will find
            if path.exists() and os.path.samestat(path.stat(), os.fstat(handle)):
                return handle
        except BlockingIOError:
            os.close(handle)
            raise MesoinvError(
                f"Another build is writing to {folder}. Wait for it, or choose another "
                "folder with --out."
            ) from None
        except OSError as error:
            if error.errno in _NO_LOCKS:
                warnings.warn(
                    f"{folder} lies on a file system without locks: see to it that no second build "
                    "writes there.",
                    stacklevel=2,
                )
                return handle
            os.close(handle)
            raise
        os.close(handle)


def open_manifest(folder: Path, dataset: Dataset, expected: dict[str, ConfigRecord]) -> Manifest:
    """Read the folder's manifest, or begin one, and check that it belongs to what is asked.

    Parameters
    ----------
    folder : Path
        The output folder.
    dataset : Dataset
        What is being built.
    expected : dict of str to ConfigRecord
        The records of the asked configurations, as they are before the first shard.

    Returns
    -------
    Manifest
        Without shards whose file is missing or has another length.

    Raises
    ------
    UsageError
        If the folder holds another dataset or version, or an asked configuration at another size
        or from another solver or other parameters.
    """
    if not (folder / MANIFEST).exists():
        return Manifest(
            dataset=dataset.name,
            version=dataset.version,
            mesoinv=version_of("mesoinv") or "unknown",
            libraries=library_versions(),
        )
    manifest = read_manifest(folder)
    here, asked = f"{manifest.dataset} {manifest.version}", f"{dataset.name} {dataset.version}"
    if here != asked:
        raise UsageError(f"{folder} holds {here}, asked was {asked}. {_CHOOSE}")
    for name, record in expected.items():
        if name in manifest.configs and (difference := _differs(manifest.configs[name], record)):
            raise UsageError(f"{folder} holds {dataset.name}/{name} {difference}. {_CHOOSE}")
    for record in manifest.configs.values():
        _drop_lost(folder, record)
    return manifest


def _differs(here: ConfigRecord, asked: ConfigRecord) -> str:
    if here.commitment != asked.commitment:
        return (
            f"from another key (its commitment is {here.commitment}, that of the key given is "
            f"{asked.commitment})"
        )
    for field in ("kind", "source", "size", "solver", "parameters", "columns", "only"):
        old, new = getattr(here, field), getattr(asked, field)
        if old != new:
            return f"with {field} {old!r}, asked was {new!r}"
    old_splits = {name: (split.stream, split.num_rows) for name, split in here.splits.items()}
    new_splits = {name: (split.stream, split.num_rows) for name, split in asked.splits.items()}
    if old_splits != new_splits:
        return f"with splits {old_splits}, asked was {new_splits}"
    return ""


def _drop_lost(folder: Path, record: ConfigRecord) -> None:
    for split in record.splits.values():
        split.shards = [s for s in split.shards if _size(folder / s.file) == s.num_bytes]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
