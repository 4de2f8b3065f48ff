"""What tests of evaluation share: small models of full-size samples, never trained."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from zoo_helpers import small_config

from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pldos import DATASET
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.zoo.declared import models
from mesoinv.zoo.declared.config import ModelConfig, Quantity
from mesoinv.zoo.declared.transforms import Affine, Log, Pool
from mesoinv.zoo.model.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mesoinv.eval.scoring.results import Result

#: Samples of each configuration in the fixture `report_cache`.
COUNT = 6
SITES = [256, 192]


def config(name: str, **changes: Any) -> ModelConfig:
    """A model of full-size samples that reads averages over large squares."""
    values = {
        "name": f"pldos-{name}",
        "hyperparameters": {"filters": [2], "dense": [3]},
        "inputs": [Quantity("pldos", "1/t", SITES, 0.1, 10.0)],
        "input_transforms": [Log(0.01), Pool(16)],
    }
    return small_config(**(values | changes))


@contextmanager
def zoo_of(folder: Path, names: Iterable[str], made: Callable[[str], Model]) -> Iterator[Path]:
    """Fill a folder with models, which is the zoo's folder of weights in the meantime."""
    for name in names:
        made(name).save_pretrained(folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "LOCAL_WEIGHTS", folder)
        yield folder


def number(column: str, low: float, high: float) -> Quantity:
    """A scalar column of the dataset in its unit."""
    unit = next(c.unit for c in DATASET.columns("global") if c.name == column)
    return Quantity(column, unit, [], float(low), float(high))


NUMBERS = [number("s", 40, 70), number("n_d", 0.6, 1.5)]
DONORS = config("donors-cnn.a", outputs=NUMBERS)
STATISTICS = config(
    "statistics-cnn.a", task="pldos-statistics",
    outputs=[number("potential_rms", 0.06, 0.16), number("correlation_length", 74, 122)],
    output_transforms=[Affine([0.1, 95.0], [0.02, 14.0])],
)  # fmt: skip
LANDSCAPE = config(
    "landscape-constant.a", task="pldos-landscape", config="landscape", architecture="constant",
    hyperparameters={}, outputs=[Quantity("potential", "t", SITES, -0.1, 0.1)],
    output_transforms=[Pool(8)],
)  # fmt: skip
ENCODER = config(
    "landscape-encdec.a", task="pldos-landscape", config="landscape",
    architecture="encoder_decoder", hyperparameters={"maps": [2]},
    outputs=[Quantity("potential", "t", SITES, -0.1, 0.1)],
    input_transforms=[Log(0.01)], output_transforms=[Affine(0.0, 0.1)],
)  # fmt: skip
FOURIER = config(
    "fourier-cnn.a", task="pldos-fourier", config="landscape",
    outputs=[Quantity("fourier", "1", [240, 2], -1e3, 1e3)],
    output_transforms=[Affine(0.0, 70.0)],
)  # fmt: skip
CONFIGS = [DONORS, STATISTICS, LANDSCAPE, ENCODER, FOURIER]


def model(declared: ModelConfig, seed: int = 0) -> Model:
    """A model with random weights."""
    torch.manual_seed(seed)
    return Model(declared).eval()


def made_up(config: str) -> dict[str, np.ndarray]:
    """The first test samples of a configuration."""
    rng = np.random.default_rng(0)
    drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), np.arange(COUNT))
    potential = coulomb.landscape(drawn["fourier"] @ np.array([1, 1j]), drawn["s"])
    stored = {column.name for column in DATASET.columns(config)}
    return {name: values for name, values in drawn.items() if name in stored} | {
        "potential": potential,
        "pldos": np.exp(rng.normal(size=(COUNT, 64, 48)) - 5 * potential[:, ::4, ::4])
        .repeat(4, axis=1)
        .repeat(4, axis=2),
        "potential_rms": np.array(
            [coulomb.ensemble_rms(*p) for p in zip(drawn["s"], drawn["n_d"], strict=True)]
        ),
        "correlation_length": np.array([coulomb.correlation_length(s) for s in drawn["s"]]),
    }


def samples(cache: Path, columns: tuple[str, ...], config: str = "global") -> dict[str, Any]:
    """The test samples of the fixture `report_cache`."""
    found = SampleSource(cache=cache).arrays(Request("pldos", config, "test", COUNT, columns))
    return {name: np.asarray(values) for name, values in found.items()}


def same(first: Result, second: Result, rtol: float = 0.0) -> None:
    """Check that two results have the same scores and tables."""
    assert first.table.keys() == second.table.keys()
    for name, values in first.table.items():
        np.testing.assert_allclose(second.table[name], values, rtol=rtol, atol=rtol)
    for name, score in first.evaluation.scores.items():
        theirs = second.evaluation.scores[name]
        for bound in ("value", "low", "high"):
            assert getattr(theirs, bound) == pytest.approx(
                getattr(score, bound), rel=rtol, abs=rtol
            )


def row(text, name):
    """Return the first line of a model in the tables of a page."""
    return next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
