"""Tutorials run as they are, and say what they promise."""

from __future__ import annotations

import runpy
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"


@pytest.fixture(autouse=True)
def _no_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mpl.use("agg")
    monkeypatch.chdir(tmp_path)


def run(name: str) -> dict[str, object]:
    return runpy.run_path(str(TUTORIALS / f"{name}.py"))


def test_loading_a_dataset() -> None:
    names = run("plot_1_load_and_plot")
    assert names["test"].num_rows == 16
    difference = names["alone"]["potential"][0] - names["sample"]["potential"]
    assert np.abs(difference).max() < 1e-3  # stored in 16 bits


def test_a_variation_of_ones_own() -> None:
    """G rises in steps, the hill changes it, and kwant says the same."""
    names = run("plot_2_your_own_variation")
    curves = names["curves"]
    assert np.all(np.diff(curves["without"]) > -0.05)
    assert np.abs(np.subtract(*curves.values())).max() > 0.05
    np.testing.assert_allclose(names["ours"], names["theirs"], atol=1e-8)


def test_errors_of_a_model() -> None:
    names = run("plot_3_errors_of_a_model")
    assert names["result"].headline.value > 0.99
    assert names["errors"][names["worst"]] == names["errors"].max()


def test_training() -> None:
    """Its network beats the constant by far."""
    assert run("plot_5_train_your_own")["scores"]["this network"].low > 0.3


def test_submitting() -> None:
    names = run("plot_6_submit")
    assert names["result"].evaluation.subject.name == "my-rule"
    assert names["result"].evaluation.samples == 20_000


def test_adding_a_dataset() -> None:
    names = run("plot_7_add_a_dataset")
    levels, sites = names["samples"]["levels"], names["samples"]["onsite_energy"]
    assert levels.shape == (16, 32)
    np.testing.assert_allclose(levels.sum(axis=1), sites.sum(axis=1), atol=1e-4)  # the trace


def test_a_cluster() -> None:
    assert run("plot_8_cluster")["same"]


def test_inverting_a_noisy_map() -> None:
    names = run("plot_4_invert_noisy_map")
    made, estimate = names["made"], names["estimate"]
    assert made.fits.all()
    assert names["error"](made.potential[0]) < 0.01
    assert 0.85 < names["covered"].mean() <= 1
    assert estimate.fits.all()
    assert abs(estimate.s - names["unknown"]["s"])[0] < 4 * estimate.s_deviation[0]


# what deepinv itself is warned of
@pytest.mark.filterwarnings("ignore")
def test_the_operator_of_another_library() -> None:
    """Its gradient is that of finite differences, and the steps go down."""
    names = run("deepinv_physics")
    misfits = names["misfits"]
    assert misfits == sorted(misfits, reverse=True)
    assert misfits[-1] < 0.7 * misfits[0]
    x, y, physics, fidelity = (names[n] for n in ("x", "y", "physics", "fidelity"))
    change = torch.randn(x.shape, dtype=x.dtype, generator=torch.manual_seed(0))
    step = 1e-5
    high, low = (float(fidelity(x + s * change, y, physics).sum()) for s in (step, -step))
    slope = float((fidelity.grad(x, y, physics) * change).sum())
    np.testing.assert_allclose(slope, (high - low) / (2 * step), rtol=1e-3)


def test_a_scanning_gate_map() -> None:
    names = run("plot_9_scanning_gate")
    assert names["made"].fits[0]
    assert names["noise"] == pytest.approx(0.005, rel=0.1)
    assert names["error"] < 0.1
    assert names["covered"].mean() > 0.85
