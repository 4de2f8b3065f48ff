"""The dataset pldos: what is drawn (bit-exact), what is computed, what is refused."""

from __future__ import annotations

import hashlib
from typing import ClassVar

import numpy as np
import pytest

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pldos import DATASET, SOLVERS, PldosConfig, partial_ldos, transport
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.generators.solvers.pldos.transport import SolvedBy

CONFIGS = ("landscape", "global", "weaker", "stronger", "measured")
#: first 16 hex digits of SHA-256 over the little-endian bytes of samples 0, 1, 17 and 87999
GOLDEN: dict[tuple[str, str], dict[str, str]] = {
    ("landscape", "train"): {
        "fourier": "6d2c9801970c60dd",
        "s": "11fb8f707c6a2195",
        "n_d": "c914e8188e43fff1",
    },
    ("landscape", "test"): {
        "fourier": "a7e1012e2f47116e",
        "s": "11fb8f707c6a2195",
        "n_d": "c914e8188e43fff1",
    },
    ("global", "train"): {
        "fourier": "97344966ef039929",
        "s": "4357efde296eeb2e",
        "n_d": "4e4c0610dd983736",
    },
    ("global", "test"): {
        "fourier": "d3dcf96c0d4303e7",
        "s": "c92d5781ec0042bb",
        "n_d": "edc1265606859e68",
    },
    ("weaker", "test"): {
        "fourier": "80dc0041d5aa2ce3",
        "s": "a6f317936dc7d8ce",
        "n_d": "c916f363be588d67",
    },
    ("stronger", "test"): {
        "fourier": "f30e526dca28b539",
        "s": "00e66dd2f5b914ba",
        "n_d": "30c18fb1a8b19aa3",
    },
    ("measured", "train"): {
        "fourier": "4a503d4c7bdd2f4d",
        "blur": "ac73a4aff1cb9da6",
        "noise": "8eb40ce47052db75",
    },
    ("measured", "test"): {
        "fourier": "7aede5312237562b",
        "blur": "6e17437292c5404a",
        "noise": "a672bfd6ae4ee432",
    },
}


def draw(config: str, indices: list[int], split: str = "test") -> dict[str, np.ndarray]:
    return DATASET.draw(config, stream_of(DATASET, config, split), np.array(indices))


def digest(values: np.ndarray) -> str:
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()[:16]


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize(("config", "split"), GOLDEN)
def test_disorder_is_bit_exact(config: str, split: str) -> None:
    drawn = draw(config, [0, 1, 17, 87_999], split)
    golden = GOLDEN[config, split]
    assert {name: digest(drawn[name]) for name in golden} == golden


@pytest.mark.parametrize("config", CONFIGS)
def test_sample_17_alone_and_in_a_batch(config: str) -> None:
    together, alone = draw(config, [3, 17, 0]), draw(config, [17])
    for name, values in alone.items():
        np.testing.assert_array_equal(values[0], together[name][1])
    solved = DATASET.solve(config, together)
    expected = DATASET.solve(config, alone)
    for column in DATASET.columns(config):
        found, other = solved[column.name][1], expected[column.name][0]
        np.testing.assert_allclose(found, other, rtol=1e-12, atol=1e-14)


def test_global_draws_s_and_density_uniformly() -> None:
    drawn = draw("global", list(range(4000)), "train")
    for name, low, high in (("s", 40, 70), ("n_d", 0.6, 1.5)):
        u = (drawn[name] - low) / (high - low)
        assert 0 <= u.min() < 0.005
        assert 0.995 < u.max() <= 1
        counts = np.histogram(u, 20, (0, 1))[0]
        assert ((counts - 200) ** 2 / 200).sum() < 43.8  # χ² with 19 degrees of freedom, 0.1 %
    assert abs(np.corrcoef(drawn["s"], drawn["n_d"])[0, 1]) < 5 / np.sqrt(4000)


@pytest.mark.parametrize(("config", "smallest"), [("global", 40), ("weaker", 70), ("stronger", 32)])
def test_zero_beyond_each_samples_cut_off(config: str, smallest: float) -> None:
    drawn = draw(config, list(range(50)))
    length = coulomb.wave_vectors(float(smallest), Strip()).length
    (room,) = (c.shape for c in DATASET.columns(config) if c.name == "fourier")
    assert drawn["fourier"].shape == (50, *room) == (50, len(length), 2)
    for s, fourier in zip(drawn["s"], drawn["fourier"], strict=True):
        own = len(coulomb.wave_vectors(float(s), Strip()).length)
        assert (fourier[:own] != 0).all()
        assert (fourier[own:] == 0).all()


def test_test_only_configurations_begin_where_global_ends() -> None:
    """Their ranges touch those of `global`, and no model can be trained in them."""
    middle = DATASET.parameters("global")
    weaker, stronger = DATASET.parameters("weaker"), DATASET.parameters("stronger")
    assert (weaker.s[0], weaker.n_d[1]) == (middle.s[1], middle.n_d[0])
    assert (stronger.s[1], stronger.n_d[0]) == (middle.s[0], middle.n_d[1])
    for config in (weaker, stronger):
        assert {split for size in config.sizes.values() for split in size} == {"test"}
        drawn = draw("weaker" if config is weaker else "stronger", list(range(1000)))
        for name in ("s", "n_d"):
            low, high = getattr(config, name)
            assert low <= drawn[name].min() < low + 0.01 * (high - low)
            assert high - 0.01 * (high - low) < drawn[name].max() <= high


@pytest.mark.parametrize("config", ["weaker", "stronger"])
def test_tolerance_is_kept_beyond_global(config: str) -> None:
    drawn = draw(config, list(range(8)))
    found = DATASET.solve(config, drawn)
    exact = DATASET.solve(config, drawn, solver="modes-exact")
    assert max(map(relative_error, found["pldos"], exact["pldos"])) <= 3e-4
    np.testing.assert_allclose(found["conductance"], exact["conductance"], atol=3e-4)


def test_coefficients_have_the_samples_own_deviation() -> None:
    drawn = draw("global", list(range(400)))
    sigma = coulomb.standard_deviation(drawn["n_d"], Strip())
    scaled = drawn["fourier"] / sigma[:, None, None]
    scaled = scaled[scaled != 0]
    assert scaled.std() == pytest.approx(1, abs=5 / np.sqrt(2 * scaled.size))


def test_landscape_has_one_kind_of_disorder() -> None:
    drawn = draw("landscape", [0, 5, 9])
    np.testing.assert_array_equal(drawn["s"], 50.0)
    np.testing.assert_array_equal(drawn["n_d"], 1.0)


@pytest.mark.parametrize("config", CONFIGS)
def test_columns_are_as_declared(config: str) -> None:
    solved = DATASET.solve(config, draw(config, [4, 2]))
    for column in DATASET.columns(config):
        assert solved[column.name].shape == (2, *column.shape)
        assert np.can_cast(solved[column.name].dtype, np.dtype(column.dtype), "same_kind")
    np.testing.assert_array_equal(solved["index"], [4, 2])
    for row in range(2):
        s, n_d = solved["s"][row], solved["n_d"][row]
        assert solved["potential_rms"][row] == coulomb.ensemble_rms(s, n_d)
        assert solved["correlation_length"][row] == coulomb.correlation_length(s)
        assert 0 < solved["conductance"][row] < 3


def test_four_solvers_agree() -> None:
    drawn = draw("landscape", [0])
    found = {solver: DATASET.solve("landscape", drawn, solver=solver) for solver in SOLVERS}
    expected = found["kwant"]
    allowed = {"modes": 3e-4, "modes-exact": 1e-8, "complex": 1e-8, "kwant": 0.0}
    for solver, solved in found.items():
        assert relative_error(solved["pldos"], expected["pldos"]) <= allowed[solver]
        assert abs(solved["conductance"] - expected["conductance"])[0] <= allowed[solver]
        np.testing.assert_array_equal(solved["potential"], expected["potential"])


def test_the_result_says_which_solver_computed_a_row() -> None:
    strip = Strip(6, 5, 3, fermi_energy=50.0)
    potential = np.random.default_rng(0).normal(size=(2, 6, 5))
    expected = {
        "modes": SolvedBy.ELIMINATION,
        "modes-exact": SolvedBy.ELIMINATION,
        "complex": SolvedBy.RECURSION,
        "kwant": SolvedBy.KWANT,
    }
    for solver in SOLVERS:
        solved = transport(potential, solver=solver, strip=strip)
        assert solved.solved_by.tolist() == [expected[solver]] * 2


def test_the_elimination_solves_nearly_every_sample_itself() -> None:
    """It hands one of these samples to the recursion: 27, the only one of the first 400."""
    potential = DATASET.solve("weaker", draw("weaker", [26, 27, 28]))["potential"]
    solved, expected = transport(potential), transport(potential, solver="complex")
    fast = solved.solved_by == SolvedBy.ELIMINATION
    assert fast.tolist() == [True, False, True]
    assert solved.solved_by[1] == SolvedBy.RECURSION
    np.testing.assert_array_equal(solved.partial_ldos[1], expected.partial_ldos[1])
    error = list(map(relative_error, solved.partial_ldos[fast], expected.partial_ldos[fast]))
    # the recursion keeps every mode, the elimination as many as the tolerance needs
    assert 1e-6 < min(error) <= max(error) < 3e-4
    assert (solved.error_estimate[fast] > 0).all()


def test_storage_rounding_is_within_the_declared_tolerance() -> None:
    """float16 keeps 11 bits: a relative error of 2⁻¹²/√3 or so; no value leaves its range."""
    solved = DATASET.solve("landscape", draw("landscape", [0, 1]))
    columns = {column.name: column for column in DATASET.columns("landscape")}
    for name in ("pldos", "potential"):
        stored = solved[name].astype(columns[name].dtype).astype(np.float64)
        assert np.isfinite(stored).all()
        rounding = max(map(relative_error, stored, solved[name]))
        assert 1e-5 < rounding < 3e-4
    solver_part = columns["pldos"].rtol - 5e-4
    assert solver_part == pytest.approx(2 * 3e-4)


def test_strength_multiplies_the_potential() -> None:
    drawn = draw("landscape", [0])
    weak = PldosConfig("weaker", {}, strength=0.5)

    class Weaker(type(DATASET)):  # type: ignore[misc]
        configs: ClassVar = {**DATASET.configs, "landscape": weak}

    found, expected = Weaker().solve("landscape", drawn), DATASET.solve("landscape", drawn)
    np.testing.assert_allclose(found["potential"], expected["potential"] / 2, rtol=1e-14)
    np.testing.assert_allclose(found["potential_rms"], expected["potential_rms"] / 2, rtol=1e-14)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"s": (0.0, 50.0)}, "s must be positive"),
        ({"s": (-40.0, 70.0)}, "s must be positive"),
        ({"s": (70.0, 40.0)}, "ordered"),
        ({"s": (40.0, np.inf)}, "s must be positive"),
        ({"n_d": (-0.1, 1.0)}, "n_d must be 0 or more"),
        ({"n_d": (1.5, 0.6)}, "ordered"),
        ({"n_d": (np.nan, 1.0)}, "n_d must be 0 or more"),
        ({"strength": np.nan}, "strength must be finite"),
    ],
)
def test_impossible_configurations(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PldosConfig("wrong", {}, **wrong)  # type: ignore[arg-type]


def test_no_donors_no_potential() -> None:
    config = PldosConfig("clean", {}, n_d=(0.0, 0.0))

    class Clean(type(DATASET)):  # type: ignore[misc]
        configs: ClassVar = {"clean": config}

    clean = Clean()
    solved = clean.solve(
        "clean", clean.draw("clean", stream_of(clean, "clean", "test"), np.arange(1))
    )
    assert (solved["potential"] == 0).all()
    assert solved["potential_rms"][0] == 0
    assert 2.9 < solved["conductance"][0] < 3  # the wide strip sends hardly anything back


SITES = np.zeros((3, 256, 192))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_names_its_row(value: float) -> None:
    potential = SITES.copy()
    potential[1, 200, 3] = value
    with pytest.raises(UsageError, match="Potential 1 holds NaN or infinite"):
        partial_ldos(potential)


@pytest.mark.parametrize(
    ("potential", "message"),
    [
        (SITES[0], r"got \(256, 192\)\. Add a batch axis with potential\[None\]"),
        (SITES.swapaxes(1, 2), r"shape \(batch, 256, 192\); got \(3, 192, 256\)"),
        (SITES[:, :, :100], r"got \(3, 256, 100\)"),
        (np.zeros(5), r"got \(5,\)"),
        (SITES.astype(complex), "made of real numbers; got complex128"),
        (np.array([["a"]]), "made of real numbers"),
        (SITES.astype(bool), "made of real numbers; got bool"),
    ],
)
def test_wrong_potentials(potential: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        partial_ldos(potential)


def test_other_real_types_and_lists() -> None:
    strip = Strip(6, 5, 3, fermi_energy=50.0)
    potential = np.random.default_rng(0).normal(size=(2, 6, 5)).astype(np.float32)
    expected = partial_ldos(potential.astype(np.float64), exact=True, strip=strip)
    np.testing.assert_array_equal(partial_ldos(potential, exact=True, strip=strip), expected)
    listed = partial_ldos(potential.tolist(), exact=True, strip=strip)
    np.testing.assert_array_equal(listed, expected)
    integers = partial_ldos(np.zeros((1, 6, 5), dtype=int), strip=strip)
    assert integers.dtype == np.float64


def test_unknown_solver_and_device() -> None:
    with pytest.raises(UsageError, match=r"Unknown solver 'kwamt'\. Did you mean 'kwant'\?"):
        transport(SITES, solver="kwamt")
    with pytest.raises(UsageError, match="Unknown device 'tpu'"):
        partial_ldos(SITES, device="tpu")
    for solver in ("complex", "kwant"):
        with pytest.raises(UsageError, match="CPU only"):
            transport(SITES, solver=solver, device="cuda")


def test_cuda_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="0 CUDA devices"):
        partial_ldos(SITES, device="cuda")


def test_kwant_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "kwant", None)
    with pytest.raises(UsageError, match="make kwant"):
        transport(SITES, solver="kwant")


@pytest.mark.parametrize("solver", SOLVERS)
def test_empty_batch(solver: str) -> None:
    found = transport(np.empty((0, 256, 192)), solver=solver)
    assert found.partial_ldos.shape == (0, 256, 192)
    assert found.transmission.shape == (0,)


def test_empty_batch_of_the_dataset() -> None:
    solved = DATASET.solve("landscape", draw("landscape", []))
    for column in DATASET.columns("landscape"):
        assert solved[column.name].shape == (0, *column.shape)
