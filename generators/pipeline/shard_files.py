"""Opening parquet files that may not be what their names say."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.files import lfs_hint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def opened_shard(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a parquet file; what goes wrong with it, now or while it is read, names it.

    Raises
    ------
    MesoinvError
        If it is missing, cut off, damaged, or stands for a file that was not fetched.
    """
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except FileNotFoundError:
        raise MesoinvError(f"There is no file {path}.") from None
    except (pa.ArrowException, OSError) as error:
        raise MesoinvError(
            f"{path} is no whole parquet file ({error!s:.200}).{lfs_hint(path)}"
        ) from error


def count_rows(path: Path) -> int:
    """Return how many rows a parquet file has.

    Raises
    ------
    MesoinvError
        As `opened_shard`.
    """
    with opened_shard(path) as file:
        return int(file.metadata.num_rows)
