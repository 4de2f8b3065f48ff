"""Pictures of states: boxes where they belong, the near ones in front, the same everywhere."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.anderson3d.box_kernels import EDGED, cube_root
from mesoinv.generators.solvers.anderson3d.box_pictures import box_picture


def one_site(side: int, x: int, y: int, z: int, weight: float = 1.0) -> np.ndarray:
    density = np.full((side, side, side), 1e-9)
    density[x, y, z] = weight
    return density


def test_cube_roots() -> None:
    values = np.geomspace(1, 1e6, 200)
    made = np.array([cube_root(v) for v in values])
    np.testing.assert_allclose(made, np.cbrt(values), rtol=1e-14)


def test_a_box_has_the_area_of_a_cube_in_an_isometric_view() -> None:
    """A cube of side c is seen as a hexagon of three faces of √3/2 c² each."""
    side, pixels = 12, 600
    density = np.full((side,) * 3, 0.5)
    density[6, 6, 6] = 12.0
    relative = density / density.mean()
    picture = box_picture(density, pixels)
    edge = np.cbrt(relative[6, 6, 6]) * pixels / (2 * side)
    area = (picture < 255).sum()
    assert area == pytest.approx(3 * np.sqrt(3) / 2 * edge**2, rel=0.02)
    assert len(np.unique(picture)) == 4  # three faces and white


def test_sites_at_or_below_the_average_have_no_box() -> None:
    assert (box_picture(np.ones((4, 4, 4)), 50) == 255).all()


def test_a_scale_of_the_density_changes_nothing() -> None:
    density = np.random.default_rng(1).exponential(size=(8, 8, 8))
    np.testing.assert_array_equal(box_picture(density), box_picture(density * 4))


def test_the_nearer_box_is_in_front() -> None:
    """Two boxes on one line of sight, of different slices: the shade is that of the nearer."""
    near, far, both = (np.full((6, 6, 6), 0.5) for _ in range(3))
    near[4, 4, 4] = far[1, 1, 1] = both[4, 4, 4] = both[1, 1, 1] = 2.0
    shades = [int(box_picture(density, 200)[95, 100]) for density in (near, far, both)]
    assert shades[2] == shades[0] != shades[1]


def test_shades_tell_slices_along_one_axis() -> None:
    faces = [box_picture(one_site(6, 2, y, 2), 120) for y in (0, 3, 5)]
    brightest = [int(face[(face > 0) & (face < 255)].max()) for face in faces]
    assert brightest == sorted(brightest)
    assert brightest[0] < brightest[2]


def test_only_large_boxes_have_black_edges() -> None:
    small = np.full((6, 6, 6), 1.0)
    small[3, 3, 3] = 0.9 * EDGED
    large = np.full((6, 6, 6), 1.0)
    large[3, 3, 3] = 2 * EDGED
    assert (box_picture(small, 200) == 0).sum() == 0
    assert (box_picture(large, 200) == 0).sum() > 20


def test_pictures_are_the_same_on_every_machine() -> None:
    words = np.random.Philox(key=1).random_raw(20**3)
    density = ((words >> np.uint64(40)).astype(np.float64) ** 4).reshape(20, 20, 20)
    digest = hashlib.sha256(box_picture(density).tobytes()).hexdigest()[:16]
    assert digest == "8177f5b3101d0076"


@pytest.mark.parametrize(
    ("density", "pixels", "message"),
    [
        (np.ones((3, 3)), 100, r"\(M, M, M\)"),
        (np.ones((3, 3, 4)), 100, r"got \(3, 3, 4\)"),
        (np.zeros((3, 3, 3)), 100, "not all zero"),
        (-np.ones((3, 3, 3)), 100, "not negative"),
        (np.full((3, 3, 3), np.nan), 100, "finite"),
        (np.ones((3, 3, 3)), 0, "pixels must be"),
    ],
)
def test_bad_input(density: np.ndarray, pixels: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        box_picture(density, pixels)
