"""The number of modes follows from a tolerance: the error stays below it, and its estimate too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from strips import DISORDER, fast_rows, landscapes, relative_error

from mesoinv.generators.solvers.pldos import mode_count
from mesoinv.generators.solvers.pldos.scattering import TOLERANCE, scatter
from mesoinv.generators.solvers.pldos.strip import Strip

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.transport import Transport

COUNT = 4


@pytest.fixture(scope="module", params=DISORDER, ids=str)
def case(request: pytest.FixtureRequest) -> tuple[np.ndarray, Transport]:
    potential = landscapes(*request.param, COUNT)
    exact = scatter(potential, tolerance=0)
    assert fast_rows(exact).all()
    return potential, exact


def test_default_tolerance_is_kept(case: tuple[np.ndarray, Transport]) -> None:
    potential, exact = case
    solved = scatter(potential)
    assert fast_rows(solved).all()
    error = relative_error(solved.partial_ldos, exact.partial_ldos)
    assert TOLERANCE == 3e-4
    assert error.max() < TOLERANCE
    assert (solved.error_estimate >= error).all()
    assert (solved.error_estimate <= TOLERANCE).all()
    # what is truncated is evanescent and carries no current
    np.testing.assert_allclose(solved.transmission, exact.transmission, atol=TOLERANCE)


def test_a_smaller_tolerance_gives_a_smaller_error(case: tuple[np.ndarray, Transport]) -> None:
    potential, exact = case
    before = np.full(COUNT, np.inf)
    for tolerance in (1e-3, 1e-4):
        solved = scatter(potential, tolerance=tolerance)
        assert fast_rows(solved).all()
        error = relative_error(solved.partial_ldos, exact.partial_ldos)
        assert error.max() < tolerance
        assert (solved.error_estimate >= error).all()
        assert (error < before).all()
        before = error


def test_modes_follow_from_the_tolerance() -> None:
    strip, potential = Strip(), landscapes(50.0, 1.0, COUNT)
    tolerances = (1e-2, 1e-3, 1e-4, 1e-5)
    bulk = np.array([mode_count.first_guess(potential, value, strip) for value in tolerances])
    assert (np.diff(bulk, axis=0) > 0).all()
    assert (bulk % mode_count.TAIL == 0).all()
    np.testing.assert_array_equal(mode_count.first_guess(potential, 0.0, strip), strip.width)
    counts = [mode_count.modes_per_column(80, value, strip) for value in tolerances]
    for column in counts:
        assert (np.diff(column) <= 0).all()  # fewer away from the aperture
        assert column[0] == strip.width
        assert column[-1] == 80
    assert (np.diff([column.sum() for column in counts]) > 0).all()


def test_a_deeper_potential_gets_more_modes() -> None:
    strip, potential = Strip(), landscapes(50.0, 1.0, COUNT)
    shallow, deep = (mode_count.first_guess(f * potential, 3e-4, strip) for f in (0.5, 2.0))
    assert (deep > shallow).all()


def test_a_wrong_guess_costs_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting with far too few modes, the estimate asks for more until the tolerance is kept."""
    potential = landscapes(50.0, 1.0, COUNT)[:1]
    exact = scatter(potential, tolerance=0)
    monkeypatch.setattr(mode_count, "TAIL_SCALE", 1e-5)
    assert mode_count.first_guess(potential, TOLERANCE, Strip())[0] < 64
    solved = scatter(potential)
    assert fast_rows(solved).all()
    assert relative_error(solved.partial_ldos, exact.partial_ldos).max() < TOLERANCE


def test_empty_batch() -> None:
    solved = scatter(np.empty((0, 256, 192)))
    assert solved.partial_ldos.shape == (0, 256, 192)
    for values in (solved.transmission, solved.error_estimate, solved.solved_by):
        assert values.shape == (0,)
