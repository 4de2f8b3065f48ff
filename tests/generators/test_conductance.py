"""The dataset conductance: what is drawn (bit-exact), what is computed, what is refused."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.conductance import (
    DATASET,
    ENERGIES,
    LARGEST,
    SOLVERS,
    TOLERANCE,
    ConductanceConfig,
    conductance,
)
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.storage import to_storage
from mesoinv.generators.solvers.conductance import cpu_sweep

CONFIGS = tuple(DATASET.configs)
IMPURE = ("model2", "model3", "model4", "ensemble")
#: first 16 hex digits of SHA-256 over the little-endian bytes, as stored, of samples 0, 1, 17 and
#: 79999 of the split test
GOLDEN = {
    "model2": "05823bae2fe3279c",
    "model3": "d29e7a195fb83c43",
    "model4": "1060e60d37e0703e",
    "ensemble": "c760ca3e896dabaf",
    "model1_3x3": "b552bc2af68d0d89",
    "model1_5x5": "f83f8139733c419b",
    "model1_10x10": "41feedf931785d3d",
    "model1_20x20": "3e0b29a018b1fd40",
    "model1_narrow_3x3": "a1b825c80b60ad81",
    "model1_narrow_4x4": "a8aa949ea34982ec",
    "model1_narrow_5x5": "59f2076046ae5c5e",
}
#: mean conductance of model I at E = 0 with its error [2e²/h], from 400 000, 400 000, 200 000 and
#: 100 000 configurations of numpy's default generator; samples to compare with it
MEANS = {
    "model1_3x3": (1.2308, 6e-4, 4000),
    "model1_5x5": (1.3092, 6e-4, 4000),
    "model1_10x10": (1.2883, 9e-4, 3000),
    "model1_20x20": (1.1704, 1.3e-3, 2000),
}


def draw(config: str, indices: list[int], split: str = "test") -> dict[str, np.ndarray]:
    return DATASET.draw(config, stream_of(DATASET, config, split), np.array(indices, dtype=int))


def stored(config: str, drawn: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    columns = {column.name: column for column in DATASET.columns(config)}
    return {name: to_storage(columns[name], values) for name, values in drawn.items()}


def digest(batch: dict[str, np.ndarray]) -> str:
    found = hashlib.sha256()
    for name in sorted(batch):
        values = batch[name]
        found.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()[:16]


@pytest.mark.parametrize("config", CONFIGS)
def test_disorder_is_bit_exact(config: str) -> None:
    assert digest(stored(config, draw(config, [0, 1, 17, 79_999]))) == GOLDEN[config]


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_stored_is_what_was_solved(config: str) -> None:
    drawn = draw(config, [0, 3, 11])
    for name, values in stored(config, drawn).items():
        np.testing.assert_array_equal(values.astype(drawn[name].dtype), drawn[name])
    solved = DATASET.solve(config, drawn)
    again = conductance(stored(config, drawn)["onsite_energy"], ENERGIES)
    np.testing.assert_array_equal(solved["spectrum"], again)


@pytest.mark.parametrize("config", CONFIGS)
def test_sample_17_alone_and_in_a_batch(config: str) -> None:
    together, alone = draw(config, [3, 17, 0]), draw(config, [17])
    for name, values in alone.items():
        np.testing.assert_array_equal(values[0], together[name][1])
    solved, expected = DATASET.solve(config, together), DATASET.solve(config, alone)
    for column in DATASET.columns(config):
        found, other = solved[column.name][1], expected[column.name][0]
        np.testing.assert_allclose(found, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("config", CONFIGS)
def test_columns_are_as_declared(config: str) -> None:
    solved = DATASET.solve(config, draw(config, [4, 2]))
    assert set(solved) == {column.name for column in DATASET.columns(config)}
    for column in DATASET.columns(config):
        assert solved[column.name].shape == (2, *column.shape)
        assert to_storage(column, solved[column.name]).dtype == column.dtype
    np.testing.assert_array_equal(solved["index"], [4, 2])
    np.testing.assert_allclose(solved["mean_conductance"], solved["spectrum"].mean(axis=1))
    assert ("concentration" in solved) == (config in IMPURE)


def test_the_energies_are_the_papers() -> None:
    """Ten energies over a bias of 0.36 t, both ends included: (-1/2 + k/9) 0.36."""
    np.testing.assert_allclose(ENERGIES, [(-0.5 + k / 9) * 0.36 for k in range(10)], atol=1e-15)


@pytest.mark.parametrize("config", [c for c in CONFIGS if c.startswith("model1")])
def test_model_one_is_uniform(config: str) -> None:
    drawn = draw(config, list(range(2000)))["onsite_energy"]
    w = DATASET.parameters(config).disorder
    assert abs(drawn).max() < w / 2
    assert (drawn != 0).all()
    u = drawn.ravel() / w + 0.5
    expected = u.size / 20
    counts = np.histogram(u, 20, (0, 1))[0]
    assert ((counts - expected) ** 2 / expected).sum() < 43.8  # 19 degrees of freedom, 0.1 %
    neighbours = np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(len(drawn))


@pytest.mark.parametrize("config", MEANS)
def test_mean_conductance_of_model_one(config: str) -> None:
    expected, known, count = MEANS[config]
    sites = draw(config, list(range(count)), "train")["onsite_energy"]
    found = conductance(sites, [0.0])[:, 0]
    error = np.hypot(found.std() / np.sqrt(count), known)
    assert abs(found.mean() - expected) < 3.3 * error


@pytest.mark.parametrize("config", IMPURE)
def test_impurities(config: str) -> None:
    drawn = draw(config, list(range(630)))
    parameters, n = DATASET.parameters(config), drawn["concentration"]
    sites = drawn["onsite_energy"].reshape(630, -1)
    values = np.array(parameters.impurity).astype(parameters.storage).astype(float)
    assert set(np.unique(sites)) == {0.0, *values}
    occupied = (sites != 0).mean(axis=1)
    spread = np.sqrt(n * (1 - n) / 1600)
    assert (abs(occupied - n) <= 5 * spread).all()
    kinds = np.array([(sites == value).sum() for value in values])
    expected = kinds.sum() / len(kinds)
    assert (abs(kinds - expected) < 5 * np.sqrt(expected)).all()


@pytest.mark.parametrize("config", ["model2", "model3", "model4"])
def test_concentration_is_uniform(config: str) -> None:
    n = DATASET.draw(config, stream_of(DATASET, config, "train"), np.arange(2000))["concentration"]
    counts = np.histogram(n, 20, (0, 1))[0]
    assert ((counts - 100) ** 2 / 100).sum() < 43.8


def test_ensembles_have_a_thousand_samples_each() -> None:
    parameters = DATASET.parameters("ensemble")
    for size, each in (("mini", 4), ("small", 100), ("full", 1000)):
        count = parameters.sizes[size]["test"]
        assert np.bincount(np.arange(count) % 21).tolist() == [each] * 21
    n = draw("ensemble", [0, 1, 20, 21, 42 + 7])["concentration"]
    np.testing.assert_array_equal(n, [0, 0.05, 1, 0, 0.35])
    ends = DATASET.solve("ensemble", draw("ensemble", [0, 20]))
    assert ends["conductance"][0] == pytest.approx(40, abs=1e-9)  # clean: every channel
    assert ends["conductance"][1] < 1e-9  # the wire's own band begins above E = 0


def test_sizes_are_the_papers() -> None:
    train = {c: p.sizes["full"].get("train") for c, p in DATASET.configs.items()}
    assert [train[f"model1_{n}x{n}"] for n in (3, 5, 10, 20)] == [40_000, 80_000, 160_000, 240_000]
    assert train["model2"] == train["model3"] == train["model4"] == 80_000
    assert all(DATASET.configs[c].sizes["full"]["test"] == 20_000 for c in train if c != "ensemble")


@pytest.mark.parametrize("config", ["model2", "model4", "model1_10x10"])
def test_two_solvers_agree(config: str) -> None:
    drawn = draw(config, [5])
    found, expected = (DATASET.solve(config, drawn, solver=solver) for solver in SOLVERS)
    for name in ("conductance", "spectrum", "mean_conductance"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-9)


def test_the_tolerance_is_absolute_for_small_values() -> None:
    for column in DATASET.columns("model2"):
        if column.unit == "2e²/h":
            assert (column.rtol, column.floor) == (2 * TOLERANCE, 1.0)
        else:
            assert column.rtol == 0


def test_pictures() -> None:
    for config in ("model2", "model1_3x3"):
        solved = DATASET.solve(config, draw(config, [0, 1]))
        figure = DATASET.figure(config, solved, 1)
        assert [a.get_xlabel() for a in figure.axes[:2]] == ["x [sites]", "energy E [t]"]
        images = DATASET.images(config, solved)["onsite_energy_image"]
        assert len(images) == 2
        assert all(image.startswith(b"\x89PNG") for image in images)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"length": 0}, "A wire has sites"),
        ({"width": -1}, "A wire has sites"),
        ({"disorder": -1.0}, "disorder is 0 or more"),
        ({"disorder": np.nan}, "disorder is 0 or more"),
        ({"disorder": 1.0, "impurity": (5.0,)}, "either disorder or impurities"),
        ({"impurity": (5.0,), "concentrations": (0.5, 1.1)}, "between 0 and 1"),
    ],
)
def test_impossible_configurations(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ConductanceConfig("wrong", {}, **wrong)  # type: ignore[arg-type]


SITES = np.zeros((3, 4, 5))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_names_its_row(value: float) -> None:
    sites = SITES.copy()
    sites[1, 2, 3] = value
    with pytest.raises(UsageError, match="sample 1 hold NaN or infinite"):
        conductance(sites, [0.0])
    with pytest.raises(UsageError, match="Energies must be finite"):
        conductance(SITES, [0.0, value])


@pytest.mark.parametrize(
    ("sites", "energies", "message"),
    [
        (SITES[0], [0.0], r"got \(4, 5\)\. Add a batch axis with onsite_energy\[None\]"),
        (np.zeros(5), [0.0], r"got \(5,\)"),
        (np.zeros((2, 0, 5)), [0.0], r"1 or more; got \(2, 0, 5\)"),
        (np.zeros((2, 5, 0)), [0.0], r"1 or more; got \(2, 5, 0\)"),
        (np.zeros((0, 4, 5)), [0.0], "batch is empty"),
        (SITES.astype(complex), [0.0], "real numbers; got complex128"),
        (SITES.astype(bool), [0.0], "real numbers; got bool"),
        ([[["a"]]], [0.0], "real numbers"),
        ([[[1, 2], [3]]], [0.0], "do not form one array"),
        (SITES + 2 * LARGEST, [0.0], "sample 0 reach 2000 t, allowed are 1000 t"),
        (SITES, 0.0, r"Put one energy into a list"),
        (SITES, [[0.0]], r"shape \(E,\); got \(1, 1\)"),
        (SITES, [1j], "real numbers; got complex128"),
    ],
)
def test_wrong_arguments(sites: object, energies: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        conductance(sites, energies)  # type: ignore[arg-type]


def test_other_real_types_and_lists() -> None:
    sites = np.random.default_rng(0).integers(-2, 3, (2, 4, 5))
    expected = conductance(sites.astype(np.float64), [0.1])
    for same in (sites, sites.astype(np.float16), sites.tolist(), sites[:, :, ::-1][:, :, ::-1]):
        np.testing.assert_array_equal(conductance(same, (0.1,)), expected)
    assert conductance(sites, []).shape == (2, 0)


def test_unknown_solver_and_device() -> None:
    with pytest.raises(UsageError, match=r"Unknown solver 'kwamt'\. Did you mean 'kwant'\?"):
        conductance(SITES, [0.0], solver="kwamt")
    with pytest.raises(UsageError, match="Unknown device 'tpu'"):
        conductance(SITES, [0.0], device="tpu")
    with pytest.raises(UsageError, match="CPU only"):
        conductance(SITES, [0.0], solver="kwant", device="cuda")


def test_cuda_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UsageError, match="0 CUDA devices"):
        conductance(SITES, [0.0], device="cuda")


def test_kwant_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "kwant", None)
    with pytest.raises(UsageError, match="make kwant"):
        conductance(SITES, [0.0], solver="kwant")


def test_lost_digits_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_sweep, "transmission", lambda *_, **__: np.array([7.0] * 3))
    with pytest.raises(MesoinvError, match=r"digits were lost\. Compute it with solver='kwant'"):
        conductance(SITES, [0.0])
