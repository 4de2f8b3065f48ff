"""The fast solver against kwant and against the plain complex recursion, in any geometry.

In all of these samples the elimination solves every row itself, but for one made so that it cannot.
"""

from __future__ import annotations

import numpy as np
import pytest
from strips import (
    DISORDER,
    fast_rows,
    landscapes,
    relative_error,
    small_strip,
    walled_site,
)

from mesoinv.generators.pldos import partial_ldos
from mesoinv.generators.solvers.pldos.complex_recursion import scatter_complex
from mesoinv.generators.solvers.pldos.elimination import Method, eliminate
from mesoinv.generators.solvers.pldos.kwant_reference import scatter_kwant
from mesoinv.generators.solvers.pldos.scattering import scatter
from mesoinv.generators.solvers.pldos.strip import strip_modes
from mesoinv.generators.solvers.pldos.transport import SolvedBy

#: length, width, source width, energy [t]: odd, narrow, wide, full and point-like sources, high
#: energies; none at the threshold of a mode, where every solver loses half of its digits
SMALL = [
    (2, 1, 1, 3.3),
    (12, 7, 1, 2.3),
    (12, 7, 7, 1.0),
    (9, 13, 4, 0.9),
    (20, 24, 5, 0.5),
    (16, 17, 16, 4.1),
    (8, 9, 3, 6.4),
    (30, 10, 2, 5.3),
    (2, 3, 2, 3.2),
    (25, 33, 11, 2.7),
]


@pytest.mark.parametrize(("s", "n_d"), DISORDER)
def test_exact_equals_kwant(s: float, n_d: float) -> None:
    potential = landscapes(s, n_d, 4)[:1]
    expected = scatter_kwant(potential)
    solved = scatter(potential, tolerance=0)
    assert fast_rows(solved).all()
    assert relative_error(solved.partial_ldos, expected.partial_ldos).max() < 1e-8
    assert relative_error(partial_ldos(potential, exact=True), expected.partial_ldos).max() < 1e-8
    np.testing.assert_allclose(solved.transmission, expected.transmission, rtol=1e-9)
    np.testing.assert_allclose(solved.reflection, expected.reflection, rtol=1e-9)
    assert solved.error_estimate.max() == 0
    assert (expected.solved_by == SolvedBy.KWANT).all()


@pytest.mark.parametrize(("s", "n_d"), DISORDER)
def test_exact_equals_complex_recursion(s: float, n_d: float) -> None:
    potential = landscapes(s, n_d, 4)[1:3]
    expected = scatter_complex(potential)
    assert (expected.solved_by == SolvedBy.RECURSION).all()
    solved = scatter(potential, tolerance=0)
    fast = fast_rows(solved)  # all of them
    error = relative_error(solved.partial_ldos[fast], expected.partial_ldos[fast])
    assert error.max() < 1e-10
    np.testing.assert_allclose(solved.transmission[fast], expected.transmission[fast], rtol=1e-9)


def test_clean_sample_equals_kwant() -> None:
    potential = np.zeros((1, 256, 192))
    expected = scatter_kwant(potential)
    for tolerance, allowed in ((0, 1e-9), (3e-4, 3e-4)):
        solved = scatter(potential, tolerance=tolerance)
        assert fast_rows(solved).all()
        assert relative_error(solved.partial_ldos, expected.partial_ldos).max() < allowed
        np.testing.assert_allclose(solved.transmission, expected.transmission, rtol=allowed)


@pytest.mark.parametrize("geometry", SMALL)
@pytest.mark.parametrize("strength", [0.0, 0.5, 3.0])
def test_small_strips_equal_kwant(geometry: tuple[int, int, int, float], strength: float) -> None:
    strip = small_strip(*geometry)
    rng = np.random.default_rng(5)
    potential = strength * rng.normal(size=(2, strip.length, strip.width))
    expected = scatter_kwant(potential, strip)
    plain = scatter_complex(potential, strip)
    assert relative_error(plain.partial_ldos, expected.partial_ldos).max() < 1e-9
    open_modes = len(strip_modes(strip).source_sin)
    for tolerance, allowed in ((0, 1e-9), (3e-4, 3e-4)):
        solved = scatter(potential, strip, tolerance=tolerance)
        assert fast_rows(solved).all()
        assert relative_error(solved.partial_ldos, expected.partial_ldos).max() < allowed
        np.testing.assert_allclose(solved.transmission, expected.transmission, atol=allowed)
        np.testing.assert_allclose(solved.transmission + solved.reflection, open_modes, rtol=1e-9)


@pytest.mark.parametrize("method", ["compiled", "torch"])
def test_a_row_that_the_elimination_cannot_solve_is_labelled(method: Method) -> None:
    strip = small_strip(7, 5, 3, 1.7)
    potential = 0.3 * np.random.default_rng(1).normal(size=(4, 7, 5))
    potential[1] = walled_site(strip)
    _, lost = eliminate(potential, strip, tolerance=0, device="cpu", method=method)
    assert lost.tolist() == [1]
    solved, expected = (
        scatter(potential, strip, tolerance=0, method=method),
        scatter_kwant(potential, strip),
    )
    assert fast_rows(solved, share=0.75).tolist() == [True, False, True, True]
    assert solved.solved_by[1] == SolvedBy.RECURSION
    assert solved.error_estimate[1] == 0
    # behind such walls rounding counts for more
    allowed = np.where(fast_rows(solved, share=0.75), 1e-9, 1e-6)
    assert (relative_error(solved.partial_ldos, expected.partial_ldos) < allowed).all()
    np.testing.assert_allclose(solved.transmission, expected.transmission, atol=1e-9)
    plain = scatter_complex(potential[1:2], strip)
    np.testing.assert_array_equal(solved.partial_ldos[1], plain.partial_ldos[0])
