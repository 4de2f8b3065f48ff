"""A picture of one sample of each dataset, for the front page of the website."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from mesoinv.generators.common.files import replacing
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Which sample of the split `test` is shown.
INDEX = 3
_RESOLUTION = 90


def sample_pictures(datasets: Iterable[str], cache: Path) -> dict[str, bytes]:
    """Draw a sample of each dataset's default configuration; needs matplotlib.

    Parameters
    ----------
    datasets : iterable of str
    cache : Path
        Folder that keeps pictures.

    Returns
    -------
    dict of str to bytes
        Dataset -> PNG.
    """
    cache.mkdir(parents=True, exist_ok=True)
    pictures = {}
    for name in datasets:
        path = cache / picture_name(name)
        if not path.exists():
            with replacing(path) as place:
                place.write_bytes(_picture(name))
        pictures[name] = path.read_bytes()
    return pictures


def picture_name(name: str) -> str:
    """Return the file name of a dataset's picture; that of another version is another file."""
    return f"{name}-{resolve_dataset(name).version}.png"


def _picture(name: str) -> bytes:
    dataset = resolve_dataset(name)
    batch = generate(name, dataset.default_config, "test", [INDEX])
    figure = dataset.figure(dataset.default_config, batch)
    data = io.BytesIO()
    figure.savefig(data, dpi=_RESOLUTION, bbox_inches="tight", metadata={"Software": None})
    return data.getvalue()
