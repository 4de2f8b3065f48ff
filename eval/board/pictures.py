"""Pictures for the website: a sample of each dataset, and what the best models predict."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.files import replacing
from mesoinv.generators.common.pictures import own_style
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.config import weights_digest
from mesoinv.zoo.declared.models import local_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from matplotlib.figure import Figure

    from mesoinv.eval.board.records import Board

#: Which sample of the split `test` the front page shows, and which a task's page.
INDEX, EXAMPLES = 3, (3, 4, 5)
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
    return {name: _kept(cache / picture_name(name), partial(_sample, name)) for name in datasets}


def prediction_pictures(board: Board, cache: Path) -> dict[str, bytes]:
    """Draw what the best model of the zoo makes of a few samples, beside the truth; needs torch.

    Parameters
    ----------
    board : Board
    cache : Path
        Folder that keeps pictures.

    Returns
    -------
    dict of str to bytes
        ``TASK-INDEX`` -> PNG, of each task that has a model whose weights are here.
    """
    pictures = {}
    for task in board.tasks:
        best = next((row.name for row in task.rows if row.kind == "baseline"), None)
        digest = weights_digest(local_folder(best)) if best is not None else None
        if best is None or digest is None:
            continue
        for index in EXAMPLES:
            path = cache / f"{best}-{digest[:12]}-{index}.png"
            drawn = partial(_prediction, best, task.split, index, task.config)
            try:
                pictures[f"{task.id}-{index}"] = _kept(path, drawn)
            except MesoinvError:  # a model that takes something else than one sample
                break
    return pictures


def _kept(path: Path, draw: Callable[[], Figure]) -> bytes:
    """Return a picture, drawn if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as place, own_style():
            figure = draw()
            figure.savefig(
                place, format="png", dpi=_RESOLUTION, bbox_inches="tight",
                metadata={"Software": None},
            )  # fmt: skip
    return path.read_bytes()


def picture_name(name: str) -> str:
    """Return the file name of a dataset's picture; that of another version is another file."""
    return f"{name}-{resolve_dataset(name).version}.png"


def _sample(name: str) -> Figure:
    dataset = resolve_dataset(name)
    batch = generate(name, dataset.default_config, "test", [INDEX])
    return dataset.figure(dataset.default_config, batch)


def _prediction(name: str, *sample: Any) -> Figure:
    from mesoinv.zoo.model.drawing import prediction_figure  # noqa: PLC0415  (torch)
    from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415

    return prediction_figure(load_model(name), *sample)
