"""The numbers in the prose of the wavefunctions card, computed again."""

import re

import numpy as np
import pytest

from mesoinv.dataset_cards.prose import read_prose
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.eigenstates.inertia import count_below
from mesoinv.generators.solvers.wavefunctions import lattice_hamiltonians
from mesoinv.generators.wavefunctions import DATASET

ROW = re.compile(r"^\| `(su2|chern)` \| ([\d.]+) \| ([\d.]+) % \|$", re.MULTILINE)
SAMPLES = 500


@pytest.fixture(scope="module")
def sections():
    return read_prose(DATASET).sections


def solved(config, split, indices):
    stream = stream_of(DATASET, config, split)
    return DATASET.solve(config, DATASET.draw(config, stream, np.asarray(indices)))


def best_threshold(ratio, label):
    """Threshold with the most samples right, and whether larger values have label 1."""
    order = np.argsort(ratio)
    ones = np.cumsum(label[order])
    # right when those after place k are called 1: zeros up to k and ones after it
    right = np.arange(1, len(ones) + 1) - ones + ones[-1] - ones
    rising = right.max() >= (len(ones) - right).max()
    place = int(np.argmax(right if rising else -right))
    return float(ratio[order[place]]), bool(rising)


def accuracy(config, batch, threshold, rising=True):
    return float((((batch["participation_ratio"] > threshold) == rising) == batch["label"]).mean())


def test_critical_values_are_those_declared(sections):
    rows = re.findall(r"^\| (`[^|]+) \| ([\d.]+) \| ", sections["Physics"], re.MULTILINE)
    stated = {
        name: float(value) for names, value in rows for name in re.findall(r"`([^`]+)`", names)
    }
    for config, parameters in DATASET.configs.items():
        key = "chern…" if parameters.model == "chern" else config
        assert stated[key] == parameters.critical_disorder


def test_blocks_are_those_computed(sections):
    zero = np.zeros((3, 3))
    matrix = lattice_hamiltonians.chern(zero, zero).toarray()
    np.testing.assert_allclose(matrix[6:8, :2], [[-1 / 4, -1 / 3], [1 / 3, 1 / 4]])
    np.testing.assert_allclose(matrix[2:4, :2], [[-1 / 4, -1j / 3], [-1j / 3, 1 / 4]])
    assert "⟨x+e_x|H|x⟩ = [[−1/4, −1/3], [1/3, 1/4]]" in sections["Physics"]
    assert "⟨x+e_y|H|x⟩ = [[−1/4, −i/3], [−i/3, 1/4]]" in sections["Physics"]


@pytest.mark.parametrize("config", ["chern_gap_w1", "chern_gap_w6"])
def test_all_states_in_the_gap_are_there(config, sections):
    parameters = DATASET.parameters(config)
    realisations = parameters.sizes["full"]["test"] // parameters.levels
    first = 1600 - parameters.levels // 2
    indices = parameters.levels * np.arange(0, realisations, 4)
    drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), indices)
    for onsite in drawn["onsite_energy"]:
        matrix = lattice_hamiltonians.chern(*onsite)
        assert first <= count_below(matrix, -0.5)
        assert count_below(matrix, 0.5) <= first + parameters.levels
    assert str(parameters.levels) in sections["Physics"]


@pytest.mark.parametrize("config", ["su2", "chern"])
def test_table_of_thresholds(config, sections):
    """With fewer samples than the table's, so within statistical errors."""
    rows = {name: rest for name, *rest in ROW.findall(sections["What is hard about it"])}
    threshold, percent = map(float, rows[config])
    # spread over the grid: every fifth strength
    found = accuracy(config, solved(config, "test", range(2, 100, 5)), threshold)
    assert found == pytest.approx(percent / 100, abs=4 * 0.5 / np.sqrt(20))


if __name__ == "__main__":
    for name in ("su2", "chern"):
        train = solved(name, "train", range(SAMPLES))
        limit, rises = best_threshold(train["participation_ratio"], train["label"])
        share = accuracy(name, solved(name, "test", range(SAMPLES)), limit, rises)
        print(f"| `{name}` | {limit:.0f} | {100 * share:.1f} % |", "" if rises else "(falling)")
