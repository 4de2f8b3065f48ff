"""Propagation in torch, on the CPU and on a GPU, beside that of numpy."""

from __future__ import annotations

import numpy as np
import pytest
from cells import CRYSTALS, wave_vectors, with_odd_atom

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.lacbed import Crystal, bright_field, pattern
from mesoinv.generators.solvers.lacbed.propagation import intensity
from mesoinv.generators.solvers.lacbed.scattering_matrix import beams_within

THICKNESS = np.array([0.0, 300.0, 600.0])
VECTORS = wave_vectors(8)[[2, 4, 7], [1, 4, 6]]


@pytest.mark.parametrize("device", ["torch", pytest.param("cuda", marks=pytest.mark.cuda)])
@pytest.mark.parametrize("absorption", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("crystal", [CRYSTALS["Au"], with_odd_atom(CRYSTALS["Si"])])
def test_torch_equals_numpy(
    crystal: Crystal, absorption: float, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real and complex couplings, one slice and several."""
    beams = beams_within(crystal, 200.0, 1.6)
    expected = intensity(beams, VECTORS, THICKNESS, absorption)
    if device == "torch":
        survival = pytest.importorskip(
            "mesoinv.generators.solvers.lacbed.torch_propagation"
        ).survival
        monkeypatch.setattr(
            "mesoinv.generators.solvers.lacbed.torch_propagation.survival",
            lambda matrix, thickness, device: survival(matrix, thickness, "cpu"),
        )
    for single, allowed in ((False, 1e-10), (True, 1e-4)):
        solved = intensity(beams, VECTORS, THICKNESS, absorption, single=single, device=device)
        np.testing.assert_allclose(solved, expected, atol=allowed)


@pytest.mark.cuda
@pytest.mark.parametrize("name", ["Si", "SrTiO3"])
def test_cuda_within_the_tolerance(name: str) -> None:
    expected = pattern(CRYSTALS[name], [300.0, 600.0], pixels=32, tolerance=2e-4)
    solved = bright_field(CRYSTALS[name], [300.0, 600.0], pixels=32, device="cuda")
    for ours, theirs in zip(solved, expected.intensity, strict=True):
        assert np.linalg.norm(ours - theirs) < 1.2e-3 * np.linalg.norm(theirs)


def test_unknown_device() -> None:
    with pytest.raises(UsageError, match="Unknown device 'tpu'"):
        bright_field(CRYSTALS["Si"], 100.0, pixels=8, device="tpu")
