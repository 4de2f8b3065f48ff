"""Reads a stranger's parquet file in a process of its own first.

pyarrow ends the whole process at some damaged files (its parser throws where nothing catches), and
what a file unfolds to is only known when it is read. So a child with limits of memory and time
reads all of it; what it survives is read again where it is needed. The child imports pyarrow alone.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.eval.submission.problems import Problem, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_MEMORY = 8_000_000_000
MAX_SECONDS = 900
_OUT_OF_MEMORY, _TOO_MANY_ROWS = 3, 4

# errors that Python sees end it quietly: they come again, with better words, in the real reading
_SCRIPT = """
import sys
path, memory, rows, *wanted = sys.argv[1:]
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
import pyarrow.parquet
try:
    with pyarrow.parquet.ParquetFile(path) as file:
        if file.metadata.num_rows > int(rows):
            sys.exit(4)
        for number in range(file.metadata.num_row_groups):
            file.metadata.row_group(number)
        there = [name for name in wanted if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=256, columns=there, use_threads=False):
            batch.validate()
except MemoryError:
    sys.exit(3)
except Exception:
    pass
"""


def probe(path: Path, columns: Sequence[str], rows: int) -> None:
    """Read columns of a parquet file in a process of its own.

    Parameters
    ----------
    path : Path
        A plain file; it need not be a parquet file.
    columns : sequence of str
        What will be read of it.
    rows : int
        How many there may be; a file that claims more is not read.

    Raises
    ------
    RefusedError
        If there are more rows, or that process ends abnormally, needs too much memory, or takes
        too long.
    """
    # -I: neither this folder nor the user's environment decides what is imported
    command = [sys.executable, "-I", "-c", _SCRIPT, str(Path(path).absolute())]
    try:
        done = subprocess.run(  # noqa: S603  (our own program; the path is an argument, not code)
            [*command, str(MAX_MEMORY), str(rows), *columns],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=MAX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused(path, f"takes more than {MAX_SECONDS} s to read.") from None
    if done.returncode == _TOO_MANY_ROWS:
        raise _refused(path, f"claims more rows than the {rows} samples of the task.")
    if done.returncode == _OUT_OF_MEMORY:
        raise _refused(path, f"unfolds to more than {MAX_MEMORY / 1e9:g} GB.")
    if done.returncode != 0:
        raise _refused(path, "is damaged in a way that ends the program that reads it.")


def _refused(path: Path, what: str) -> RefusedError:
    fix = "Write it again, as `mesoinv predict` does, in row groups of about 100 samples."
    return RefusedError(Problem(path.name, what, fix))
