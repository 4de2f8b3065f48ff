"""The dataset of Anderson's model: what its columns say of a state, and where they come from."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.generators.anderson3d import DATASET, DISORDERS, box_moments, box_picture, eigenstate
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.seeding import Stream
from mesoinv.generators.solvers.anderson3d.box_moments import ORDERS, box_sides

#: Largest error of ln(M³|ψ|²) as float16, where it is less than 16 and 32 in size.
ROUNDING = {16: 2.0**-8, 32: 2.0**-7}


def drawn(config: str = "M20", split: str = "test", count: int = 34) -> dict:
    return DATASET.draw(config, stream_of(DATASET, config, split), np.arange(count))


@pytest.fixture(scope="module")
def batch() -> dict:
    return generate("anderson3d", "M20", "test", [0, 8, 16])


def test_there_are_as_many_strengths_as_in_the_paper() -> None:
    assert len(DISORDERS) == 17
    assert (DISORDERS[0], DISORDERS[4], DISORDERS[12], DISORDERS[16]) == (15, 16, 17, 18)
    assert list(DISORDERS) == sorted(DISORDERS)
    sizes = DATASET.configs["M20"].sizes["full"]
    assert (sizes["train"], sizes["test"]) == (85_000, 8500)


def test_strengths_come_in_turn_and_energies_are_uniform() -> None:
    samples = drawn()
    np.testing.assert_array_equal(samples["disorder"], DISORDERS * 2)
    np.testing.assert_array_equal(samples["disorder_class"], list(range(17)) * 2)
    np.testing.assert_array_equal(samples["extended"], samples["disorder"] < 16.57)
    scaled = samples["onsite_energy"] / samples["disorder"][:, None, None, None]
    assert abs(scaled).max() < 0.5
    flat = np.sort(scaled.ravel()) + 0.5
    steps = np.arange(1, flat.size + 1) / flat.size
    assert abs(flat - steps).max() < 1.95 / np.sqrt(flat.size)  # Kolmogorov: 1e-3


def test_the_paper_shows_three_states() -> None:
    samples = drawn("M100", count=1)
    assert samples["disorder"].tolist() == [14.0]
    assert samples["onsite_energy"].shape == (1, 100, 100, 100)
    assert "disorder_class" not in {column.name for column in DATASET.columns("M100")}


def test_columns_tell_of_the_state_nearest_to_zero(batch: dict) -> None:
    samples = DATASET.draw("M20", stream_of(DATASET, "M20", "test"), batch["index"])
    for row in range(2):
        energy, state = eigenstate(samples["onsite_energy"][row])
        density = state**2
        assert batch["energy"][row] == pytest.approx(energy, abs=1e-12)
        assert batch["participation_ratio"][row] == pytest.approx(1 / (density**2).sum(), rel=1e-6)
        wanted = np.log(density * 8000)
        error = abs(batch["log_density"][row].astype(float) - wanted)
        for least, largest in ((0, 16), (16, 32)):
            here = (abs(wanted) >= least) & (abs(wanted) < largest)
            assert error[here].max(initial=0) <= ROUNDING[largest]
        np.testing.assert_array_equal(batch["image"][row], box_picture(density))
    assert (batch["residual"] < 1e-11).all()
    np.testing.assert_array_equal(batch["levels_through"] - batch["levels_below"], 1)


def test_both_solvers_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    small = replace(DATASET.parameters("M20"), side=8)
    monkeypatch.setattr(type(DATASET), "configs", {**DATASET.configs, "M20": small})
    samples = drawn(count=4)
    one, other = (DATASET.solve("M20", samples, solver=name) for name in DATASET.solvers)
    for column in DATASET.columns("M20"):
        if column.name in {"image", "residual"}:
            continue
        np.testing.assert_allclose(
            one[column.name].astype(float), other[column.name].astype(float),
            rtol=max(column.rtol, 1e-12), atol=1e-9,
        )  # fmt: skip


def brute_moments(density: np.ndarray, box: int, order: float) -> tuple[float, float, float]:
    side = len(density)
    parts = []
    for x in range(side):
        for y in range(side):
            for z in range(side):
                where = np.ix_(*[(start + np.arange(box)) % side for start in (x, y, z)])
                parts.append(density[where].sum())
    mu, number = np.array(parts), (side / box) ** 3
    return (
        float(np.log(number * (mu**order).mean())),
        float(np.log(mu).mean()),
        float(number * (mu * np.log(mu)).mean()),
    )


def test_moments_are_those_of_all_boxes() -> None:
    density = np.random.default_rng(0).exponential(size=(8, 8, 8)) ** 2
    density /= density.sum()
    moments, entropies = box_moments(density)
    assert box_sides(8) == (1, 2, 4)
    for k, box in enumerate(box_sides(8)):
        for j, order in enumerate(ORDERS):
            power, mean, weighted = brute_moments(density, box, order)
            assert moments[k, j] == pytest.approx(power, abs=1e-12)
        np.testing.assert_allclose(entropies[k], [mean, weighted], atol=1e-12)


def test_moments_of_an_even_state_are_known() -> None:
    moments, entropies = box_moments(np.full((20, 20, 20), 1 / 8000))
    for k, box in enumerate(box_sides(20)):
        share = (box / 20) ** 3
        np.testing.assert_allclose(moments[k], (np.array(ORDERS) - 1) * np.log(share), atol=1e-12)
        np.testing.assert_allclose(entropies[k], np.log(share), atol=1e-12)


def test_moments_do_not_change_when_the_state_is_shifted_or_turned() -> None:
    density = np.random.default_rng(1).exponential(size=(12, 12, 12)) ** 3
    density /= density.sum()
    moved = np.roll(density, (3, 5, 7), (0, 1, 2)).transpose(2, 0, 1)[::-1]
    for one, other in zip(box_moments(density), box_moments(moved), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_the_state_tells_the_disorder(batch: dict) -> None:
    """With its signs a state gives all on-site energies: ε = E - Σψ/ψ."""
    samples = DATASET.draw("M20", stream_of(DATASET, "M20", "test"), batch["index"][:1])
    energy, state = eigenstate(samples["onsite_energy"][0])
    around = sum(np.roll(state, step, axis) for step in (-1, 1) for axis in range(3))
    np.testing.assert_allclose(energy - around / state, samples["onsite_energy"][0], atol=1e-5)


def test_pictures_are_drawn_again_from_densities(batch: dict) -> None:
    """From float16, a site at the average may or may not have its box: a few pixels."""
    stored = batch["log_density"].astype(np.float16)
    again = DATASET.drawn("M20", "image", stored)
    assert again.dtype == np.uint8
    assert (again != batch["image"]).mean() < 0.05
    moved = DATASET.drawn("M20", "image", np.roll(stored, 7, axis=1))
    assert (moved != batch["image"]).mean() > 0.1
    with pytest.raises(UsageError, match="not known"):
        DATASET.drawn("M20", "energy", stored)


def test_a_held_out_split_hides_the_strength() -> None:
    def strengths(salt: bytes) -> np.ndarray:
        stream = Stream("anderson3d", "1.0.0", "M20", "held-out", salt)
        return DATASET.draw("M20", stream, np.arange(170))["disorder"]

    one, other = strengths(b"one"), strengths(b"other")
    assert (one == other).mean() < 0.2
    assert len(np.unique(one)) > 12


def test_bad_input() -> None:
    samples = drawn(count=1)
    with pytest.raises(UsageError, match="CPU only"):
        DATASET.solve("M20", samples, device="cuda", solver="dense")
    with pytest.raises(UsageError, match="inertia"):
        DATASET.solve("M20", samples, solver="lanczos")


def test_figures(batch: dict) -> None:
    assert "w = 15" in DATASET.figure("M20", batch).get_suptitle()
    without = {name: values for name, values in batch.items() if name != "log_density"}
    assert len(DATASET.figure("M60", without).axes) == 2
