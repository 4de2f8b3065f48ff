"""Averages over configurations at a fixed concentration, true and predicted: the paper's Fig. 7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.conductance.scores import DATASET
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.models import local_folder
from mesoinv.zoo.model.loading import load_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.eval.reports.conductance.scores import Scored
    from mesoinv.eval.reports.options import ReportOptions

    RealArray = NDArray[np.float64]

CONFIG, TASK, COLUMN = "ensemble", f"{DATASET}-model2-mean", "mean_conductance"
#: These know nothing of a concentration, or next to nothing: their curves would only be in the way.
LEFT_OUT = ("constant", "linear")
BATCH = 128


@dataclass(frozen=True)
class Curve:
    """Mean and standard deviation over configurations against the concentration.

    Attributes
    ----------
    name : str
    n : list of K numbers
        Concentrations.
    mean, sd : list of K numbers
        Of Ḡ [2e²/h].
    mean_error, sd_error : list of K numbers
        Their statistical errors.
    """

    name: str
    n: list[float]
    mean: list[float]
    sd: list[float]
    mean_error: list[float]
    sd_error: list[float]

    def array(self, name: str) -> RealArray:
        """Return one of the lists as an array."""
        return np.array(getattr(self, name))


@dataclass(frozen=True)
class Ensemble:
    """The truth, the networks, and how many configurations there are at each concentration."""

    truth: Curve
    networks: tuple[Curve, ...]
    each: int

    @property
    def mixed(self) -> NDArray[np.bool_]:
        """Where configurations differ: neither without impurities nor full of them."""
        n = self.truth.array("n")
        return (n > 0) & (n < 1)

    def distance(self, curve: Curve) -> tuple[float, float]:
        """Return the root mean square of the errors of a mean and of an sd, 0 < n < 1 [2e²/h]."""
        errors = (curve.array(kind) - self.truth.array(kind) for kind in ("mean", "sd"))
        first, second = (float(np.sqrt(np.mean(e[self.mixed] ** 2))) for e in errors)
        return first, second

    def clean_error(self, curve: Curve) -> float:
        """Return the error for a wire without impurities [2e²/h]."""
        return float(curve.mean[0] - self.truth.mean[0])


def curve_of(name: str, concentration: RealArray, values: RealArray) -> Curve:
    """Average values [2e²/h] at each concentration.

    The error of a standard deviation s is √((m₄ - s⁴)/N)/(2s), m₄ the fourth central moment.
    """
    steps = np.unique(concentration)
    rows = []
    for n in steps:
        x = values[concentration == n]
        shifted = x - x.mean()
        sd = np.sqrt((shifted**2).mean())
        spread = np.sqrt(max((shifted**4).mean() - sd**4, 0.0) / len(x))
        rows.append((x.mean(), sd, sd / np.sqrt(len(x)), spread / (2 * sd) if sd > 0 else 0.0))
    return Curve(name, steps.tolist(), *np.array(rows).T.round(6).tolist())


def collect(x: Scored, options: ReportOptions) -> Ensemble:
    """Let the networks for Ḡ predict the ensembles."""
    dataset = resolve_dataset(DATASET)
    steps = len(dataset.config(CONFIG).concentrations)  # type: ignore[attr-defined]
    # as many of each concentration
    there = options.count(dataset.num_samples(CONFIG, "full", "test"))
    count = max(there // steps, 2) * steps
    samples = options.load(DATASET, CONFIG, count, "onsite_energy", "concentration", COLUMN)
    n = samples["concentration"].astype(np.float64)
    networks = []
    for entry in x.entries:
        if x.kind(entry) not in LEFT_OUT:
            options.log(f"ensembles: {entry.row.id}")
            model = load_model(local_folder(entry.row.id))
            inputs = samples["onsite_energy"]
            values: Any = model.predict(inputs, batch_size=BATCH, check_range=False)
            networks.append(curve_of(entry.row.id, n, np.asarray(values, dtype=np.float64)))
    truth = curve_of("computed", n, samples[COLUMN].astype(np.float64))
    return Ensemble(truth, tuple(networks), count // steps)
