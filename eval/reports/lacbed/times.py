"""Times of networks and of the exact solver, in one fresh process with one thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mesoinv.eval.reports.timing import Machine, on_one_core, seconds, this_machine

if TYPE_CHECKING:
    from pathlib import Path

#: Crystals that are solved, and how often each network predicts one pattern.
CRYSTALS, ROUNDS = 24, 3


@dataclass(frozen=True)
class Times:
    """Seconds for one sample.

    Attributes
    ----------
    models : dict of str to float
        Name -> a prediction of one sample.
    solver, exact : list of float
        Of each crystal: to the tolerance of the dataset, and to 1e-3.
    machine : Machine
    """

    models: dict[str, float]
    solver: list[float]
    exact: list[float]
    machine: Machine


def measure(folders: dict[str, Path], samples: dict[str, Any]) -> Times:
    """Measure on one core.

    Parameters
    ----------
    folders : dict of str to Path
        Models.
    samples : dict of str to array
        Samples of the task, with the columns of the crystals: all of them are solved.
    """
    models, solver, exact = on_one_core(_measure, folders, samples)
    return Times(models, solver, exact, this_machine())


def _measure(
    folders: dict[str, Path], samples: dict[str, Any]
) -> tuple[dict[str, float], list[float], list[float]]:
    from mesoinv.generators.lacbed import DATASET_TOLERANCE, pattern, structure_of  # noqa: PLC0415
    from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415

    one = {name: values[:1] for name, values in samples.items()}
    models = {}
    for name, folder in folders.items():
        model = load_model(folder)
        model.predict(one, check_range=False)  # what is done once
        models[name] = seconds(partial(model.predict, one, check_range=False), ROUNDS)
    crystals = [structure_of(samples, row).crystal() for row in range(len(samples["thickness"]))]
    solver, exact = (
        [
            seconds(partial(pattern, crystal, thickness, tolerance=tolerance))
            for crystal, thickness in zip(crystals, samples["thickness"], strict=True)
        ]
        for tolerance in (DATASET_TOLERANCE, 1e-3)
    )
    return models, solver, exact
