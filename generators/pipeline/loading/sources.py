"""Where training samples come from: generated here, a built folder, or a dataset on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.loading.samples import Request, generate_samples, iter_generated
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

GENERATE = "generate"


def load_samples(
    request: Request,
    source: str = GENERATE,
    *,
    cache: Path = Path("data/cache"),
    workers: int = 1,
    device: str = "cpu",
    progress: Callable[[int, int], object] | None = None,
) -> dict[str, NDArray[Any]]:
    """Return the first samples of a split as arrays.

    Parameters
    ----------
    request : Request
        Which samples and columns.
    source : str
        ``"generate"``, a built folder, or a Hub dataset such as ``mesoinv/pldos@v1.0.0``.
    cache : Path
        Folder that keeps generated samples.
    workers, device, progress
        For generating, as for `generate_samples`.

    Returns
    -------
    dict of str to array
        Column -> (count, …) array in its storage type.

    Raises
    ------
    MesoinvError
        If the source does not hold so many samples.
    """
    if source == GENERATE:
        return generate_samples(request, cache, workers=workers, device=device, progress=progress)
    parts = list(_read_built(request, _folder(request, source)))
    return {name: np.concatenate([p[name] for p in parts]) for name in request.columns}


def iter_samples(
    request: Request,
    source: str = GENERATE,
    *,
    cache: Path = Path("data/cache"),
    workers: int = 1,
    device: str = "cpu",
    progress: Callable[[int, int], object] | None = None,
) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the samples of `load_samples` in pieces, one in memory at a time."""
    if source == GENERATE:
        return iter_generated(request, cache, workers=workers, device=device, progress=progress)
    return _read_built(request, _folder(request, source))


def _folder(request: Request, source: str) -> Path:
    folder = Path(source)
    return folder if folder.is_dir() else _download(request, source)


def _download(request: Request, source: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415  (not needed to generate)

    repo, _, revision = source.partition("@")
    patterns = [f"{request.config}/{request.split}-*.parquet"]
    try:
        return Path(
            snapshot_download(
                repo, repo_type="dataset", revision=revision or None, allow_patterns=patterns
            )
        )
    except Exception as error:
        raise MesoinvError(
            f"{source!r} is neither {GENERATE!r} nor a folder, and could not be downloaded from "
            f"the Hub: {error}"
        ) from error


def _read_built(request: Request, folder: Path) -> Iterator[dict[str, NDArray[Any]]]:
    """Return the row groups of a split's files, once it is known that they hold enough."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    request.dtypes()
    files = sorted((folder / request.config).glob(f"{request.split}-*.parquet"))
    rows = {path: pq.read_metadata(path).num_rows for path in files}
    if sum(rows.values()) < request.count:
        raise MesoinvError(
            f"{folder} holds {sum(rows.values())} samples of {request.config}/{request.split}; "
            f"{request.count} are needed. Take fewer samples, build a larger size, or use "
            f"--data {GENERATE}."
        )
    return _rows_of(request, rows)


def _rows_of(request: Request, rows: dict[Path, int]) -> Iterator[dict[str, NDArray[Any]]]:
    from mesoinv.generators.pipeline.storage import iter_tables, to_numpy  # noqa: PLC0415

    declared = resolve_dataset(request.dataset).columns(request.config)
    columns = [c for c in declared if c.name in request.columns]
    left = request.count
    for path, there in rows.items():
        for table in iter_tables(path, 0, min(left, there), columns):
            yield to_numpy(table, columns)
        left -= min(left, there)
