"""The report on the Ising model: tables and pictures, from made-up lattices and small models."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from eval_helpers import row, zoo_of
from kept_samples import keep_samples

from mesoinv.eval.reports import report_of
from mesoinv.eval.reports.ising.equilibrium import NEEDED, Memory, autocorrelation_time, differences
from mesoinv.eval.reports.ising.report import PAPER
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.generators.common.records import to_json
from mesoinv.generators.ising import DATASET
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.ising.observables import observables
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS
from mesoinv.generators.solvers.ising.phase_boundary import critical_temperature
from mesoinv.zoo.declared.config import ModelConfig, Quantity, TrainingRecord
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.zoo.model.model import Model

BLOCK = 3454
ORDERS = ("ising-phase-order.paper", "ising-phase-stripes-order.paper")
MODELS = (*ORDERS, *PAPER.values(), "ising-couplings-constant.138k", "ising-couplings-pseudo.138k")


def made_up(config, count):
    """Samples of a split with spins that are ordered below T_c, and random above."""
    drawn = DATASET.draw(config, stream_of(DATASET, config, "test"), np.arange(count))
    rng = np.random.default_rng(0)
    spins = rng.choice(np.array([-1, 1], dtype=np.int8), (count, 30, 30))
    rows = (1 - 2 * (np.arange(30) % 2)).astype(np.int8)[:, None] * np.ones((30, 30), np.int8)
    for order, state in (("ferromagnet", np.ones((30, 30), np.int8)), ("stripes", rows)):
        critical = {j2: critical_temperature(j2, order) for j2 in COUPLINGS}
        below = drawn["temperature"] < np.array([critical[j2] for j2 in drawn["j2"].tolist()])
        spins[below] = state
    measured = observables(spins, drawn["j2"])
    return drawn | {
        "spins": spins, "energy": measured.energy, "magnetisation": measured.magnetisation,
        "row_order": measured.rows, "column_order": measured.columns,
    }  # fmt: skip


def model_of(name):
    recipe = read_recipe(name)
    inputs = [Quantity("spins", "1", [30, 30], None, None, q.transforms) for q in recipe.inputs]
    outputs = [
        Quantity(q.name, "1", [30, 30] if q.like else (q.shape or []), None, None,
                 inputs[0].transforms if q.like else [])
        for q in recipe.outputs
    ]  # fmt: skip
    small = {"hidden": [4]} if "vae" in name else {}
    config = ModelConfig(
        name, recipe.architecture, {**recipe.hyperparameters, **small}, "0.1.0", "ising",
        DATASET.version, recipe.config, recipe.task, inputs, outputs,
        training=TrainingRecord(
            recipe.objective.kind, 62, None, 0, 0, "32-true", 1.0, 0.0, "CPU", "", {"torch": "0"}
        ),
    )  # fmt: skip
    model = Model(config).eval()
    if name.startswith("ising-couplings"):
        model.network.fit(torch.zeros(2, 30, 30), torch.tensor([[0.25, 0.0], [2.0, 3.0]]))
    return model


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    samples = made_up("L30", BLOCK)
    # shorter requests, and longer ones, are of the same samples
    names = ("spins", "j2", "temperature", "k1", "k2", *NEEDED)
    for config in ("L30", "equilibrium"):
        given = samples if config == "L30" else made_up(config, BLOCK)
        for count in (BLOCK, 10 * BLOCK if config == "L30" else 5 * BLOCK):
            times = count // BLOCK
            some = {n: np.concatenate([given[n]] * times) for n in names}
            if times > 1:
                rng = np.random.default_rng(times)
                some["energy"] = some["energy"] + 0.01 * rng.normal(size=count)
                some = {n: some[n] for n in NEEDED}
            keep_samples(kept / "cache", "ising", config, "test", some)
    (kept / "docs").mkdir()
    memory = Memory(30, 100, [1.0] * 22, [2.0] * 22, [4.0] * 22, [0.1] * 22)
    (kept / "docs/memory.json").write_text(to_json(memory))
    options = ReportOptions(
        kept / "docs", samples=BLOCK, cache=kept / "cache", results=kept / "results",
        work={"equilibrium": ""}, log=lambda _: None,
    )  # fmt: skip
    with zoo_of(tmp_path_factory.mktemp("weights"), MODELS, model_of):
        report = report_of("ising")(options)
        report.write_figures()
        return report.write_page()


def test_every_model_has_its_scores(written):
    text = written.read_text(encoding="utf-8")
    for name in MODELS:
        assert row(text, name)
    assert "nan" not in text
    assert "None" not in text


@pytest.mark.parametrize("name", ORDERS)
def test_the_order_parameter_finds_the_boundary_of_ideal_lattices(written, name):
    """It jumps at T_c: within half a step of temperature."""
    cells = row(written.read_text(encoding="utf-8"), name).split("|")
    assert float(cells[2].split()[0]) > 0.98


def test_the_table_of_boundaries_has_every_coupling(written):
    table = written.read_text(encoding="utf-8").split("## Boundaries")[1].split("## Cooled")[0]
    for j2 in COUPLINGS:
        assert f"| {j2:g} |" in table
    assert "Onsager" in table


def test_pictures_are_there_and_shown(written):
    text = written.read_text(encoding="utf-8")
    for name in ("spins", "planes", "boundaries", "latent", "couplings", "differences"):
        assert (written.parent / f"{name}.png").stat().st_size > 2000
        assert f"]({name}.png)" in text


def test_differences_are_of_lattices():
    rng = np.random.default_rng(1)
    names = ("energy", "magnetisation", "row_order", "column_order")
    cooled, alike = (
        {name: rng.normal(scale=0.01, size=(40, 22, 157)) for name in names} for _ in range(2)
    )
    for samples in (cooled, alike):
        samples["magnetisation"][:, :9, -1] = 1.0
    cooled["magnetisation"][:10, 3, -1] = 0.2
    cooled["energy"][:, 3, -9:] += 0.05
    apart = differences(*({n: v.ravel() for n, v in s.items()} for s in (cooled, alike)))
    assert (apart.walls_cooled[3], apart.walls_equilibrium[3]) == (0.25, 0.0)
    assert apart.walls_cooled[4] == 0.0
    assert apart.order[3][-1] == pytest.approx(-0.2)
    assert apart.energy[3] == pytest.approx(0.05, abs=4 * apart.energy_error[3])
    assert abs(apart.energy[5]) < 4 * apart.energy_error[5]
    assert 0.0005 < apart.energy_error[5] < 0.002  # 0.01 / √9 / √40, twice


def test_autocorrelation_times_are_those_of_a_known_process():
    """x ← a x + noise has τ = 1/2 + a/(1 - a)."""
    rng, x, a = np.random.default_rng(2), np.zeros(40_000), 0.9
    noise = rng.normal(size=len(x))
    for i in range(1, len(x)):
        x[i] = a * x[i - 1] + noise[i]
    assert autocorrelation_time(x) == pytest.approx(9.5, rel=0.15)
    assert autocorrelation_time(noise) == pytest.approx(0.5, abs=0.1)
    assert autocorrelation_time(np.full(10, -1.6)) == 0.5
    assert autocorrelation_time(np.full(4000, -1.6) + 1e-16 * noise[:4000]) == 0.5
