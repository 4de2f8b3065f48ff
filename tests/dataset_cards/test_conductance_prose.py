"""The numbers in the prose of the conductance card, computed again."""

import re

import numpy as np
import pytest

from mesoinv.dataset_cards.prose import read_prose
from mesoinv.generators.conductance import DATASET, ENERGIES, conductance
from mesoinv.generators.pipeline.plan import stream_of

ROW = re.compile(r"^\| `(model\w+)` \| ([^\n]+) \|$", re.MULTILINE)
SAMPLES = 4000
#: of the paper's best network: G, and mean conductance of model II
PAPER = {
    "model1_3x3": (0.1, None),
    "model1_5x5": (0.24, None),
    "model1_10x10": (0.31, None),
    "model1_20x20": (0.38, None),
    "model2": (0.18, 0.095),
    "model3": (0.26, None),
    "model4": (0.32, None),
}


@pytest.fixture(scope="module")
def sections():
    return read_prose(DATASET).sections


def drawn(config, count):
    return DATASET.draw(config, stream_of(DATASET, config, "test"), np.arange(count))


def error_from_count(number, values, neighbours=40):
    """Mean absolute error of a local quadratic fit in the number of impurities, without itself."""
    order = np.argsort(number, kind="stable")
    x, y = number[order].astype(float), values[order]
    errors = []
    for i in range(len(x)):
        near = np.r_[max(0, i - neighbours) : i, i + 1 : min(len(x), i + neighbours + 1)]
        distance = x[near] - x[i]
        distance /= max(abs(distance).max(), 1)
        terms = np.stack([np.ones_like(distance), distance, distance**2], axis=1)
        errors.append(abs(np.linalg.lstsq(terms, y[near])[0][0] - y[i]))
    return float(np.mean(errors))


def constant(values):
    return float(abs(values - np.median(values)).mean())


def table_row(config, count=SAMPLES):
    """One row of the table of errors, as numbers; None where there is nothing."""
    solved = DATASET.solve(config, drawn(config, count))
    g, mean = solved["conductance"], solved["mean_conductance"]
    number = (solved["onsite_energy"] != 0).sum(axis=(1, 2))
    counts = [error_from_count(number, v) if config in {"model2", "model3", "model4"} else None
              for v in (g, mean)]  # fmt: skip
    paper = PAPER.get(config, (None, None))
    return [
        g.mean(), g.std(), constant(g), counts[0], paper[0], constant(mean), counts[1], paper[1],
    ]  # fmt: skip


def shown(number):
    return "–" if number is None else f"{number:.3g}" if number < 1 else f"{number:.2f}"


def test_grid_and_channels(sections):
    def channels(width, energy):
        levels = -2 * np.cos(np.pi * np.arange(1, width + 1) / (width + 1))
        return int((abs(energy - levels) < 2 - 1e-12).sum())

    counts = [channels(40, energy) for energy in (0.0, ENERGIES[0], ENERGIES[-1])]
    assert counts == [40, 35, 35]
    clean = np.mean([channels(40, energy) for energy in ENERGIES])
    assert (
        f"that is 40 at E = 0 and 35 at E = ±0.18, and Ḡ of a clean wire is {clean:.1f}"
        in (sections["Physics"])
    )
    assert conductance(np.zeros((1, 40, 40)), ENERGIES).mean() == pytest.approx(clean)
    assert all(channels(w, e) == w for w in (3, 4, 5) for e in (0.0, *ENERGIES))


def test_stored_values(sections):
    for value, text in ((5 / 3, "1.66666663"), (10 / 3, "3.33333325")):
        assert f"{np.float32(value):.8f}" == text
        assert text in sections["Columns"]
    assert np.float16(2.5) == 2.5
    sites = drawn("model1_3x3", 50)["onsite_energy"]
    multiples = sites * 2**23 / 4
    assert (multiples % 2 == 1).all()


def test_the_band_of_a_full_wire(sections):
    text = " ".join(sections["What is hard about it"].split())
    assert "n = 1 the wire's own band is [1, 9] and E = 0 lies outside of it" in text
    assert conductance(np.full((1, 40, 40), 5.0), [0.0])[0, 0] < 1e-12


def test_how_many_do_not_conduct(sections):
    for config, percent in (("model2", 59), ("model3", 33), ("model4", 11)):
        sites = drawn(config, 500)["onsite_energy"]
        share = (conductance(sites, [0.0]) < 0.01).mean()
        assert share == pytest.approx(percent / 100, abs=4 * 0.5 / np.sqrt(500))
        assert f"{percent} %" in sections["What is hard about it"]


def table(sections):
    return {
        name: rest.split(" | ") for name, rest in ROW.findall(sections["What is hard about it"])
    }


def test_the_table_names_the_papers_errors(sections):
    rows = table(sections)
    assert set(rows) == set(DATASET.configs) - {"ensemble"}
    for config, row in rows.items():
        assert [row[4], row[7]] == [shown(v) for v in PAPER.get(config, (None, None))]


@pytest.mark.parametrize("config", [c for c in DATASET.configs if c != "ensemble"])
def test_table_of_errors(sections, config):
    """With fewer samples than the table's, so within statistical errors."""
    stated = table(sections)[config]
    g = conductance(drawn(config, count := 600)["onsite_energy"], [0.0])[:, 0]
    spread = float(stated[1])
    assert g.mean() == pytest.approx(float(stated[0]), abs=4.5 * spread / np.sqrt(count))
    # heavy tails in models II to IV: a few clean wires carry the mean
    assert constant(g) == pytest.approx(float(stated[2]), abs=4.5 * spread / np.sqrt(count))


def test_counting_impurities_is_a_strong_baseline(sections):
    batch = drawn("model2", 1500)
    g = conductance(batch["onsite_energy"], [0.0])[:, 0]
    found = error_from_count((batch["onsite_energy"] != 0).sum(axis=(1, 2)), g)
    assert found == pytest.approx(float(table(sections)["model2"][3]), rel=0.25)


if __name__ == "__main__":
    for name in DATASET.configs:
        if name != "ensemble":
            print(f"| `{name}` | " + " | ".join(map(shown, table_row(name))) + " |", flush=True)
