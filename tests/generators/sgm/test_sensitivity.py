"""The approximate Jacobian of maps against exact products."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.generators.pldos import Strip
from mesoinv.generators.sgm import linearise
from mesoinv.generators.solvers.pldos.inversion.waves import Waves
from mesoinv.generators.solvers.sgm.map_fit import centred
from mesoinv.generators.solvers.sgm.sensitivity import sensitivity


@pytest.mark.parametrize(("sides", "tolerance"), [((64, 48), 0.15), ((128, 96), 0.03)])
def test_it_is_nearly_the_exact_one(sides: tuple[int, int], tolerance: float) -> None:
    """The sum over r' steps over the peak of G(r, r'), which matters less in larger samples."""
    strip = Strip(*sides, 20)
    waves = Waves(strip, 50.0, 1.0)
    rng = np.random.default_rng(0)
    potential = waves.potential(rng.normal(size=waves.count))
    strengths = [0.1, 1.0, -0.5, np.inf]
    linear = linearise(potential[None], tip_strength=strengths, strip=strip)
    ((_, maps),) = linear.parts[0]
    made = sensitivity(maps, waves)
    for change in rng.normal(size=(5, waves.count)):
        exact = linear.product(waves.potential(change)[None])[0]
        wanted = centred(exact[:, ::4, 2::4]).reshape(len(strengths), -1)
        error = np.linalg.norm(made @ change - wanted, axis=1)
        assert (error < tolerance * np.linalg.norm(wanted, axis=1)).all()


def test_its_length_is_a_multiple_of_four() -> None:
    strip = Strip(30, 24, 8)
    linear = linearise(np.zeros((1, 30, 24)), tip_strength=1.0, strip=strip)
    ((_, maps),) = linear.parts[0]
    with pytest.raises(ValueError, match="a multiple of 4"):
        sensitivity(maps, Waves(strip, 50.0, 1.0))
