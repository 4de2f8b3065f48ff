"""Times of models and of the exact solver, in one fresh process with one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.timing import Machine, on_one_core, seconds, this_machine

if TYPE_CHECKING:
    from pathlib import Path

BATCH, ROUNDS = 32, 3


@dataclass(frozen=True)
class Times:
    """Seconds of one model.

    Attributes
    ----------
    name : str
        Of the model.
    load, first : float
        Loading the model, and its first prediction for one sample.
    single : float
        A later prediction for one sample.
    batch : float
        A prediction for one of 32 samples.
    """

    name: str
    load: float
    first: float
    single: float
    batch: float


@dataclass(frozen=True)
class AllTimes:
    """Times of models, and the solver's for one sample [s], on a machine."""

    models: list[Times]
    solver: float
    machine: Machine


def measure(folders: dict[str, Path], inputs: dict[str, Any], potential: Any) -> AllTimes:
    """Measure on one core; the best of a few rounds counts.

    Parameters
    ----------
    folders : dict of str to Path
        Models.
    inputs : dict of str to array
        Columns of 32 samples.
    potential : (1, L, W) array
        What the solver solves, the potential of the first of these samples [t].
    """
    models, solver = on_one_core(_measure, folders, inputs, potential)
    return AllTimes(models, solver, this_machine())


def _measure(
    folders: dict[str, Path], inputs: dict[str, Any], potential: Any
) -> tuple[list[Times], float]:
    from mesoinv.generators.pldos import partial_ldos  # noqa: PLC0415

    exact = np.asarray(potential, dtype=np.float64)
    partial_ldos(exact)  # compiles
    solver = seconds(lambda: partial_ldos(exact), ROUNDS)
    return [_of_model(name, folder, inputs) for name, folder in folders.items()], solver


def _of_model(name: str, folder: Path, inputs: dict[str, Any]) -> Times:
    from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415

    loaded: list[Any] = []
    load = seconds(lambda: loaded.append(load_model(folder)))
    (model,) = loaded
    one = {column: values[:1] for column, values in inputs.items()}
    first = seconds(lambda: model.predict(one, check_range=False))
    single = seconds(lambda: model.predict(one, check_range=False), ROUNDS)
    many = seconds(lambda: model.predict(inputs, batch_size=BATCH, check_range=False), ROUNDS)
    return Times(name, load, first, single, many / len(next(iter(inputs.values()))))
