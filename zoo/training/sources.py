"""Where training samples come from: generated here, a built folder, or a dataset on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.pipeline.errors import MesoinvError
from mesoinv.zoo.training.samples import Request, generate_samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

GENERATE = "generate"


def load_samples(
    request: Request,
    source: str = GENERATE,
    *,
    cache: Path = Path("data/cache"),
    workers: int = 1,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
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
    folder = Path(source)
    return _read_built(request, folder if folder.is_dir() else _download(request, source))


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


def _read_built(request: Request, folder: Path) -> dict[str, NDArray[Any]]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    from mesoinv.generators import get_dataset  # noqa: PLC0415
    from mesoinv.generators.pipeline.storage import read_rows  # noqa: PLC0415

    request.dtypes()
    columns = [
        c for c in get_dataset(request.dataset).columns(request.config) if c.name in request.columns
    ]
    parts, left = [], request.count
    for path in sorted((folder / request.config).glob(f"{request.split}-*.parquet")):
        rows = min(left, pq.read_metadata(path).num_rows)
        if rows:
            parts.append(read_rows(path, 0, rows, columns))
        left -= rows
    if left:
        raise MesoinvError(
            f"{folder} holds {request.count - left} samples of {request.config}/{request.split}; "
            f"{request.count} are needed. Build a larger size, or use --data {GENERATE}."
        )
    return {name: np.concatenate([p[name] for p in parts]) for name in request.columns}
