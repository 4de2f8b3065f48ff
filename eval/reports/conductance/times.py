"""Times of solver, kwant and the paper's network: on one core, in one run, taking turns."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.conductance.scores import DATASET
from mesoinv.eval.reports.timing import Machine, on_one_core, seconds, this_machine
from mesoinv.generators.conductance import ENERGIES, conductance
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.declared.models import local_folder
from mesoinv.zoo.model.loading import load_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from mesoinv.zoo.model.model import Model

CONFIG, NETWORK = "ensemble", "conductance-model2-mean-cnn.paper"
#: Configurations that are computed, and those that kwant computes of them: one for each n.
COUNT, REFERENCE, ROUNDS, BATCH = 1000, 21, 3, 128
#: Sec. III, last paragraph: seconds for 1000 configurations at one concentration, and what is said.
PAPER = {
    "kwant, all ten energies, on an Intel Core i5-7500": 8885.0,
    "its network, on the same processor; what is included is not said": 32.0,
}
LABELS = {
    "solver": "solver of this dataset",
    "kwant": "kwant, scaled up from fewer configurations",
    "batch": "the paper's CNN for Ḡ, {batch} configurations at a time",
    "single": "the paper's CNN for Ḡ, one by one",
}


@dataclass
class Timing:
    """CPU seconds of each round for so many configurations."""

    configurations: int
    seconds: list[float] = field(default_factory=list)


@dataclass
class Measured:
    """Times of one run.

    Attributes
    ----------
    timings : dict of str to Timing
        ``solver``, ``kwant`` where it is installed, and the network: ``batch``, ``single``.
    trained : bool
        Whether the network's weights were here; otherwise its weights are random, which takes as
        long.
    training_samples, training_seconds
        Of the network, if it is trained.
    error : float
        Largest difference of solver and kwant [2e²/h]; 0 without kwant.
    batch : int
        Configurations that the network sees at a time.
    machine : Machine
    """

    timings: dict[str, Timing]
    trained: bool
    training_samples: int
    training_seconds: float
    error: float
    batch: int
    machine: Machine

    def seconds(self, name: str) -> float:
        """Return the best round's time for 1000 configurations: other work only slows."""
        timing = self.timings[name]
        return min(timing.seconds) / timing.configurations * 1000

    def label(self, name: str) -> str:
        """Return what a row is called."""
        return LABELS[name].format(batch=self.batch)

    def paper(self) -> dict[str, float]:
        """Return the paper's times."""
        return PAPER

    def paper_ratio(self) -> float:
        """Return how many times as fast as kwant the paper's network was."""
        kwant, network = PAPER.values()
        return kwant / network


def measure(count: int = COUNT, reference: int = REFERENCE) -> Measured:
    """Measure in a process of its own with one thread per library.

    Parameters
    ----------
    count, reference : int
        Configurations of solver and network, and of kwant.
    """
    timings, training, error = on_one_core(_measure, local_folder(NETWORK), count, reference)
    samples, took = training or (0, 0.0)
    return Measured(timings, training is not None, samples, took, error, BATCH, this_machine())


def _measure(
    folder: Path, count: int, reference: int
) -> tuple[dict[str, Timing], tuple[int, float] | None, float]:
    """Return times, samples and seconds of the network's training, and solver minus kwant."""
    sites = _configurations(count)
    model, trained = _network(folder)
    runs = _runs(sites, model, reference)
    for run, _ in runs.values():  # compiles, allocates
        run(sites[:2])
    timings = {name: Timing(len(given)) for name, (_, given) in runs.items()}
    for _ in range(ROUNDS):
        for name, (run, given) in runs.items():
            call = partial(run, given)
            timings[name].seconds.append(seconds(call, clock=time.process_time))
    record = model.config.training if trained else None
    training = (record.samples, record.seconds) if record else None
    return timings, training, _difference(sites[:reference], runs)


Run = tuple["Callable[[Any], object]", "NDArray[np.float64]"]


def _runs(sites: NDArray[np.float64], model: Model, reference: int) -> dict[str, Run]:
    """Return what is timed, and on which configurations."""

    def one_by_one(given: Any) -> None:
        for i in range(len(given)):
            model.predict(given[i : i + 1], check_range=False)

    runs: dict[str, Run] = {"solver": (lambda x: conductance(x, ENERGIES), sites)}
    if _has_kwant():
        runs["kwant"] = (lambda x: conductance(x, ENERGIES, solver="kwant"), sites[:reference])
    runs["batch"] = (lambda x: model.predict(x, batch_size=BATCH, check_range=False), sites)
    runs["single"] = (one_by_one, sites)
    return runs


def _has_kwant() -> bool:
    try:
        import kwant  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def _difference(sites: NDArray[np.float64], runs: dict[str, Run]) -> float:
    if "kwant" not in runs:
        return 0.0
    first, second = (np.asarray(runs[name][0](sites[:1])) for name in ("solver", "kwant"))
    return float(abs(first - second).max())


def _configurations(count: int) -> NDArray[np.float64]:
    dataset = resolve_dataset(DATASET)
    stream = stream_of(dataset, CONFIG, "test")
    return np.asarray(dataset.draw(CONFIG, stream, np.arange(count))["onsite_energy"])


def _network(folder: Path) -> tuple[Model, bool]:
    from mesoinv.zoo.declared.config import ModelConfig, Quantity  # noqa: PLC0415
    from mesoinv.zoo.declared.recipe import read_recipe  # noqa: PLC0415
    from mesoinv.zoo.declared.transforms import Affine  # noqa: PLC0415
    from mesoinv.zoo.model.model import Model  # noqa: PLC0415

    if (folder / WEIGHTS).exists():
        return load_model(folder), True
    recipe, dataset = read_recipe(NETWORK), resolve_dataset(DATASET)
    columns = {c.name: c for c in dataset.columns(recipe.config)}
    given, made = (
        [Quantity(q.name, columns[q.name].unit, list(columns[q.name].shape), 0.0, 40.0, [affine])]
        for q, affine in (
            (recipe.inputs[0], Affine(2.5, 2.5)),
            (recipe.outputs[0], Affine(0.0, 5.0)),
        )
    )
    config = ModelConfig(
        NETWORK, recipe.architecture, recipe.hyperparameters, version("mesoinv"), DATASET,
        dataset.version, recipe.config, recipe.task, given, made,
    )  # fmt: skip
    return Model(config).eval(), False
