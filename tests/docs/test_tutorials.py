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


def test_inverting_a_noisy_map() -> None:
    names = run("plot_invert_noisy_map")
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
