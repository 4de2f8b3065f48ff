"""The dataset wavefunctions: what is drawn (bit-exact), what is computed, what is refused."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy import sparse

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.storage import to_storage
from mesoinv.generators.solvers.eigenstates import eigenstates, states
from mesoinv.generators.wavefunctions import (
    DATASET,
    SOLVERS,
    TRANSFER,
    WavefunctionsConfig,
    ando_hamiltonian,
    chern_hamiltonian,
    eigenstate,
    eigenstates_between,
    su2_hamiltonian,
)

CONFIGS = tuple(DATASET.configs)
ONE_SYSTEM = tuple(c for c in CONFIGS if not DATASET.parameters(c).systems)
ONE_STATE = tuple(c for c in ONE_SYSTEM if DATASET.parameters(c).levels == 1)
TRAINED = ("su2", "chern")
CHOSEN = (*TRAINED, *TRANSFER.values())
#: first 16 hex digits of SHA-256 over the little-endian bytes of all that is drawn for samples 0,
#: 1, 17 and 9999 of the split test
GOLDEN = {
    "su2": "0ce44ee7cb998948",
    "su2_e1": "ae64c64c4a7f660e",
    "su2_e2": "b445c35c32e81853",
    "su2_e3": "babfb895a1835235",
    "su2_80": "fb4c4e85b0e0b70e",
    "ando": "51e373b65fbd4d32",
    "su2_transfer": "564b1c80ca5102da",
    "chern": "9c2963025e56a3f9",
    "chern_gap_w1": "1cf0383edb816074",
    "chern_gap_w6": "712045aebe124a3d",
}


def draw(config: str, indices: list[int], split: str = "test") -> dict[str, np.ndarray]:
    return DATASET.draw(config, stream_of(DATASET, config, split), np.array(indices, dtype=int))


def digest(batch: dict[str, np.ndarray]) -> str:
    found = hashlib.sha256()
    for name in sorted(batch):
        values = batch[name]
        found.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()[:16]


@pytest.fixture(scope="module")
def samples() -> dict[str, dict[str, np.ndarray]]:
    """Three samples of every configuration with one state a realisation."""
    return {c: DATASET.solve(c, draw(c, [3, 49, 88])) for c in ONE_STATE if c != "su2_80"}


@pytest.mark.parametrize("config", CONFIGS)
def test_disorder_is_bit_exact(config: str) -> None:
    assert digest(draw(config, [0, 1, 17, 9999])) == GOLDEN[config]


@pytest.mark.parametrize("config", CONFIGS)
def test_sample_17_alone_and_in_a_batch(config: str) -> None:
    together, alone = draw(config, [3, 17, 0]), draw(config, [17])
    for name, values in alone.items():
        np.testing.assert_array_equal(values[0], together[name][1])


@pytest.mark.parametrize("config", ["su2", "chern", "chern_gap_w1"])
def test_states_do_not_depend_on_the_batch(config: str) -> None:
    found = DATASET.solve(config, draw(config, [3, 17]))
    alone = DATASET.solve(config, draw(config, [17]))
    for column in DATASET.columns(config):
        got, expected = found[column.name][1], alone[column.name][0]
        if column.rtol == 0:
            assert got == expected
        else:
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("config", [c for c in ONE_STATE if c != "su2_80"])
def test_columns_are_as_declared(config: str, samples: dict[str, dict[str, np.ndarray]]) -> None:
    solved, parameters = samples[config], DATASET.parameters(config)
    assert set(solved) == {column.name for column in DATASET.columns(config)}
    for column in DATASET.columns(config):
        assert solved[column.name].shape == (3, *column.shape)
        assert to_storage(column, solved[column.name]).dtype == column.dtype
    density = solved["density"]
    assert density.min() >= 0
    np.testing.assert_allclose(density.sum(axis=(1, 2)), 1, atol=1e-14)
    np.testing.assert_allclose(
        solved["participation_ratio"], 1 / (density**2).sum(axis=(1, 2)), rtol=1e-12
    )
    np.testing.assert_array_equal(
        solved["label"], solved["disorder"] < parameters.critical_disorder
    )
    assert solved["residual"].max() < 1e-11
    each = 1 if parameters.model == "chern" else 2
    np.testing.assert_array_equal(solved["levels_below"], solved["level"] // each * each)
    np.testing.assert_array_equal(solved["levels_through"], solved["levels_below"] + each)
    if parameters.energy is None:
        assert (solved["level"] == 1599).all()
        assert abs(solved["energy"]).max() < 0.5
    else:
        assert abs(solved["energy"] - parameters.energy).max() < 0.05
    if parameters.model != "chern":
        assert (density.reshape(3, -1).argmax(axis=1) == 20 * 40 + 20).all()


def test_states_localise_with_disorder(samples: dict[str, dict[str, np.ndarray]]) -> None:
    for config in ("su2", *TRANSFER.values()):
        ratio = samples[config]["participation_ratio"]
        assert ratio[0] > 500
        assert ratio[2] < 150


@pytest.mark.parametrize("config", ["su2", "su2_e2", "chern"])
def test_two_solvers_agree(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a lattice of 10 × 10 sites: whole diagonalisation of 40 × 40 takes half a minute."""
    small = {config: _smaller(DATASET.parameters(config))}
    monkeypatch.setattr(type(DATASET), "configs", small)
    drawn = draw(config, [4, 55])
    found, expected = (DATASET.solve(config, drawn, solver=solver) for solver in SOLVERS)
    for column in DATASET.columns(config):
        np.testing.assert_allclose(
            found[column.name], expected[column.name], rtol=1e-8, atol=1e-11, err_msg=column.name
        )


def _smaller(parameters: WavefunctionsConfig) -> WavefunctionsConfig:
    return WavefunctionsConfig(
        "", parameters.sizes, model=parameters.model, side=10,
        critical_disorder=parameters.critical_disorder, energy=parameters.energy,
    )  # fmt: skip


@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("config", CHOSEN)
def test_training_samples_lie_on_both_sides_in_turn(config: str, split: str) -> None:
    drawn = draw(config, list(range(400)), split)
    critical = DATASET.parameters(config).critical_disorder
    below = drawn["disorder"][::2] / critical
    above = drawn["disorder"][1::2] / critical - 1
    for share in (below, above):
        assert (share > 0).all()
        assert (share < 1).all()
        counts = np.histogram(share, 10, (0, 1))[0]
        assert ((counts - 20) ** 2 / 20).sum() < 33  # 9 degrees of freedom, 0.01 %
    np.testing.assert_array_equal(drawn["label"], np.arange(400) % 2 == 0)


@pytest.mark.parametrize("config", TRAINED)
def test_the_index_of_a_held_out_sample_does_not_tell_its_label(config: str) -> None:
    labels = draw(config, list(range(400)), "held-out")["label"]
    for part in (labels[::2], labels[1::2]):
        assert abs(part.mean() - 0.5) < 4 * 0.5 / np.sqrt(200)


@pytest.mark.parametrize("config", ONE_STATE)
def test_tests_go_through_a_grid(config: str) -> None:
    drawn, critical = draw(config, list(range(101))), DATASET.parameters(config).critical_disorder
    expected = critical * np.r_[1:101, 1] / 50
    np.testing.assert_allclose(drawn["disorder"], expected, rtol=1e-15)
    assert drawn["label"].tolist() == [1] * 49 + [0] * 51 + [1]


def test_sizes_are_the_papers() -> None:
    sizes = {config: parameters.sizes for config, parameters in DATASET.configs.items()}
    assert sizes["su2"]["small"] == {"train": 2000, "validation": 500, "test": 500}
    assert sizes["su2"]["full"]["train"] == 20_000
    assert sizes["chern"]["full"]["train"] == 54_000
    for config in ONE_SYSTEM:
        expected = {"test"} | ({"validation"} if config in CHOSEN else set())
        assert set(sizes[config]["full"]) == expected | ({"train"} if config in TRAINED else set())


def test_systems_take_turns() -> None:
    """Each goes through its own strengths, with random numbers that no other sample has."""
    systems = list(TRANSFER.values())
    drawn = draw("su2_transfer", list(range(404)))
    np.testing.assert_array_equal(drawn["system"], np.arange(404) % 4)
    for number, config in enumerate(systems):
        critical = DATASET.parameters(config).critical_disorder
        of = drawn["system"] == number
        assert (drawn["critical_disorder"][of] == critical).all()
        np.testing.assert_allclose(
            drawn["disorder"][of], critical * np.r_[1:101, 1] / 50, rtol=1e-15
        )
        np.testing.assert_array_equal(drawn["label"][of], drawn["disorder"][of] < critical)
    shares = drawn["onsite_energy"][:, 0] / drawn["disorder"][:, None, None]
    assert len(np.unique(shares[:, 0, 0])) == 404
    assert not drawn["rotation"][3::4].any()
    assert drawn["rotation"][:3].all()


def test_states_of_several_systems_are_those_of_each_alone() -> None:
    drawn = draw("su2_transfer", [8, 9, 10, 11])
    found = DATASET.solve("su2_transfer", drawn)
    assert {c.name for c in DATASET.columns("su2_transfer")} == set(found)
    alone = DATASET.solve("su2_transfer", draw("su2_transfer", [11]))
    np.testing.assert_allclose(found["energy"][3], alone["energy"][0], atol=1e-10)
    np.testing.assert_allclose(found["energy"][:3], [1, 2, 3], atol=0.05)
    assert found["level"][3] == 1599
    onsite = drawn["onsite_energy"][3, 0]
    energy, vector = eigenstate(ando_hamiltonian(onsite), 1599)
    assert energy == pytest.approx(found["energy"][3], abs=1e-10)
    density = (abs(vector) ** 2).reshape(40, 40, 2).sum(axis=2)
    assert (density**2).sum() == pytest.approx(1 / found["participation_ratio"][3], rel=1e-6)


def test_random_numbers_are_those_of_the_models() -> None:
    drawn = draw("su2", list(range(90)))
    energies = (drawn["onsite_energy"] / drawn["disorder"][:, None, None, None]).ravel()
    assert abs(energies).max() < 0.5
    for uniform in (energies + 0.5, *drawn["rotation"].swapaxes(0, 1).reshape(3, -1)):
        counts, expected = np.histogram(uniform, 20, (0, 1))[0], uniform.size / 20
        assert ((counts - expected) ** 2 / expected).sum() < 50  # 19 degrees of freedom
    orbitals = draw("chern", list(range(50)))["onsite_energy"]
    assert orbitals.shape == (50, 2, 40, 40)
    assert abs(np.corrcoef(orbitals[:, 0].ravel(), orbitals[:, 1].ravel())[0, 1]) < 0.02


def test_levels_of_one_realisation_follow_each_other() -> None:
    """Across the border of two realisations, in any order."""
    count = DATASET.parameters("chern_gap_w1").levels
    indices = [count - 2, count - 1, count, count + 1]
    found = DATASET.solve("chern_gap_w1", draw("chern_gap_w1", indices))
    middle = 1600 - count // 2
    assert found["level"].tolist() == [
        middle + count - 2, middle + count - 1, middle, middle + 1
    ]  # fmt: skip
    assert found["energy"][1] > 0.5 > -0.5 > found["energy"][2]
    assert (np.diff(found["energy"])[[0, 2]] > 0).all()
    assert (found["disorder"] == 1).all()
    assert (found["label"] == 1).all()


def test_pictures() -> None:
    solved = DATASET.solve("chern", draw("chern", [0, 1]))
    figure = DATASET.figure("chern", solved, 1)
    assert [a.get_xlabel() for a in figure.axes[:2]] == ["x [sites]", "x [sites]"]
    images = DATASET.images("chern", solved)["density_image"]
    assert len(images) == 2
    assert all(image.startswith(b"\x89PNG") for image in images)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "haldane"}, "Unknown model 'haldane'"),
        ({"side": 2}, "too small for its bonds"),
        ({"disorder": -1.0}, "disorder is 0 or more; got -1"),
        ({"disorder": np.nan}, "disorder is 0 or more"),
        ({"critical_disorder": 0.0}, "critical_disorder is above 0"),
        ({"levels": 0}, "3200 levels; got levels=0"),
        ({"levels": 3201}, "3200 levels"),
    ],
)
def test_impossible_configurations(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        WavefunctionsConfig("wrong", {}, **wrong)  # type: ignore[arg-type]


SITES, ANGLES = np.zeros((5, 5)), np.zeros((2, 5, 5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ando_hamiltonian(SITES[:2, :2]), "L is 3 or more; got 2"),
        (lambda: chern_hamiltonian(SITES[:1, :1], SITES[:1, :1]), "L is 2 or more; got 1"),
        (lambda: chern_hamiltonian(SITES[:2, :2], SITES[:2, :2], True), "L is 3 or more; got 2"),
        (lambda: ando_hamiltonian(SITES[None]), r"shape \(L, L\), one sample; got \(1, 5, 5\)"),
        (lambda: ando_hamiltonian(SITES[:, :4]), r"shape \(L, L\)"),
        (lambda: ando_hamiltonian(SITES + np.nan), "on-site energies hold NaN"),
        (lambda: ando_hamiltonian(SITES + 1j), "real numbers; got complex128"),
        (lambda: chern_hamiltonian(SITES, SITES[:4, :4]), "energies of one shape"),
        (
            lambda: su2_hamiltonian(SITES, ANGLES, SITES, ANGLES),
            r"angles beta have shape \(2, 5, 5",
        ),
        (lambda: su2_hamiltonian(SITES, ANGLES, ANGLES, ANGLES + np.inf), "angles gamma hold NaN"),
    ],
)
def test_wrong_lattices(call: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()  # type: ignore[operator]


MATRIX = ando_hamiltonian(SITES)


@pytest.mark.parametrize(
    ("h", "level", "message"),
    [
        (MATRIX, -1, r"level is one of 0 … 49; got -1"),
        (MATRIX, 50, r"level is one of 0 … 49; got 50"),
        (MATRIX, 3.0, "level is an integer; got 3.0"),
        (MATRIX, True, "level is an integer; got True"),
        (MATRIX + 1e-3 * sparse.eye(50, k=1), 3, "not Hermitian.*differ by up to 0.001"),
        (MATRIX * 1j, 3, "not Hermitian"),
        (MATRIX[:, :40], 3, "square matrix"),
        (np.zeros((0, 0)), 0, "square matrix"),
        (np.full((3, 3), np.nan), 0, "NaN or infinite"),
        ([["a"]], 0, "matrix of numbers"),
    ],
)
def test_wrong_matrices(h: object, level: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        eigenstate(h, level)  # type: ignore[arg-type]


def test_public_functions() -> None:
    rng = np.random.default_rng(0)
    onsite = rng.uniform(-1, 1, (2, 8, 8))
    h = chern_hamiltonian(*onsite)
    energies, vectors = np.linalg.eigh(h.toarray())
    energy, vector = eigenstate(h, 63)
    assert energy == pytest.approx(energies[63], abs=1e-13)
    assert abs(np.vdot(vector, vectors[:, 63])) == pytest.approx(1, abs=1e-12)
    assert eigenstate(h.toarray(), np.int64(63))[0] == pytest.approx(energy, abs=1e-13)
    inside = (energies >= -0.3) & (energies < 0.4)
    found, states_found = eigenstates_between(h, -0.3, 0.4)
    np.testing.assert_allclose(found, energies[inside], atol=1e-12)
    assert states_found.shape == (128, inside.sum())
    with pytest.raises(UsageError, match="from low to high; got 1 and 0"):
        eigenstates_between(h, 1, 0)
    with pytest.raises(UsageError, match="ends of the window hold NaN"):
        eigenstates_between(h, 0, np.inf)


def test_what_cannot_be_proven_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eigenstates, "SMALL", 0)
    monkeypatch.setattr(eigenstates, "ATTEMPTS", 0)
    monkeypatch.setattr(states, "LARGEST", 10)
    for call in (lambda: eigenstate(MATRIX, 3), lambda: eigenstates_between(MATRIX, 0, 1)):
        with pytest.raises(MesoinvError, match="could not be proven"):
            call()


def test_unknown_solver_and_device() -> None:
    drawn = draw("ando", [0])
    with pytest.raises(UsageError, match=r"Unknown solver 'dens'\. Did you mean 'dense'\?"):
        DATASET.solve("ando", drawn, solver="dens")
    with pytest.raises(UsageError, match="CPU only; got 'cuda'"):
        DATASET.solve("ando", drawn, device="cuda")
