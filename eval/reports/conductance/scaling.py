"""Error against the number of training samples: the paper's Figs. 6(b), 6(d) and 9.

The paper does not say for how long it trained. Here every network makes about as many steps,
whatever the number of samples, so that the curves tell of data and not of patience.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.conductance.scores import DATASET, SYMBOLS
from mesoinv.generators.common.records import from_dict, to_json
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo import metrics
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.declared.evaluation import Score  # noqa: TC001  (read at run time)
from mesoinv.zoo.declared.objectives import Supervised
from mesoinv.zoo.declared.recipe import Recipe, read_recipe
from mesoinv.zoo.model.loading import load_model
from mesoinv.zoo.training.environment import TrainingEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mesoinv.eval.reports.options import ReportOptions
    from mesoinv.zoo.model.model import Model

#: Sizes 2^k by default, of the 11 … 18 of the paper, and for its convolutional network.
SIZES, CNN_SIZES = (11, 13, 15), (12, 14, 16)
#: Sizes whose results are shown, if they are there.
KNOWN = range(5, 19)
#: About how many steps of the optimiser a training makes.
STEPS, CNN_STEPS = 12_000, 6_000
VALIDATION, BATCH = 2048, 256
NETWORKS = {"1 × 30 neurons": [30], "3 × 30 neurons": [30, 30, 30]}
SIDES = (3, 4, 5)
DENSE = "conductance-model1-3x3-dnn.paper"
CNNS = ("conductance-model2-cnn.paper", "conductance-model2-mean-cnn.paper")
RECIPE, POINT = "recipe.json", "point.json"


@dataclass(frozen=True)
class Read:
    """A number that the paper reads off its own curve, and where: samples, error [2e²/h]."""

    samples: int
    mae: float
    where: str


#: Panel and line -> what the paper's text says of it.
PAPER = {
    ("1 × 30 neurons", "3 × 3"): (Read(2**16, 0.04, "App. A"),),
    ("1 × 30 neurons", "4 × 4"): (Read(2**18, 0.09, "App. A"),),
    ("CNN", "model II, G"): (
        Read(30_000, 0.195, "Sec. III, Fig. 6(b)"), Read(80_000, 0.18, "Sec. III, Fig. 6(b)"),
    ),
    ("CNN", "model II, Ḡ"): (Read(80_000, 0.095, "Sec. III, Fig. 6(d)"),),
}  # fmt: skip


@dataclass(frozen=True)
class Training:
    """One training: its panel and line in the figure, and the recipe."""

    panel: str
    line: str
    recipe: Recipe


@dataclass(frozen=True)
class Point:
    """What a training reached.

    Attributes
    ----------
    panel, line : str
        Where it belongs in the figure.
    samples, test_samples : int
        It was trained and scored on.
    score : Score
        Mean absolute error [2e²/h].
    epochs : int
    seconds : float
        Of training, beside whatever else the machine did.
    """

    panel: str
    line: str
    samples: int
    test_samples: int
    score: Score
    epochs: int
    seconds: float


@dataclass(frozen=True)
class Scaling:
    """All trainings, in the order of their panels, lines and numbers of samples."""

    points: list[Point]


def scaling(options: ReportOptions, sizes: str) -> Scaling:
    """Train what is asked for and not there yet, and return all that is there.

    Parameters
    ----------
    options : ReportOptions
        Where trainings are kept.
    sizes : str
        ``dense`` or ``cnn``, or numbers k of 2^k samples for the dense networks: ``11,13``.
    """
    jobs = [*dense_jobs(_numbers(sizes)), *(cnn_jobs(CNN_SIZES) if sizes == "cnn" else [])]
    run(jobs, options)
    return Scaling(points(options))


def _numbers(sizes: str) -> Sequence[int]:
    if sizes in {"", "dense"}:
        return SIZES
    return [int(k) for k in sizes.split(",") if k.isdecimal() and int(k) in KNOWN]


def dense_jobs(sizes: Iterable[int]) -> list[Training]:
    """Return the trainings on 2^k samples of narrow disorder for each k in `sizes`."""
    base = read_recipe(DENSE)
    return [
        _dense_job(base, panel, side, 2**k) for k in sizes for panel in NETWORKS for side in SIDES
    ]


def cnn_jobs(sizes: Iterable[int]) -> list[Training]:
    """Return the trainings of the paper's convolutional network on 2^k samples of model II."""
    bases = [read_recipe(name) for name in CNNS]
    return [_cnn_job(base, 2**k) for k in sizes for base in bases]


def _dense_job(base: Recipe, panel: str, side: int, samples: int) -> Training:
    hidden, wire = NETWORKS[panel], f"model1_narrow_{side}x{side}"
    recipe = dataclasses.replace(
        _sized(base, samples, STEPS), description=f"Scaling: {panel}", config=wire,
        task=f"{base.dataset}-{wire.replace('_', '-')}", hyperparameters={"hidden": hidden},
        name=f"scaling-{side}x{side}-{len(hidden)}x30-{samples}",
    )  # fmt: skip
    return Training(panel, f"{side} × {side}", recipe)


def _cnn_job(base: Recipe, samples: int) -> Training:
    sized = _sized(base, samples, CNN_STEPS)
    recipe = dataclasses.replace(sized, name=f"scaling-{base.name}-{samples}")
    return Training("CNN", f"model II, {SYMBOLS[recipe.outputs[0].name]}", recipe)


def _sized(base: Recipe, samples: int, steps: int) -> Recipe:
    objective = supervised(base)
    epochs = max(1, round(steps * objective.batch_size / samples))
    return dataclasses.replace(
        base, samples=samples, paper_samples=samples,
        validation=min(base.validation, VALIDATION),
        objective=dataclasses.replace(objective, epochs=epochs),
    )  # fmt: skip


def supervised(recipe: Recipe) -> Supervised:
    """Return the objective of a recipe that is trained in steps."""
    assert isinstance(recipe.objective, Supervised)
    return recipe.objective


def run(jobs: Sequence[Training], options: ReportOptions) -> None:
    """Train what is not there yet; an interrupted training continues."""
    for number, job in enumerate(jobs, 1):
        if point_of(job, options) is None:
            options.log(f"scaling {number}/{len(jobs)}: {job.recipe.name}")
            _train(job, options)


def points(options: ReportOptions) -> list[Point]:
    """Return what was trained before, of any size."""
    jobs = [*dense_jobs(KNOWN), *cnn_jobs(KNOWN)]
    there = [point for job in jobs if (point := point_of(job, options))]
    return sorted(there, key=lambda p: (p.panel, p.line, p.samples))


def point_of(job: Training, options: ReportOptions) -> Point | None:
    """Return what a training reached, if it was of this very recipe; it may be scored anew."""
    folder = _folder(job, options)
    kept = _read(folder / RECIPE)
    # read as a recipe: keys that it did not have when it was written have their default
    same = kept is not None and from_dict(Recipe, kept, RECIPE) == job.recipe
    if not same or not (folder / WEIGHTS).exists():
        return None
    count = options.count(resolve_dataset(DATASET).num_samples(job.recipe.config, "full", "test"))
    stored = _read(folder / POINT)
    if stored is not None:
        point = from_dict(Point, stored, POINT)
        if point.test_samples == count:
            return point
    point = _scored(job, load_model(folder), count, options)
    (folder / POINT).write_text(to_json(point), encoding="utf-8")
    return point


def _scored(job: Training, model: Model, count: int, options: ReportOptions) -> Point:
    recipe, training = job.recipe, model.config.training
    column = recipe.outputs[0].name
    samples = options.load(DATASET, recipe.config, count, recipe.inputs[0].name, column)
    predicted: Any = model.predict(samples, batch_size=BATCH, check_range=False)
    statistic = metrics.FAMILIES["numbers"].statistics(
        [metrics.Target(column, model.config.outputs[0].unit)]
    )[f"{column} mae"]
    error = np.asarray(predicted, dtype=np.float64) - samples[column].astype(np.float64)
    score = metrics.scores({f"{column} error": error}, {"mae": statistic})["mae"]
    seconds = training.seconds if training else 0.0
    epochs = supervised(recipe).epochs
    return Point(job.panel, job.line, recipe.samples, count, score, epochs, seconds)


def _train(job: Training, options: ReportOptions) -> None:
    from mesoinv.zoo.training.train import train  # noqa: PLC0415  (lightning is slow)

    recipe, folder = job.recipe, _folder(job, options)
    request = Request(DATASET, recipe.config, "train", recipe.samples, recipe.columns)
    runs = options.results / "scaling" / "runs"
    train(recipe, folder, TrainingEnvironment(options.source(request), runs))
    # last: where it is, the weights are of this recipe
    (folder / RECIPE).write_text(to_json(recipe), encoding="utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _folder(job: Training, options: ReportOptions) -> Path:
    return options.results / "scaling" / job.recipe.name
