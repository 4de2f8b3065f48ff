"""The dataset sgm: the landscapes of pldos, and maps that the solvers make of them."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.sgm import (
    DATASET,
    POINT_TIPS,
    MeasuredConfig,
    SgmConfig,
    Tip,
    TipConfig,
    conductance_map,
    wide_tip_map,
)
from mesoinv.generators.solvers.sgm.instrument import as_measured


@pytest.fixture(scope="module")
def point() -> dict[str, np.ndarray]:
    return generate("sgm", "point", "test", range(2))


def test_sample_i_has_the_landscape_and_density_of_pldos(point: dict[str, np.ndarray]) -> None:
    theirs = generate("pldos", "landscape", "test", range(2))
    np.testing.assert_array_equal(point["potential"], theirs["potential"])
    for name in ("pldos", "conductance"):
        one, other = (x[name].astype(float).reshape(2, -1) for x in (point, theirs))
        assert (np.linalg.norm(one - other, axis=1) < 4e-3 * np.linalg.norm(other, axis=1)).all()


def test_maps_are_those_of_the_solver(point: dict[str, np.ndarray]) -> None:
    for name, (strength, _) in POINT_TIPS.items():
        made = conductance_map(point["potential"].astype(float), tip_strength=strength)
        change = made - point["conductance"][:, None, None]
        size = np.linalg.norm(change)
        assert np.linalg.norm(point[name] - change) < 5e-3 * size


@pytest.mark.parametrize("config", list(DATASET.configs))
def test_columns_are_as_declared(config: str) -> None:
    made = generate("sgm", config, "train", range(1))
    for column in DATASET.columns(config):
        assert made[column.name].shape == (1, *column.shape)
        assert np.isfinite(made[column.name].astype(column.dtype)).all()


def test_temperatures_are_drawn_from_the_list() -> None:
    drawn = DATASET.draw("thermal", stream_of(DATASET, "thermal", "train"), np.arange(400))
    values, counts = np.unique(drawn["temperature"], return_counts=True)
    assert values.tolist() == [0.1, 1.0]
    assert counts.min() > 150


def test_a_map_under_a_tip_is_that_of_its_tip() -> None:
    made = generate("sgm", "tip", "test", [1])
    tip = Tip(float(made["tip_width"][0]) / 5.0, float(made["tip_strength"][0]))
    along = DATASET.configs["tip"].places[0][::21]  # type: ignore[attr-defined]
    expected = wide_tip_map(made["potential"].astype(float), tip, along=along)
    change = expected[0] - made["conductance"][0]
    np.testing.assert_allclose(made["tip_map"][0][::21], change, atol=2e-3)


def test_an_instrument_adds_drift_and_noise() -> None:
    maps = np.ones((2, 4, 3))
    zero, normal = np.zeros(2), np.random.default_rng(0).normal(size=maps.shape)
    np.testing.assert_array_equal(as_measured(maps, zero, zero, normal), maps)
    drifted = as_measured(maps, zero, np.array([0.1, 0.2]), normal)
    assert drifted[1, -1, -1] - drifted[1, 0, 0] == pytest.approx(0.2)
    assert drifted.mean() == pytest.approx(1.0)
    noisy = as_measured(maps, np.array([0.1, 0.1]), zero, normal)
    np.testing.assert_allclose(noisy, maps + 0.1 * normal)


@pytest.mark.parametrize(
    ("kind", "changed", "message"),
    [
        (SgmConfig, {"temperatures": ()}, "0 K or more"),
        (SgmConfig, {"temperatures": (-1.0,)}, "0 K or more"),
        (TipConfig, {"tip_width": (0.0, 5.0)}, "positive and ordered"),
        (TipConfig, {"tip_strength": (0.5, 0.1)}, "positive and ordered"),
        (TipConfig, {"tip_width": (25.0, 500.0)}, "sites wide"),
        (MeasuredConfig, {"step": 500}, "off the sample"),
    ],
)
def test_impossible_configurations(
    kind: type[SgmConfig], changed: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        kind("A configuration.", {"mini": {"test": 1}}, **changed)  # type: ignore[arg-type]


def test_pictures_of_every_configuration(point: dict[str, np.ndarray]) -> None:
    figure = DATASET.figure("point", point, 1)
    assert len(figure.axes) >= 3
    images = DATASET.images("point", point)
    assert set(images) == {"potential_image", *(f"{name}_image" for name in POINT_TIPS)}
