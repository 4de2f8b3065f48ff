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
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

    from mesoinv.eval.board.records import Board, TaskBoard

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


def shown_models(task: TaskBoard) -> dict[str, str]:
    """Return the models whose predictions a task's page shows.

    Returns
    -------
    dict of str to str
        What ends the names of the pictures -> model: the best of the zoo (``""``), and the best of
        the paper's networks as trained here (``"-paper"``), where that is another one.
    """
    names = [row.name for row in task.rows if row.kind == "baseline"]
    papers = [name for name in names if name.rpartition(".")[2].startswith("paper")]
    shown = {"": names[:1], "-paper": [name for name in papers[:1] if name != names[0]]}
    return {end: name for end, chosen in shown.items() for name in chosen}


def prediction_pictures(board: Board, cache: Path) -> dict[str, bytes]:
    """Draw what the shown models make of a few samples, beside the truth; needs torch.

    Parameters
    ----------
    board : Board
    cache : Path
        Folder that keeps pictures.

    Returns
    -------
    dict of str to bytes
        ``TASK-INDEX`` and ``TASK-INDEX-paper`` -> PNG, of models whose weights are here.
    """
    pictures = {}
    for task in board.tasks:
        for end, name in shown_models(task).items():
            for index, picture in _predictions(task, name, cache):
                pictures[f"{task.id}-{index}{end}"] = picture
    return pictures


def _predictions(task: TaskBoard, name: str, cache: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers of the samples and the pictures of one model."""
    digest = weights_digest(local_folder(name))
    if digest is None:
        return
    for index in EXAMPLES:
        path = cache / f"{name}-{digest[:12]}-{index}.png"
        try:
            yield index, _kept(path, partial(_prediction, name, task.split, index, task.config))
        except MesoinvError:  # a model that takes something else than one sample
            return


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
