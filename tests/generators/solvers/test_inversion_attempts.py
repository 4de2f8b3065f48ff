"""Fits that fail are tried again, and noise is told from what a landscape does not explain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pldos import partial_ldos
from mesoinv.generators.solvers.pldos.inversion import gauss_newton
from mesoinv.generators.solvers.pldos.inversion import invert as module
from mesoinv.generators.solvers.pldos.inversion.noise import Measured, misfit_outwards
from mesoinv.generators.solvers.pldos.inversion.user_input import invert_density
from mesoinv.generators.solvers.pldos.inversion.waves import Waves
from mesoinv.generators.solvers.pldos.strip import Strip

if TYPE_CHECKING:
    import pytest

STRIP = Strip(length=96, width=72, source_width=16)
WAVES = Waves(STRIP, 60.0, 0.5)
POTENTIAL = WAVES.potential(np.random.default_rng(0).normal(size=WAVES.count))


def test_noise_alone_looks_wrong_once_in_a_thousand_maps() -> None:
    density = np.ones((96, 72))
    measured = Measured(density, np.full(density.shape, 0.04))
    rng = np.random.default_rng(2)
    wrong = [
        misfit_outwards(0.2 * rng.normal(size=density.shape), measured, STRIP).any()
        for _ in range(2000)
    ]
    assert sum(wrong) < 9


def test_noise_that_was_estimated_may_be_a_little_larger() -> None:
    """Everywhere, not in some shells alone."""
    density = np.ones((96, 72))
    noise = np.random.default_rng(2).normal(size=density.shape) * 0.2 * np.sqrt(1.3)
    known = Measured(density, np.full(density.shape, 0.04))
    estimated = replace(known, slack=0.35)
    assert misfit_outwards(noise, known, STRIP).any()
    assert not misfit_outwards(noise, estimated, STRIP).any()
    assert misfit_outwards(1.2 * noise, estimated, STRIP).any()
    wrong = np.where(np.arange(96)[:, None] > 70, 0.2, 0)
    assert misfit_outwards(noise + wrong, estimated, STRIP).any()


def test_a_place_without_a_derivative_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a level there is none: a shorter step, or a start beside it, is taken."""
    density = partial_ldos(POTENTIAL[None], strip=STRIP)
    how = {"s": 60.0, "n_d": 0.5, "strip": STRIP, "tolerance": 3e-4}
    plain, calls = gauss_newton.linearise, []

    def lost_now_and_then(*arguments, **how):
        calls.append(1)
        if len(calls) in {1, 4}:
            raise MesoinvError("has no derivative")
        return plain(*arguments, **how)

    monkeypatch.setattr(gauss_newton, "linearise", lost_now_and_then)
    made = invert_density(density, 0.95 * POTENTIAL[None], **how)
    assert made.fits.tolist() == [True]
    assert len(calls) > 4


def test_a_fit_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another caution; what explains the density best is kept, steps are counted together."""
    ends = iter([(0.5, 7), (0.3, 20), (0.0, 9)])

    def ended(_measured, _waves, start, *, caution, tolerance):
        del caution, tolerance
        excess, steps = next(ends)
        return gauss_newton.Fit(start, np.ones((96, 72)), 1.0, excess, np.eye(len(start)), steps)

    monkeypatch.setattr(module, "fit", ended)
    measured = Measured(np.ones((96, 72)), np.ones((96, 72)))
    disorder = module.Disorder(STRIP, (60.0, 60.0), (0.5, 0.5))
    made = module.invert([measured], disorder, [POTENTIAL], tolerance=3e-4)
    assert (made.fits.tolist(), made.excess.tolist(), made.steps.tolist()) == ([True], [0.0], [36])
