"""The command ``invert``; its modules are imported when it runs."""
# ruff: noqa: PLC0415

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mesoinv.commands.options import Scheduler, log
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.base import Dataset

Given = Annotated[
    str,
    typer.Argument(metavar="DATASET|FILE", help="A dataset, or a .npy file of observations of it."),
]
Start = Annotated[
    str | None,
    typer.Option(help="A model, or a .npy file, to begin with (default: the best model here)."),
]
Noise = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER|estimate",
        help="Standard deviation of the noise over the mean of a map; estimate measures it.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add ``invert`` to the command line."""
    app.command()(invert)


def invert(  # noqa: PLR0913, PLR0917  (each is an option)
    given: Given,
    dataset: Annotated[
        str | None, typer.Option(help="That observations of a file are like (default: the first).")
    ] = None,
    config: Annotated[str | None, typer.Option(help="Configuration (default: the first).")] = None,
    split: Annotated[str, typer.Option(help="Of the dataset.")] = "test",
    index: Annotated[list[int] | None, typer.Option(help="Sample, repeated for several.")] = None,
    noise: Noise = None,
    start: Start = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Of the dataset's inversion, repeated for several."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that invert.")] = 1,
    scheduler: Scheduler = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("inversion"),
) -> None:
    """Find what is behind observations, through the exact solver: numbers and a picture of each.

    With a dataset's name, the observations are its own samples, to which --noise is added: the same
    that models are tested with.
    """
    require("mesoinv invert", "models", "plot")
    from mesoinv.generators.pipeline.workers import completed, open_pool
    from mesoinv.zoo.inversion import invertible, starting_point, with_inversion

    level = _level(noise)
    from_file = Path(given).suffix == ".npy"
    declared = invertible(dataset or with_inversion()[0] if from_file else given)
    config = config or declared.default_config
    wanted = index or [0]
    observed, truth = (
        (_read(given), None) if from_file else _samples(declared, config, split, wanted, level)
    )
    if from_file and index:
        if not all(0 <= i < len(observed) for i in index):
            raise UsageError(f"{given} holds {len(observed)} maps: --index is 0 or more and less.")
        observed = observed[index]
    begin: Any = _read(start) if start and Path(start).suffix == ".npy" else start
    options = dict(_number(text) for text in option or [])
    out.mkdir(parents=True, exist_ok=True)
    starts: Any = starting_point(declared, config, begin, observed, noisy=level is not None)
    call = partial(_inverted, declared.name, config, level, options)
    jobs = ((row, observed[row : row + 1], starts[row : row + 1]) for row in range(len(observed)))
    with open_pool(workers, scheduler) as (executor, window):
        for (row, *_), made in completed(executor, call, jobs, window):
            name = str(wanted[row] if index or not from_file else row)
            _write(out, name, made)
            true = None if truth is None else truth[row]
            _draw(out, name, declared, config, made, observed[row], true)
            verdict = "fits" if made.fits[0] else "does not fit: this is no answer"
            typer.echo(f"{name}: misfit {made.misfit[0]:.4g}, {made.steps[0]} steps, {verdict}")
    log(f"{out}: {len(observed)} .npz and .png")


def _inverted(
    dataset: str, config: str, noise: Any, options: dict[str, float], job: tuple[int, Any, Any]
) -> Any:
    """Invert one observation; this may run on another machine."""
    from mesoinv.zoo.inversion import invert as inverted

    _, observed, start = job
    return inverted(dataset, observed, config=config, noise=noise, start=start, **options)


def _level(noise: str | None) -> float | Literal["estimate"] | None:
    if noise is None:
        return None
    if noise == "estimate":
        return "estimate"
    try:
        return float(noise)
    except ValueError:
        raise UsageError(f"--noise is a positive number or estimate; got {noise!r}.") from None


def _number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise UsageError(
            f"An option is a name and a number, such as tolerance=1e-4; got {text!r}."
        ) from None


def _read(path: str) -> NDArray[Any]:
    import numpy as np

    try:
        values: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no .npy file of numbers: {error}") from None
    return values[None] if values.ndim == 2 else values


def _samples(
    declared: Dataset, config: str, split: str, index: list[int], noise: float | str | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return observations as they are stored, with noise if there is to be some, and the truth."""
    import numpy as np

    from mesoinv.eval.scoring.noise import noise_stream, with_noise
    from mesoinv.generators.pipeline.generate import generate

    assert declared.inverse is not None
    observed, wanted = declared.inverse
    samples = generate(declared.name, config, split, index)
    stored = next(c.dtype for c in declared.columns(config) if c.name == observed)
    values = samples[observed].astype(stored).astype(np.float64)
    if isinstance(noise, float) and noise:
        stream = noise_stream(declared.name, declared.version, config, split, observed)
        values = with_noise(values, noise, stream, samples["index"]).astype(np.float64)
    return values, samples[wanted].astype(np.float64)


def _write(out: Path, name: str, made: Any) -> None:
    from dataclasses import asdict

    import numpy as np

    from mesoinv.generators.common.files import replacing

    with replacing(out / f"{name}.npz") as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **{key: value[0] for key, value in asdict(made).items()})


def _draw(
    out: Path, name: str, declared: Dataset, config: str, made: Any, observed: Any, truth: Any
) -> None:
    from mesoinv.generators.common.pictures import own_style, save_figure

    with own_style():
        figure = declared.inversion_figure(config, made, observed, truth=truth)
        save_figure(figure, out / f"{name}.png", source=f"mesoinv invert, {declared.name}/{config}")
