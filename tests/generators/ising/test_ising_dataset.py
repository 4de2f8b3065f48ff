"""The dataset ising: bit-exact, every sample alone, couplings and temperatures of the paper."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from mesoinv.generators.ising import COUPLINGS, DATASET, TEMPERATURES
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.seeding import Stream
from mesoinv.generators.solvers.ising.observables import observables
from mesoinv.generators.solvers.ising.simulate import simulate

#: First 16 hex digits of SHA-256 over all columns, little-endian and as stored, of hot samples.
GOLDEN = {
    "L30": "d3a12b6b0e158582",
    "ferromagnet": "4be245d0c2bd5677",
    "stripes": "89e348b01e20c73f",
    "deep_ferromagnet": "71470faacc031114",
    "deep_stripes": "69de865201b674e9",
    "L60": "af620e015a59d4e3",
    "L120": "f0e8ffd7a7b7129f",
}
COOLED = tuple(GOLDEN)


def rows_of(config: str) -> list[int]:
    """Samples of two lattices; of large ones hot ones, which are reached soon."""
    each = len(DATASET.parameters(config).temperatures)
    return [0, each - 1, each] if DATASET.parameters(config).length == 30 else [0, 2, each]


@pytest.mark.parametrize("config", COOLED)
def test_every_column_is_bit_exact(config: str) -> None:
    split = "train" if "train" in DATASET.config(config).sizes["full"] else "test"
    batch, sha = generate("ising", config, split, rows_of(config)), hashlib.sha256()
    for name in sorted(batch):
        values = batch[name]
        sha.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    assert sha.hexdigest()[:16] == GOLDEN[config]


def test_the_paper_counts_its_samples() -> None:
    assert (len(COUPLINGS), len(TEMPERATURES)) == (22, 157)
    assert TEMPERATURES[0] == 4.0
    assert TEMPERATURES[-1] == 0.1
    np.testing.assert_allclose(np.diff(TEMPERATURES), -0.025, atol=1e-12)
    sizes = {name: config.sizes["full"] for name, config in DATASET.configs.items()}
    assert sizes["L30"]["train"] == 138_160
    assert (sizes["ferromagnet"]["train"], sizes["stripes"]["train"]) == (1440, 1800)


def test_a_block_has_every_coupling_and_temperature_once() -> None:
    drawn = DATASET.draw("L30", stream_of(DATASET, "L30", "train"), np.arange(3454))
    pairs = set(zip(drawn["j2"].tolist(), drawn["temperature"].tolist(), strict=True))
    assert len(pairs) == 3454
    # one lattice, cooled, has 157 samples in a row
    np.testing.assert_array_equal(drawn["temperature"][157:314], TEMPERATURES)
    assert len(np.unique(drawn["seed"][157:314], axis=0)) == 1
    assert len(np.unique(drawn["seed"], axis=0)) == 22


def test_a_sample_alone_is_the_same() -> None:
    together = generate("ising", "L30", "test", range(150, 160))
    for row, index in ((0, 150), (6, 156), (9, 159)):
        alone = generate("ising", "L30", "test", [index])
        for name, values in together.items():
            np.testing.assert_array_equal(alone[name][0], values[row])


def test_lattices_are_cooled_as_simulate_cools() -> None:
    """The same protocol, by other random numbers: energies agree within their errors."""
    index = np.flatnonzero(np.arange(3454 * 6) % 3454 == 157 * 4 + 60)  # J2 = 0.4, T = 2.5
    batch = generate("ising", "L30", "train", index)
    assert set(batch["j2"]) == {0.4}
    assert set(batch["temperature"]) == {2.5}
    direct = simulate(0.4, TEMPERATURES[:61], length=30, sweeps=100, replicas=64, seed=3)[:, -1]
    energy = observables(direct, 0.4).energy
    error = energy.std() * np.sqrt(1 / 64 + 1 / len(index))
    assert abs(batch["energy"].mean() - energy.mean()) < 4 * error


def test_columns_are_measured_of_the_spins() -> None:
    batch = generate("ising", "stripes", "train", range(9))
    spins = batch["spins"].astype(float)
    assert set(np.unique(spins)) == {-1.0, 1.0}
    np.testing.assert_allclose(batch["magnetisation"], spins.mean(axis=(1, 2)), atol=1e-12)
    signs = 1 - 2 * (np.arange(30) % 2)
    rows = (spins * signs[:, None]).mean(axis=(1, 2))
    np.testing.assert_allclose(batch["row_order"], rows, atol=1e-12)
    np.testing.assert_allclose(batch["k1"], 1 / batch["temperature"])
    np.testing.assert_allclose(batch["k2"], batch["j2"] / batch["temperature"])
    near = spins * (np.roll(spins, 1, 1) + np.roll(spins, 1, 2))
    far = spins * (np.roll(spins, (1, 1), (1, 2)) + np.roll(spins, (1, -1), (1, 2)))
    energy = (-near + batch["j2"][:, None, None] * far).mean(axis=(1, 2))
    np.testing.assert_allclose(batch["energy"], energy, atol=1e-12)


@pytest.mark.parametrize(("config", "alike"), [("ferromagnet", True), ("deep_stripes", False)])
def test_unlikeness_says_whether_a_lattice_is_deep_in_the_phase(config: str, alike: bool) -> None:
    block = DATASET.parameters(config).block
    drawn = DATASET.draw(config, stream_of(DATASET, config, "train"), np.arange(block))
    if alike:
        assert not drawn["unlikeness"].any()
    else:
        like = ~drawn["unlikeness"]
        np.testing.assert_array_equal(like, (drawn["j2"] > 0.5) & (drawn["temperature"] <= 0.3))
        assert like.sum() == 45


def test_a_held_out_split_hides_coupling_and_temperature() -> None:
    def drawn(salt: bytes) -> dict:
        stream = Stream("ising", "1.0.0", "L30", "held-out", salt)
        return DATASET.draw("L30", stream, np.arange(3454))

    one, other = drawn(b"one"), drawn(b"other")
    for name in ("j2", "temperature"):
        assert (one[name] == other[name]).mean() < 0.1
    pairs = set(zip(one["j2"].tolist(), one["temperature"].tolist(), strict=True))
    assert len(pairs) == 3454


def test_states_in_equilibrium_come_from_one_run_for_each_coupling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = replace(DATASET.parameters("equilibrium"), sweeps=30, couplings=(0.0, 0.8))
    monkeypatch.setattr(type(DATASET), "configs", {**DATASET.configs, "equilibrium": short})
    stream = stream_of(DATASET, "equilibrium", "test")
    drawn = DATASET.draw("equilibrium", stream, np.array([0, 100, 157, 314]))
    assert drawn["j2"].tolist() == [0.0, 0.0, 0.8, 0.0]
    assert len(np.unique(drawn["seed"], axis=0)) == 3
    together = DATASET.solve("equilibrium", drawn)
    one = DATASET.draw("equilibrium", stream, np.array([100]))
    np.testing.assert_array_equal(
        DATASET.solve("equilibrium", one)["spins"][0], together["spins"][1]
    )


def test_pictures() -> None:
    batch = generate("ising", "stripes", "train", [8])
    assert DATASET.images("stripes", batch)["image"][0].startswith(b"\x89PNG")
    assert "stripes" in DATASET.figure("stripes", batch).get_suptitle()
