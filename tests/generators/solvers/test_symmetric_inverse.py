"""Block elimination against numpy: well-conditioned, near-singular pivots, singular."""

from __future__ import annotations

import numpy as np
import pytest

from mesoinv.generators.solvers.pldos.symmetric_inverse import (
    negative_inverse,
    padded,
    pivoted_negative_inverse,
    subtract_product,
)


def symmetric(n: int, seed: int = 0) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(n, n))
    return a + a.T


def full(lower: np.ndarray) -> np.ndarray:
    return np.tril(lower) + np.tril(lower, -1).T


def inverse(a: np.ndarray) -> np.ndarray:
    """Minus what the compiled code makes of the lower triangle."""
    n = len(a)
    work, panels = np.tril(a), np.empty((16, n))
    negative_inverse(work, n, panels[:8], panels[8:])
    return -full(work)


def test_padded() -> None:
    assert [padded(n) for n in (1, 8, 9, 191, 192)] == [8, 8, 16, 192, 192]


@pytest.mark.parametrize("n", [8, 16, 40, 88, 192])
def test_equals_numpy(n: int) -> None:
    a = symmetric(n) + np.diag(np.arange(n)[::-1] - n / 3)
    np.testing.assert_allclose(inverse(a), np.linalg.inv(a), rtol=0, atol=1e-9)


def test_reads_and_writes_the_lower_triangle_only() -> None:
    a = symmetric(24) + 30 * np.eye(24)
    work = a.copy()
    work[np.triu_indices(24, 1)] = np.nan
    panels = np.empty((16, 24))
    negative_inverse(work, 24, panels[:8], panels[8:])
    assert np.isnan(work[np.triu_indices(24, 1)]).all()
    np.testing.assert_allclose(-full(work), np.linalg.inv(a), atol=1e-13)


@pytest.mark.parametrize("pivot", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("row", [31, 24, 11, 0])
def test_a_small_pivot_costs_its_square(pivot: float, row: int) -> None:
    """The first pivot met in a block is made small; refinement brings the digits back."""
    a = symmetric(32) + np.diag(np.linspace(-20, 20, 32))
    schur = a[row, row] - (
        a[row, row + 1 :] @ np.linalg.solve(a[row + 1 :, row + 1 :], a[row + 1 :, row])
        if row < 31
        else 0.0
    )
    a[row, row] += pivot - schur
    expected, found = np.linalg.inv(a), inverse(a)
    error = abs(found - expected).max() / abs(expected).max()
    assert error < 1e-13 / pivot**2
    refined = found + found @ (np.eye(32) - a @ found)
    # a small last pivot makes the matrix itself ill-conditioned
    allowed = max(1e-15 * np.linalg.cond(a), 10 * error**2)
    assert abs(refined - expected).max() / abs(expected).max() < allowed


def test_pivoted_inverse() -> None:
    a = symmetric(16)
    a[:8, :8] = 0.0
    a[8:, 8:] = 0.0  # every pivot of the plain elimination vanishes
    work = np.tril(a)
    pivoted_negative_inverse(work, 16)
    np.testing.assert_allclose(-full(work), np.linalg.inv(a), atol=1e-10)
    assert not np.isfinite(inverse(a)).all()


def test_pivoted_inverse_of_a_singular_matrix_is_large() -> None:
    work = np.zeros((8, 8))
    pivoted_negative_inverse(work, 8)
    np.testing.assert_allclose(np.diag(work), -1e14)


def test_subtract_product() -> None:
    rng = np.random.default_rng(1)
    g, x, y = symmetric(30), rng.normal(size=(4, 30)), rng.normal(size=(4, 30))
    expected = y - x @ g
    subtract_product(np.tril(g), 30, x, y)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
