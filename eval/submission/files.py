"""What lies in a submission's folder: looked at without opening, following or trusting anything."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mesoinv.eval.submission.problems import Problem, RefusedError, quoted
from mesoinv.eval.submission.reading import FILE
from mesoinv.eval.submission.text import NAME
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.eval.submission.schema import Submission

#: Written by the board beside a submission that was taken; never read.
EVALUATION = "evaluation.json"
BESIDE = (FILE, "README.md", "LICENSE", EVALUATION)
MODEL_FILES = (CONFIG, WEIGHTS, "README.md")
MAX_ENTRIES = 64
_MAX_DEPTH = 4
MAX_BYTES = {".parquet": 2_000_000_000, ".safetensors": 2_000_000_000}
MAX_OTHER_BYTES = 1_000_000
MAX_TOTAL_BYTES = 2_500_000_000
PICKLES = {
    ".bin", ".ckpt", ".dill", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth", ".h5",
    ".keras", ".t7", ".th",
}  # fmt: skip


def list_files(folder: Path) -> tuple[dict[str, int], list[Problem]]:
    """Return the files of a folder (relative path with '/', bytes) and what may not be in it.

    Links, pipes, sockets and devices are refused by their kind alone: nothing is opened.
    """
    if reason := _no_folder(folder):
        return {}, [Problem(str(folder), reason, "Name the submission's own folder.")]
    files: dict[str, int] = {}
    problems: list[Problem] = []
    try:
        for number, (entry, depth) in enumerate(_walk(folder, 0)):
            if number >= MAX_ENTRIES:
                what = f"holds more than {MAX_ENTRIES} entries."
                fix = f"A submission has at most {len(BESIDE) + len(MODEL_FILES)} files."
                problems.append(Problem(str(folder), what, fix))
                break
            name = Path(entry.path).relative_to(folder).as_posix()
            kind = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(kind.st_mode):
                files[name] = kind.st_size
            elif not stat.S_ISDIR(kind.st_mode):
                problems.append(_no_file(name, kind.st_mode))
            elif depth == _MAX_DEPTH:
                what = f"lies {depth} folders deep, and nobody looks into it."
                problems.append(Problem(quoted(name), what, "Move what is in it up, or remove it."))
    except OSError as error:
        what = f"cannot be looked through ({error.strerror})."
        problems.append(Problem(str(folder), what, "Make everything in it readable."))
    return files, [*problems, *_sizes(files)]


def _no_folder(folder: Path) -> str | None:
    try:
        mode = folder.lstat().st_mode
    except (OSError, ValueError):
        return "is not there."
    return None if stat.S_ISDIR(mode) else "is not a folder, or is a link to one."


def _walk(folder: Path | str, depth: int) -> Iterator[tuple[os.DirEntry[str], int]]:
    """Yield what lies in a folder, with how many folders it lies deep."""
    with os.scandir(folder) as entries:
        files = []
        for entry in entries:
            files.append(entry)
            if len(files) > MAX_ENTRIES:
                break
    for entry in sorted(files, key=lambda entry: entry.name):
        yield entry, depth
        if depth < _MAX_DEPTH and entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, depth + 1)


def _no_file(name: str, mode: int) -> Problem:
    kind = "a link" if stat.S_ISLNK(mode) else "a pipe, socket or device"
    fix = "Put a copy of the file in its place." if stat.S_ISLNK(mode) else "Remove it."
    return Problem(quoted(name), f"is {kind}, not a plain file.", fix)


def _sizes(files: dict[str, int]) -> list[Problem]:
    problems = []
    for name, size in files.items():
        limit = MAX_BYTES.get(PurePosixPath(name).suffix, MAX_OTHER_BYTES)
        if size > limit:
            what = f"has {size / 1e6:.1f} MB; allowed are {limit / 1e6:g} MB."
            fix = (
                "Store fewer digits (float16, or float32 with zstd)." if limit > 1e7 else "Cut it."
            )
            problems.append(Problem(quoted(name), what, fix))
    if (total := sum(files.values())) > MAX_TOTAL_BYTES:
        what = f"has {total / 1e9:.1f} GB in all; allowed are {MAX_TOTAL_BYTES / 1e9:g} GB."
        problems.append(Problem("the folder", what, "Submit less."))
    return problems


def check_files(files: dict[str, int], submission: Submission) -> list[Problem]:
    """Compare what is there with what `submission` names."""
    needed = {FILE, *payload(submission)}
    optional = {*BESIDE}
    if submission.model is not None:
        optional.add(f"{submission.model}/README.md")
    expected = needed | optional
    problems = check_pickles(files)
    problems += [
        _unexpected(name, submission)
        for name in files
        if name not in expected and not _is_pickle(name)
    ]
    for name in sorted(needed - set(files)):
        fix = "Put it there, or correct the path in submission.yaml."
        problems.append(Problem(quoted(name), "is not there.", fix))
    return problems


def payload(submission: Submission) -> list[str]:
    """Return the files of the folder that are scored."""
    if submission.predictions is not None:
        return [submission.predictions]
    if submission.model is not None:
        return [f"{submission.model}/{name}" for name in (CONFIG, WEIGHTS)]
    return []


def check_pickles(files: dict[str, int]) -> list[Problem]:
    """Return the files that look like pickles; none is ever opened."""
    what = "may be a pickle, which can run any code when it is loaded, and is refused."
    fix = "Give weights as model.safetensors and predictions as parquet."
    return [Problem(quoted(name), what, fix) for name in files if _is_pickle(name)]


def _is_pickle(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in PICKLES


def _unexpected(name: str, submission: Submission) -> Problem:
    allowed = [*BESIDE[:3], *payload(submission)]
    if submission.model is not None:
        allowed.append(f"{submission.model}/README.md")
    fix = f"Move it out of the folder. Allowed: {', '.join(allowed)}."
    return Problem(quoted(name), "does not belong to the submission.", fix)


def read_small(path: Path, limit: int = MAX_OTHER_BYTES) -> bytes:
    """Return the content of a small plain file.

    Raises
    ------
    RefusedError
        If it is a link or no plain file (a pipe would wait for ever), too large, or not readable.
    """
    try:
        # O_NONBLOCK: opening a pipe returns at once; what it is, is asked of what was opened
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RefusedError(_no_file(path.name, 0))
            data = file.read(limit + 1)
    except OSError as error:
        what = f"cannot be read ({error.strerror})."
        raise RefusedError(Problem(quoted(path.name), what, "Put a plain file there.")) from None
    if len(data) > limit:
        what, fix = f"has more than {limit} bytes.", "Cut it."
        raise RefusedError(Problem(quoted(path.name), what, fix))
    return data


def find_submissions(root: str | Path) -> list[Path]:
    """Return the submissions below a folder, ``<root>/<task>/<name>/`` with a submission.yaml.

    Links are not followed, and whatever else lies there is left alone.

    Parameters
    ----------
    root : str or Path
        The folder ``submissions`` of a copy of the board's repository.

    Returns
    -------
    list of Path
        Sorted; empty if there is no such folder.
    """
    return [
        folder
        for task in _folders(Path(root))
        for folder in _folders(task)
        if (folder / FILE).is_file() and not (folder / FILE).is_symlink()
    ]


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    try:
        with os.scandir(parent) as entries:
            names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [parent / name for name in sorted(names) if re.fullmatch(NAME, name)]
