"""Averages over configurations at a fixed concentration, true and predicted: the paper's Fig. 7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.reports.conductance.settings import DATASET
from mesoinv.generators.common.files import replacing
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.models import local_folder
from mesoinv.zoo.model.loading import load_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.eval.reports.conductance.scores import Scored
    from mesoinv.eval.reports.conductance.settings import Settings
    from mesoinv.zoo.model.model import Model

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
    n : (K,) array
        Concentrations.
    mean, sd : (K,) array
        Of Ḡ [2e²/h].
    mean_error, sd_error : (K,) array
        Their statistical errors.
    """

    name: str
    n: RealArray
    mean: RealArray
    sd: RealArray
    mean_error: RealArray
    sd_error: RealArray


@dataclass(frozen=True)
class Ensemble:
    """The truth, the networks, and how many configurations there are at each concentration."""

    truth: Curve
    networks: tuple[Curve, ...]
    each: int

    @property
    def mixed(self) -> NDArray[np.bool_]:
        """Where configurations differ: neither without impurities nor full of them."""
        return (self.truth.n > 0) & (self.truth.n < 1)

    def distance(self, curve: Curve) -> tuple[float, float]:
        """Return the root mean square of the errors of a mean and of an sd, 0 < n < 1 [2e²/h]."""
        pairs = ((curve.mean, self.truth.mean), (curve.sd, self.truth.sd))
        first, second = (float(np.sqrt(np.mean((a - b)[self.mixed] ** 2))) for a, b in pairs)
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
    mean, sd, mean_error, sd_error = np.array(rows).T
    return Curve(name, steps, mean, sd, mean_error, sd_error)


def collect(found: Scored, settings: Settings) -> Ensemble:
    """Let the networks for Ḡ predict the ensembles."""
    steps = len(resolve_dataset(DATASET).config(CONFIG).concentrations)  # type: ignore[attr-defined]
    # as many of each concentration
    count = max(settings.count(CONFIG) // steps, 2) * steps
    columns = ("onsite_energy", "concentration", COLUMN)
    samples = settings.load(CONFIG, count, *columns)
    n = samples["concentration"].astype(np.float64)
    networks = []
    for entry in found.entries:
        if found.kind(entry) not in LEFT_OUT:
            settings.say(f"ensembles: {entry.row.id}")
            model = load_model(local_folder(entry.row.id))
            values = _predicted(model, samples["onsite_energy"], settings)
            networks.append(curve_of(entry.row.id, n, values))
    truth = curve_of("computed", n, samples[COLUMN].astype(np.float64))
    return Ensemble(truth, tuple(networks), count // steps)


def _predicted(model: Model, inputs: NDArray[Any], settings: Settings) -> RealArray:
    """Predict, or read what the same weights predicted before."""
    name = f"{model.config.name}-{len(inputs)}-{model.digest[:16]}.npy"
    path = settings.kept / "ensemble" / name
    if path.exists():
        return np.load(path)
    found: Any = model.predict(inputs, batch_size=BATCH, check_range=False)
    values = np.asarray(found, dtype=np.float64)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("xb") as file:
        np.save(file, values)
    return values
